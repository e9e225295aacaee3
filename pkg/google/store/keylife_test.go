// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// A key with a lifetime is valid for that time after its first start. After that, exactly one of
// many concurrent starts uses the key again.
func TestKeyLife(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		at := func(minutes int) *store.Key {
			k := *key("ci", "same")
			k.Life, k.At = 10*time.Minute, noon.Add(time.Duration(minutes)*time.Minute)
			return &k
		}
		if _, err := w.CreateJob(t.Context(), newJob(1), at(0)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CreateJob(t.Context(), newJob(2), at(9)); !errors.Is(err, store.ErrKeyUsed) {
			t.Errorf("after 9 minutes: %v, want ErrKeyUsed", err)
		}
		if known, err := w.Key(t.Context(), *at(9)); err != nil || known == nil || known.JobID != jobID(1) {
			t.Errorf("the key after 9 minutes: %+v, %v", known, err)
		}
		if known, err := w.Key(t.Context(), *at(10)); err != nil || known != nil {
			t.Errorf("the key after 10 minutes: %+v, %v", known, err)
		}
		var all sync.WaitGroup
		results := make([]error, 4)
		for i := range results {
			all.Go(func() { _, results[i] = w.CreateJob(t.Context(), newJob(10+i), at(10)) })
		}
		all.Wait()
		made := 0
		for _, err := range results {
			if err == nil {
				made++
			} else if !errors.Is(err, store.ErrKeyUsed) {
				t.Errorf("after 10 minutes: %v", err)
			}
		}
		if made != 1 {
			t.Errorf("%d starts have used the key, want 1", made)
		}
	})
}

// The refusal of an old start does not become the answer of a newer start with the same key.
func TestKeyLife_refusal(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		k := *key("ci", "same")
		k.Life, k.At = time.Minute, noon
		old, err := w.CreateJob(t.Context(), tentativeJob(1), &k)
		if err != nil {
			t.Fatal(err)
		}
		k.At = noon.Add(time.Minute)
		if _, err := w.CreateJob(t.Context(), tentativeJob(2), &k); err != nil {
			t.Fatal(err)
		}
		failure := tuning.FailureOf(fault.New(fault.InvalidArgument, "bad"), 3)
		if _, err := w.UpdateJob(t.Context(), old, old.Refuse(failure, noon.Add(time.Hour), noon)); err != nil {
			t.Fatal(err)
		}
		if known, err := w.Key(t.Context(), k); err != nil || known.JobID != jobID(2) || known.Failure != nil {
			t.Errorf("the key: %+v, %v", known, err)
		}
	})
}
