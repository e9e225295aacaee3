// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
)

const maxResourceBody = 1 << 20 // bytes of JSON metadata in a request

var (
	// outputFields are those that only the server sets. Clients may send them back, without effect.
	outputFields = []string{
		"kind", "id", "selfLink", "mediaLink", "bucket", "generation", "metageneration", "size", "etag",
		"timeCreated", "updated", "timeFinalized", "timeStorageClassUpdated", "owner",
	}
	inputFields = []string{
		"name", "md5Hash", "crc32c", "metadata",
		"contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl",
	}
)

// objectInput is an object resource as a client sends it. It matters which fields are present: a
// patch clears those that are null.
type objectInput map[string]json.RawMessage

// readJSON reads a request's body, which may be empty, into v.
func readJSON(r io.Reader, v any) error {
	body, err := io.ReadAll(io.LimitReader(r, maxResourceBody+1))
	if err != nil {
		return errInvalid("The request body ended early: %v", err)
	}
	if len(body) > maxResourceBody {
		return errInvalid("The metadata in the request is larger than %d bytes.", maxResourceBody)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return &apiError{status: http.StatusBadRequest, reason: "parseError", message: "Parse Error: " + err.Error()}
	}
	return nil
}

// readObjectInput reads a resource, and refuses fields that are not supported.
func readObjectInput(r io.Reader) (objectInput, error) {
	in := objectInput{}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return in, in.check()
}

func (in objectInput) check() error {
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if slices.Contains(inputFields, name) || slices.Contains(outputFields, name) || isEmptyJSON(in[name]) {
			continue
		}
		return errUnimplemented("The object field %s", name)
	}
	return nil
}

// isEmptyJSON reports whether a value asks for nothing: clients send null, zero and empty values,
// nested too, for features that they do not use.
func isEmptyJSON(raw json.RawMessage) bool {
	var v any
	return json.Unmarshal(raw, &v) == nil && isEmpty(v)
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			if !isEmpty(member) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return v == nil || v == false || v == "" || v == "0" || v == float64(0)
}

// text reads one field, which is a string or null.
func (in objectInput) text(name string) (value string, err error) {
	raw, ok := in[name]
	if !ok {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", errInvalid("Invalid value for: %s is not a valid value: expected a string.", name)
	}
	if s == nil {
		return "", nil
	}
	return *s, nil
}

// chooses reports whether the client sets any metadata.
func (in objectInput) chooses() bool {
	for _, name := range inputFields {
		if _, ok := in[name]; ok && name != "name" && name != "crc32c" && name != "md5Hash" {
			return true
		}
	}
	return false
}

// apply returns base with the changes that the input asks for, as a patch.
func (in objectInput) apply(base Settable) (Settable, error) {
	var errs []error
	for name, field := range map[string]*string{
		"contentType":        &base.ContentType,
		"contentEncoding":    &base.ContentEncoding,
		"contentDisposition": &base.ContentDisposition,
		"contentLanguage":    &base.ContentLanguage,
		"cacheControl":       &base.CacheControl,
	} {
		if _, ok := in[name]; ok {
			value, err := in.text(name)
			*field = value
			errs = append(errs, err)
		}
	}
	raw, ok := in["metadata"]
	if !ok {
		return base, errors.Join(errs...)
	}
	var changes map[string]*string
	if err := json.Unmarshal(raw, &changes); err != nil {
		return base, errInvalid("Invalid value for: metadata is not a valid value: expected a map of strings.")
	}
	base.Metadata = mergeMetadata(base.Metadata, changes)
	return base, errors.Join(errs...)
}

// mergeMetadata changes the named keys; it removes all keys if changes is null.
func mergeMetadata(old map[string]string, changes map[string]*string) map[string]string {
	if changes == nil {
		return nil
	}
	merged := map[string]string{}
	maps.Copy(merged, old)
	for k, v := range changes {
		if v == nil {
			delete(merged, k)
		} else {
			merged[k] = *v
		}
	}
	return merged
}

// target adds to t what the client says about the object.
func (in objectInput) target(t *target) (err error) {
	if t.Settable, err = in.apply(t.Settable); err != nil {
		return err
	}
	if t.MD5Hash, err = in.text("md5Hash"); err != nil {
		return err
	}
	t.CRC32C, err = in.text("crc32c")
	return err
}
