// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// bucketResource is the JSON API's bucket resource. Config.Buckets creates buckets; clients cannot.
type bucketResource struct {
	Kind           string `json:"kind,omitempty"`
	ID             string `json:"id,omitempty"`
	SelfLink       string `json:"selfLink,omitempty"`
	ProjectNumber  string `json:"projectNumber,omitempty"`
	Name           string `json:"name"`
	Etag           string `json:"etag,omitempty"`
	Metageneration int64  `json:"metageneration,string"`
	Location       string `json:"location"`
	LocationType   string `json:"locationType"`
	StorageClass   string `json:"storageClass"`
	TimeCreated    string `json:"timeCreated"`
	Updated        string `json:"updated"`
}

// ensureBucket creates a bucket unless it exists.
func (st *store) ensureBucket(name string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.buckets[name] != nil {
		return nil
	}
	now := formatTime(time.Now())
	return st.commit(&record{Op: opBucket, Bucket: &bucketResource{
		Name: name, Metageneration: 1, TimeCreated: now, Updated: now,
		Location: "US", LocationType: "multi-region", StorageClass: storageClass,
	}})
}

func (a *api) getBucket(w http.ResponseWriter, c *call) error {
	a.store.mu.Lock()
	b := a.store.buckets[c.bucket]
	a.store.mu.Unlock()
	if b == nil {
		return errNoBucket
	}
	out := *b.meta
	out.Kind = "storage#bucket"
	out.ID = out.Name
	out.SelfLink = baseURL(c.Request) + "/storage/v1/b/" + out.Name
	out.ProjectNumber = "0"
	out.Etag = base64.StdEncoding.EncodeToString(binary.AppendUvarint([]byte{1 << 3}, uint64(out.Metageneration)))
	w.Header().Set("ETag", out.Etag)
	writeJSON(w, http.StatusOK, out)
	return nil
}
