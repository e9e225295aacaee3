// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"os"
	"time"
)

// target says what an upload is to become, and on what condition.
type target struct {
	Bucket string `json:"bucket"`
	Name   string `json:"name"`
	Settable
	Condition condition `json:"ifGenerationMatch,omitempty"`
	MD5Hash   string    `json:"md5Hash,omitempty"` // what the client says the content has
	CRC32C    string    `json:"crc32c,omitempty"`  // likewise
}

// source names an existing object.
type source struct {
	bucket, name string
	generation   *int64 // nil: the live one
	condition    condition
}

// find returns the live object, or the refusal. The caller holds the lock.
func (st *store) find(src source) (*Object, error) {
	b := st.buckets[src.bucket]
	if b == nil {
		return nil, errNoBucket
	}
	o := b.objects[src.name]
	if o == nil || src.generation != nil && *src.generation != o.Generation {
		return nil, errNoObject(src.bucket, src.name)
	}
	return o, checkCondition(src.condition, o)
}

// stat returns an object's metadata.
func (st *store) stat(src source) (*Object, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.find(src)
}

// open returns an object and its content, which stays readable when the object is replaced or
// deleted.
func (st *store) open(src source) (*Object, *os.File, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	o, err := st.find(src)
	if err != nil {
		return nil, nil, err
	}
	f, err := os.Open(st.disk.blobPath(o.Generation))
	if err != nil {
		return nil, nil, fmt.Errorf("open content of %s/%s: %w", o.Bucket, o.Name, err)
	}
	return o, f, nil
}

// admit checks, before any content is read, whether t could be finalized now. It may become
// impossible in the meantime.
func (st *store) admit(t *target) error {
	if err := checkObjectName(t.Name); err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.admitLocked(t)
}

func (st *store) admitLocked(t *target) error {
	b := st.buckets[t.Bucket]
	if b == nil {
		return errNoBucket
	}
	return checkCondition(t.Condition, b.objects[t.Name])
}

// finalize makes the content written to w the live object of t's name. The check of the condition
// and the change are one step. Session is the resumable upload that ends with it, if any.
func (st *store) finalize(t *target, w *blobWriter, session string) (*Object, error) {
	if err := w.verify(t.MD5Hash, t.CRC32C); err != nil {
		return nil, err
	}
	o := &Object{
		Name: t.Name, Bucket: t.Bucket, Metageneration: 1, Settable: t.Settable,
		StorageClass: storageClass, Size: w.size, CRC32C: w.crc32c(), MD5Hash: w.md5Hash(),
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.admitLocked(t); err != nil {
		return nil, err
	}
	b := st.buckets[t.Bucket]
	now := time.Now()
	o.Generation = st.tick(now)
	o.TimeCreated = formatTime(now)
	o.Updated, o.TimeStorageClassUpdated, o.TimeFinalized = o.TimeCreated, o.TimeCreated, o.TimeCreated
	if err := w.publish(st.disk, o.Generation); err != nil {
		return nil, err
	}
	old := b.objects[t.Name]
	_, event := st.queues[t.Bucket]
	if err := st.commit(&record{Op: opObject, Object: o, Event: event, Session: session}); err != nil {
		st.removeBlob(o)
		return nil, err
	}
	if old != nil {
		st.removeBlob(old)
	}
	return o, nil
}

// remove deletes an object.
func (st *store) remove(src source) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	o, err := st.find(src)
	if err != nil {
		return err
	}
	if err := st.commit(&record{Op: opObjectDelete, BucketName: o.Bucket, Name: o.Name}); err != nil {
		return err
	}
	st.removeBlob(o)
	return nil
}

// removeBlob deletes content that no object has any more. If it fails, the next start deletes the
// content; readers keep what they have open.
func (st *store) removeBlob(o *Object) {
	_ = os.Remove(st.disk.blobPath(o.Generation))
}
