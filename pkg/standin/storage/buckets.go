// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// ensureBucket creates a bucket unless it exists.
func (st *store) ensureBucket(name string) error {
	_, err := st.createBucket(&bucketResource{Name: name})
	if e, ok := errors.AsType[*apiError](err); ok && e.reason == "conflict" {
		return nil
	}
	return err
}

// createBucket adds a bucket, giving its unset attributes their defaults.
func (st *store) createBucket(b *bucketResource) (*bucketResource, error) {
	if err := checkBucketName(b.Name); err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.buckets[b.Name] != nil {
		return nil, errConflict("Your previous request to create the named bucket succeeded and you already own it.")
	}
	b.Metageneration = 1
	b.TimeCreated = formatTime(time.Now())
	b.Updated = b.TimeCreated
	if b.Location = strings.ToUpper(b.Location); b.Location == "" {
		b.Location = "US"
	}
	b.LocationType = "region"
	if slices.Contains([]string{"US", "EU", "ASIA"}, b.Location) {
		b.LocationType = "multi-region"
	}
	if b.StorageClass == "" {
		b.StorageClass = defaultStorageClass
	}
	return b, st.commit(&record{Op: opBucket, Bucket: b})
}

// findBucket returns a bucket, or the refusal. The caller holds the lock.
func (st *store) findBucket(name string, c conditions, read bool) (*bucket, error) {
	b := st.buckets[name]
	if b == nil {
		return nil, errNoBucket
	}
	return b, b.meta.met(c, read)
}

func (st *store) statBucket(name string, c conditions) (*bucketResource, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	b, err := st.findBucket(name, c, true)
	if err != nil {
		return nil, err
	}
	return b.meta, nil
}

// updateBucket replaces a bucket's attributes by what change makes of them.
func (st *store) updateBucket(name string, c conditions, change func(*bucketResource) error) (*bucketResource, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	b, err := st.findBucket(name, c, false)
	if err != nil {
		return nil, err
	}
	meta := *b.meta
	meta.Labels = maps.Clone(b.meta.Labels)
	if err := change(&meta); err != nil {
		return nil, err
	}
	meta.Metageneration++
	meta.Updated = formatTime(time.Now())
	return &meta, st.commit(&record{Op: opBucket, Bucket: &meta})
}

// removeBucket deletes a bucket that has no objects.
func (st *store) removeBucket(name string, c conditions) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	b, err := st.findBucket(name, c, false)
	if err != nil {
		return err
	}
	if len(b.objects) > 0 {
		return errConflict("The bucket you tried to delete is not empty.")
	}
	return st.commit(&record{Op: opBucketDelete, Name: name})
}

// listBuckets returns all buckets in order of their names.
func (st *store) listBuckets() []*bucketResource {
	st.mu.Lock()
	defer st.mu.Unlock()
	names := slices.Sorted(maps.Keys(st.buckets))
	out := make([]*bucketResource, len(names))
	for i, name := range names {
		out[i] = st.buckets[name].meta
	}
	return out
}
