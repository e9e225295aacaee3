// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/journal"
)

// store is the state behind the API. Every change is one journal record, which is written first and
// then applied. Objects are never changed in place, so that a pointer to one may be used without
// the lock.
type store struct {
	disk   disk
	unlock func() error

	mu      sync.Mutex
	journal *journal.Journal // of records, each one change
	clock   int64            // the newest generation given, in microseconds
	buckets map[string]*bucket
	uploads map[string]*upload
	queues  map[string]*queue // of the buckets that notify
}

type bucket struct {
	meta    *bucketResource
	objects map[string]*Object
	names   []string // the keys of objects in order, nil if out of date
}

// openStore restores the state in dir.
func openStore(dir string, notify []string) (_ *store, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("create folder: %w", err)
	}
	st := &store{
		buckets: map[string]*bucket{},
		uploads: map[string]*upload{},
		queues:  map[string]*queue{},
	}
	for _, name := range notify {
		st.queues[name] = newQueue()
	}
	if st.unlock, err = LockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.shut())
		}
	}()
	if st.disk, err = openDisk(dir); err != nil {
		return nil, err
	}
	if st.journal, err = journal.Open(dir, st.replay); err != nil {
		return nil, err
	}
	st.expireUploads(time.Now())
	if err := st.journal.Rewrite(st.records()); err != nil {
		return nil, err
	}
	return st, st.removeOrphans()
}

func (st *store) removeOrphans() error {
	live := map[string]bool{}
	for _, b := range st.buckets {
		for _, o := range b.objects {
			live[strconv.FormatInt(o.Generation, 10)] = true
		}
	}
	err := st.disk.removeOrphans(blobDir, func(name string) bool { return live[name] })
	return errors.Join(err, st.disk.removeOrphans(uploadDir, func(name string) bool {
		up := st.uploads[name]
		return up != nil && up.Done == nil
	}))
}

// records yields the records that make up the present state.
func (st *store) records() iter.Seq2[[]byte, error] {
	recs := []*record{{Op: opClock, Generation: st.clock}}
	for _, b := range st.buckets {
		recs = append(recs, &record{Op: opBucket, Bucket: b.meta})
		for _, o := range b.objects {
			recs = append(recs, &record{Op: opObject, Object: o})
		}
	}
	for _, up := range st.uploads {
		recs = append(recs, &record{Op: opUpload, Upload: up})
	}
	for _, q := range st.queues {
		for _, ev := range q.events {
			recs = append(recs, &record{Op: opEvent, Object: ev.object})
		}
	}
	return func(yield func([]byte, error) bool) {
		for _, rec := range recs {
			if !yield(json.Marshal(rec)) {
				return
			}
		}
	}
}

// commit makes rec a durable part of the state. The caller holds the lock and has checked that rec
// applies.
func (st *store) commit(rec *record) error {
	encoded, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode journal record: %w", err)
	}
	if err := st.journal.Append(encoded); err != nil {
		return err
	}
	return st.apply(rec)
}

func (st *store) replay(encoded []byte) error {
	var rec record
	if err := json.Unmarshal(encoded, &rec); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return st.apply(&rec)
}

// apply changes the state by one record. It fails only on a record that does not fit the state,
// which no journal of ours holds.
func (st *store) apply(rec *record) error {
	switch rec.Op {
	case opClock:
		st.clock = max(st.clock, rec.Generation)
	case opBucket:
		st.buckets[rec.Bucket.Name] = &bucket{meta: rec.Bucket, objects: map[string]*Object{}}
	case opObject:
		return st.applyObject(rec)
	case opObjectDelete:
		b := st.buckets[rec.BucketName]
		if b == nil {
			return fmt.Errorf("record %s: no bucket %q", rec.Op, rec.BucketName)
		}
		b.remove(rec.Name)
	case opEvent:
		st.enqueue(rec.Object)
	case opDelivered:
		if q := st.queues[rec.Name]; q != nil {
			q.remove(rec.Generation)
		}
	case opUpload:
		st.uploads[rec.Upload.ID] = rec.Upload.ready()
	case opUploadEnd:
		delete(st.uploads, rec.Session)
	default:
		return fmt.Errorf("record of unknown kind %q", rec.Op)
	}
	return nil
}

func (st *store) applyObject(rec *record) error {
	o := rec.Object
	b := st.buckets[o.Bucket]
	if b == nil {
		return fmt.Errorf("record %s: no bucket %q", rec.Op, o.Bucket)
	}
	st.clock = max(st.clock, o.Generation)
	b.put(o)
	if rec.Event {
		st.enqueue(o)
	}
	if up := st.uploads[rec.Session]; up != nil {
		up.Done = o
	}
	return nil
}

func (b *bucket) put(o *Object) {
	if _, ok := b.objects[o.Name]; !ok {
		b.names = nil
	}
	b.objects[o.Name] = o
}

func (b *bucket) remove(name string) {
	delete(b.objects, name)
	b.names = nil
}

// sorted returns the object names in order. The result is valid until the next change.
func (b *bucket) sorted() []string {
	if b.names == nil {
		b.names = make([]string, 0, len(b.objects))
		for name := range b.objects {
			b.names = append(b.names, name)
		}
		slices.Sort(b.names)
	}
	return b.names
}

// tick returns a new generation: the time in microseconds, and greater than any before, even when
// the clock goes backwards. The caller holds the lock.
func (st *store) tick(now time.Time) int64 { return max(now.UnixMicro(), st.clock+1) }

func (st *store) shut() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	var err error
	for _, up := range st.uploads {
		err = errors.Join(err, up.shut())
	}
	return errors.Join(err, st.journal.Close(), st.unlock())
}
