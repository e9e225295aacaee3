// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// bucketInput is a bucket resource as a client sends it.
type bucketInput map[string]json.RawMessage

var bucketOutputFields = []string{
	"kind", "id", "selfLink", "projectNumber", "name", "etag", "metageneration", "generation", "locationType",
	"timeCreated", "updated",
}

// readBucketInput reads a resource, and refuses attributes that would have to
// have an effect here and do not.
func readBucketInput(r io.Reader) (bucketInput, error) {
	in := bucketInput{}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		switch raw := in[name]; {
		case slices.Contains(bucketOutputFields, name), isEmptyJSON(raw):
		case slices.Contains([]string{"location", "storageClass", "labels", "iamConfiguration"}, name):
		default:
			return nil, errUnimplemented("The bucket field %s", name)
		}
	}
	return in, nil
}

// apply lays the attributes in the input over b, as a patch does.
func (in bucketInput) apply(b *bucketResource) error {
	for name, field := range map[string]any{
		"storageClass": &b.StorageClass, "iamConfiguration": &b.IAMConfiguration,
	} {
		if raw, ok := in[name]; ok && json.Unmarshal(raw, field) != nil {
			return errInvalid("Invalid value for: %s", name)
		}
	}
	if b.StorageClass != "" && !slices.Contains(storageClasses, b.StorageClass) {
		return errInvalid("Invalid storage class: %q", b.StorageClass)
	}
	if raw, ok := in["labels"]; ok {
		var changes map[string]*string
		if json.Unmarshal(raw, &changes) != nil {
			return errInvalid("Invalid value for: labels is not a valid value: expected a map of strings.")
		}
		b.Labels = mergeMetadata(b.Labels, changes)
	}
	return nil
}

func (a *api) insertBucket(w http.ResponseWriter, c *call) error {
	if c.query.Get("project") == "" {
		return errRequired("project")
	}
	in, err := readBucketInput(c.Body)
	if err != nil {
		return err
	}
	b := &bucketResource{}
	for name, field := range map[string]*string{"name": &b.Name, "location": &b.Location} {
		if raw, ok := in[name]; ok && json.Unmarshal(raw, field) != nil {
			return errInvalid("Invalid value for: %s is not a valid value: expected a string.", name)
		}
	}
	if err := in.apply(b); err != nil {
		return err
	}
	if b, err = a.store.createBucket(b); err != nil {
		return err
	}
	writeBucket(w, c, b)
	return nil
}

func writeBucket(w http.ResponseWriter, c *call, b *bucketResource) {
	out := b.resource(baseURL(c.Request))
	w.Header().Set("ETag", out.Etag)
	writeJSON(w, http.StatusOK, out)
}

func (a *api) getBucket(w http.ResponseWriter, c *call) error {
	conds, err := parseConditions(c.query, "if")
	if err != nil {
		return err
	}
	b, err := a.store.statBucket(c.bucket, conds)
	if err != nil {
		return err
	}
	writeBucket(w, c, b)
	return nil
}

// getLayout says that the bucket has no folders: gcloud asks before it deletes or
// moves more than one object.
func (a *api) getLayout(w http.ResponseWriter, c *call) error {
	b, err := a.store.statBucket(c.bucket, conditions{})
	if err != nil {
		return err
	}
	out := b.resource(baseURL(c.Request))
	writeJSON(w, http.StatusOK, map[string]any{
		"kind": "storage#storageLayout", "bucket": out.Name, "location": out.Location, "locationType": out.LocationType,
		"hierarchicalNamespace": map[string]bool{"enabled": false},
	})
	return nil
}

func (a *api) patchBucket(w http.ResponseWriter, c *call) error {
	conds, err := parseConditions(c.query, "if")
	if err != nil {
		return err
	}
	in, err := readBucketInput(c.Body)
	if err != nil {
		return err
	}
	if raw, ok := in["location"]; ok && !isEmptyJSON(raw) {
		return errInvalid("The location of a bucket cannot be changed.")
	}
	b, err := a.store.updateBucket(c.bucket, conds, in.apply)
	if err != nil {
		return err
	}
	writeBucket(w, c, b)
	return nil
}

func (a *api) deleteBucket(w http.ResponseWriter, c *call) error {
	conds, err := parseConditions(c.query, "if")
	if err != nil {
		return err
	}
	if err := a.store.removeBucket(c.bucket, conds); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// listBuckets answers with a page of the buckets. All belong to any project.
func (a *api) listBuckets(w http.ResponseWriter, c *call) error {
	if c.query.Get("project") == "" {
		return errRequired("project")
	}
	limit, err := parseLimit(c.query)
	if err != nil {
		return err
	}
	after, err := parsePageToken(c.query)
	if err != nil {
		return err
	}
	items := []bucketResource{}
	body := map[string]any{"kind": "storage#buckets"}
	for _, b := range a.store.listBuckets() {
		if b.Name <= after || !strings.HasPrefix(b.Name, c.query.Get("prefix")) {
			continue
		}
		if len(items) == limit {
			body["nextPageToken"] = pageToken(items[limit-1].Name)
			break
		}
		items = append(items, b.resource(baseURL(c.Request)))
	}
	if len(items) > 0 {
		body["items"] = items
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}
