// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func key(caller, text string) *store.Key {
	return &store.Key{Caller: caller, Key: text, Request: "hash of " + text}
}

func TestCreateJob_with_a_key(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		k := key("ci", "release 7/α")
		if known, err := w.Key(t.Context(), *k); known != nil || err != nil {
			t.Errorf("an unused key: %+v, %v", known, err)
		}
		created, err := w.CreateJob(t.Context(), newJob(1), k)
		if err != nil {
			t.Fatal(err)
		}
		wantJob := newJob(1)
		wantJob.Key = created.Key
		same(t, "job as created", wantJob, created.Job)
		same(t, "job as read", wantJob, w.read(t, jobID(1)).Job)
		if _, err := w.UpdateJob(t.Context(), created, created.MarkWaiting()); err != nil {
			t.Errorf("a write through the created record: %v", err)
		}
		known, err := w.Key(t.Context(), *k)
		if err != nil {
			t.Fatal(err)
		}
		want := &store.KeyRecord{JobID: jobID(1), Request: k.Request, CreatedAt: noon, ExpiresAt: noon.Add(30 * 24 * time.Hour)}
		if diff := cmp.Diff(want, known); diff != "" {
			t.Errorf("key (-want +got):\n%s", diff)
		}

		// The key decides, whatever the request is, and nothing of the second job is written.
		other := *k
		other.Request = "something else"
		for _, again := range []*store.Key{k, &other} {
			if r, err := w.CreateJob(t.Context(), newJob(2), again); !errors.Is(err, store.ErrKeyUsed) || r.ID != "" {
				t.Errorf("a second job with the key: %q, %v, want ErrKeyUsed", r.ID, err)
			}
		}
		if _, err := w.Job(t.Context(), jobID(2)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the second job: %v, want NotFound", err)
		}
		if known, err = w.Key(t.Context(), *k); err != nil || cmp.Diff(want, known) != "" {
			t.Errorf("the key after a second job: %+v, %v", known, err)
		}
	})
}

// TestKeysOfCallers: equal keys of different callers are different, and no caller sees those of
// another.
func TestKeysOfCallers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		keys := []*store.Key{
			key("ci", "k"), key("ops", "k"), key("ci", "K"), key("ci", "k "), key("", "cik"), key("cik", ""), key("ci", "../k"),
			key("ci", strings.Repeat("k", 2000)),
		}
		for n, k := range keys {
			if _, err := w.CreateJob(t.Context(), newJob(n), k); err != nil {
				t.Errorf("key %d: %v", n, err)
			}
		}
		for n, k := range keys {
			if known, err := w.Key(t.Context(), *k); err != nil || known == nil || known.JobID != jobID(n) {
				t.Errorf("key %d is of %+v, %v, want job %s", n, known, err, jobID(n))
			}
		}
		docs, err := w.client.Collection("start_keys").Documents(t.Context()).GetAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			if len(doc.Ref.ID) != 64 || strings.Trim(doc.Ref.ID, "0123456789abcdef") != "" {
				t.Errorf("a key is kept as %q, want a hash", doc.Ref.ID)
			}
		}
	})
}

// TestOne_key_at_the_same_time: one of many starts with a key creates the job, and all others learn
// which job it is.
func TestOne_key_at_the_same_time(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const callers = 12
		k := key("ci", "k")
		var made sync.Map
		var all sync.WaitGroup
		for n := range callers {
			all.Go(func() {
				for {
					_, err := w.CreateJob(t.Context(), newJob(n), k)
					switch {
					case err == nil:
						made.Store(jobID(n), true)
					case fault.KindOf(err) == fault.Unavailable:
						continue // too much contention: the caller retries its start
					case !errors.Is(err, store.ErrKeyUsed):
						t.Errorf("CreateJob %d: %v", n, err)
					}
					return
				}
			})
		}
		all.Wait()
		known, err := w.Key(t.Context(), *k)
		if err != nil || known == nil {
			t.Fatalf("the key: %+v, %v", known, err)
		}
		made.Range(func(id, _ any) bool {
			if id != known.JobID {
				t.Errorf("job %s was made, the key is of %s", id, known.JobID)
			}
			return true
		})
		if _, ok := made.Load(known.JobID); !ok {
			t.Errorf("the key is of %s, whose creator got another answer", known.JobID)
		}
		if n := w.count(t, "tuning_jobs"); n != 1 {
			t.Errorf("%d jobs of one key", n)
		}
	})
}

// TestCreateJob_with_a_key_answer_lost: the commit took effect, so its retry is refused, and the
// job is the caller's.
func TestCreateJob_with_a_key_answer_lost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
		created, err := w.CreateJob(t.Context(), newJob(1), key("ci", "k"))
		if err != nil {
			t.Fatalf("CreateJob: %v", err)
		}
		if n := w.Count("Commit"); n < 2 {
			t.Errorf("%d calls of Commit, want the first and its repetition", n)
		}
		want := newJob(1)
		want.Key = created.Key
		same(t, "job", want, created.Job)
		if _, err := w.UpdateJob(t.Context(), created, created.MarkWaiting()); err != nil {
			t.Errorf("a write through it: %v", err)
		}
		if jobs, keys := w.count(t, "tuning_jobs"), w.count(t, "start_keys"); jobs != 1 || keys != 1 {
			t.Errorf("%d jobs and %d keys, want one of each", jobs, keys)
		}
	})
}

// TestCreateJob_refused: a refused commit writes neither the job nor the key.
func TestCreateJob_refused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		for _, k := range []*store.Key{nil, key("ci", "k")} {
			w.On("Commit", faults.First(1, faults.Fail(codes.PermissionDenied)))
			if _, err := w.CreateJob(t.Context(), newJob(1), k); fault.KindOf(err) != fault.UpstreamFailed {
				t.Errorf("CreateJob with key %v: %v", k, err)
			}
		}
		if jobs, keys := w.count(t, "tuning_jobs"), w.count(t, "start_keys"); jobs != 0 || keys != 0 {
			t.Errorf("%d jobs and %d keys, want none", jobs, keys)
		}
		// A key that cannot be decoded is an error, not a free key.
		k := key("ci", "k2")
		if _, err := w.CreateJob(t.Context(), newJob(2), k); err != nil {
			t.Fatal(err)
		}
		docs, err := w.client.Collection("start_keys").Documents(t.Context()).GetAll()
		if err != nil || len(docs) != 1 {
			t.Fatalf("%d keys, %v", len(docs), err)
		}
		w.put(t, "start_keys/"+docs[0].Ref.ID, fields{"job_id": 7})
		if known, err := w.Key(t.Context(), *k); err == nil {
			t.Errorf("Key of a broken document: %+v, want an error", known)
		}
	})
}
