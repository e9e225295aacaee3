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

// objectInput is an object resource as a client sends it.
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

// target adds to t what the client says about the object.
func (in objectInput) target(t *target) error {
	var errs []error
	for name, field := range map[string]*string{
		"contentType": &t.ContentType, "contentEncoding": &t.ContentEncoding, "contentDisposition": &t.ContentDisposition,
		"contentLanguage": &t.ContentLanguage, "cacheControl": &t.CacheControl, "md5Hash": &t.MD5Hash, "crc32c": &t.CRC32C,
	} {
		if _, ok := in[name]; ok {
			value, err := in.text(name)
			*field = value
			errs = append(errs, err)
		}
	}
	if raw, ok := in["metadata"]; ok && json.Unmarshal(raw, &t.Metadata) != nil {
		errs = append(errs, errInvalid("Invalid value for: metadata is not a valid value: expected a map of strings."))
	}
	return errors.Join(errs...)
}
