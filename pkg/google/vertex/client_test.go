// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func TestCreateAndGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, location := range []string{region, "europe-west4"} {
		asked := job(1)
		asked.Location = location
		made := w.create(t, asked)
		if got, ok := tuning.Location(made.Name); !ok || got != location {
			t.Errorf("the job in %s has the name %q", location, made.Name)
		}
		if made.Label != asked.ID || made.VertexState == "" || made.CreatedAt.IsZero() || made.UpdatedAt.IsZero() {
			t.Errorf("Create = %+v", made)
		}
		sent := w.taken()[0].req.(*aiplatformpb.CreateTuningJobRequest)
		if want := "projects/acme/locations/" + location; sent.GetParent() != want {
			t.Errorf("parent = %q, want %q", sent.GetParent(), want)
		}
		got, err := w.Get(t.Context(), made.Name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != made.Name || got.Label != asked.ID || !got.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("Get = %+v, want what Create returned: %+v", got, made)
		}
		w.taken()
	}
}

// TestDeadlines checks that every call has a deadline, because the official client sets none.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.create(t, job(1)).Name
	if _, err := w.Get(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := w.List(t.Context(), region, 1, func([]tuning.Observation) bool { return true }); err != nil {
		t.Fatal(err)
	}
	limits := map[string]time.Duration{
		"CreateTuningJob": time.Minute, "GetTuningJob": 20 * time.Second, "ListTuningJobs": 30 * time.Second,
	}
	for _, c := range w.taken() {
		if limit := limits[c.method]; c.left <= limit/2 || c.left > limit {
			t.Errorf("%s has %v left, want up to %v", c.method, c.left, limit)
		}
		delete(limits, c.method)
	}
	if len(limits) > 0 {
		t.Errorf("these methods were not called: %v", limits)
	}
}

// TestDeadlines_of_the_caller checks that an earlier deadline of the caller applies to every call,
// and that a later one applies to Create only.
func TestDeadlines_of_the_caller(t *testing.T) {
	t.Parallel()
	for _, own := range []time.Duration{5 * time.Second, 3 * time.Minute} {
		t.Run(own.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, cancel := context.WithTimeout(t.Context(), own)
			defer cancel()
			made, err := w.Create(ctx, job(1))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Get(ctx, made.Name); err != nil {
				t.Fatal(err)
			}
			calls := w.taken()
			for i, want := range []time.Duration{own, min(own, 20*time.Second)} {
				if c := calls[i]; c.left <= want/2 || c.left > want {
					t.Errorf("%s has %v left, want up to %v", c.method, c.left, want)
				}
			}
		})
	}
}

// TestCreate_is_called_once checks that a failed Create is not retried: a second call would create,
// and bill, a second job.
func TestCreate_is_called_once(t *testing.T) {
	t.Parallel()
	for code, kind := range map[codes.Code]fault.Kind{
		codes.Unavailable:       fault.Unavailable,
		codes.DeadlineExceeded:  fault.DeadlineExceeded,
		codes.ResourceExhausted: fault.ResourceExhausted,
		codes.Internal:          fault.UpstreamFailed,
		codes.Aborted:           fault.Unavailable,
		codes.Unknown:           fault.UpstreamFailed,
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cloud.On("CreateTuningJob", faults.Fail(code))
			if _, err := w.Create(t.Context(), job(1)); fault.KindOf(err) != kind {
				t.Errorf("Create = %v (kind %d), want kind %d", err, fault.KindOf(err), kind)
			}
			if n := w.cloud.Count("CreateTuningJob"); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown, file, elsewhere := job(1), job(2), job(3)
	unknown.BaseModel, file.TrainingData, elsewhere.Location = "gemini-0", "gs://test-data/none.jsonl", "global"
	for name, tt := range map[string]struct {
		job  tuning.Job
		kind fault.Kind
		says string
	}{
		"base_model":    {unknown, fault.NotFound, "gemini-0"},
		"training_data": {file, fault.InvalidArgument, "gs://test-data/none.jsonl"},
		"location":      {elsewhere, fault.FailedPrecondition, "global"},
	} {
		_, err := w.Create(t.Context(), tt.job)
		if got := fault.From(err); got.Kind != tt.kind || !strings.Contains(got.Message, tt.says) {
			t.Errorf("%s: %v (kind %d), want kind %d about %q", name, err, got.Kind, tt.kind, tt.says)
		}
	}
	if _, err := w.Get(t.Context(), "projects/acme/locations/us-central1/tuningJobs/1"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Get of a missing job: %v, want NotFound", err)
	}
	w.taken()
	for _, name := range []string{"", "7", "projects/acme/locations/x.example.com/tuningJobs/7"} {
		if _, err := w.Get(t.Context(), name); err == nil || len(w.taken()) > 0 {
			t.Errorf("Get(%q): %v, want an error and no call", name, err)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const jobs = 250
	labels := map[string]bool{}
	for n := range jobs {
		labels[w.create(t, job(n)).Label] = true
	}
	w.taken()
	tests := []struct {
		name     string
		maxPages int
		stopAt   int // pages after which visit returns false; 0 is never
		want     []int
		complete bool
	}{
		{"all", 10, 0, []int{100, 100, 50}, true},
		{"just_enough_pages", 3, 0, []int{100, 100, 50}, true},
		{"too_few_pages", 2, 0, []int{100, 100}, false},
		{"no_pages", 0, 0, nil, false},
		{"stopped_early", 10, 1, []int{100}, false},
		{"stopped_at_the_end", 10, 3, []int{100, 100, 50}, true},
	}
	for _, tt := range tests {
		var sizes []int
		seen := map[string]bool{}
		complete, err := w.List(t.Context(), region, tt.maxPages, func(page []tuning.Observation) bool {
			sizes = append(sizes, len(page))
			for _, o := range page {
				seen[o.Label] = true
			}
			return len(sizes) != tt.stopAt
		})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if complete != tt.complete {
			t.Errorf("%s: complete = %v, want %v", tt.name, complete, tt.complete)
		}
		if diff := cmp.Diff(tt.want, sizes); diff != "" {
			t.Errorf("%s: pages (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(labels, seen); tt.complete && diff != "" {
			t.Errorf("%s: jobs (-want +got):\n%s", tt.name, diff)
		}
		if calls := w.taken(); len(calls) != len(tt.want) {
			t.Errorf("%s: %d calls, want %d", tt.name, len(calls), len(tt.want))
		}
	}
	// A location without jobs has one empty page.
	complete, err := w.List(t.Context(), "europe-west4", 1, func(page []tuning.Observation) bool {
		if len(page) != 0 {
			t.Errorf("jobs of another region: %v", page)
		}
		return true
	})
	if err != nil || !complete {
		t.Errorf("List of a location without jobs: complete = %v, error %v", complete, err)
	}
	w.cloud.On("ListTuningJobs", faults.Fail(codes.PermissionDenied))
	if complete, err := w.List(t.Context(), region, 5, func([]tuning.Observation) bool { return true }); complete || fault.KindOf(err) != fault.UpstreamFailed {
		t.Errorf("List without permission: complete = %v, error %v", complete, err)
	}
}

// TestConnection_outlives_its_first_call checks that the connection still works after the context
// of its first call has ended.
func TestConnection_outlives_its_first_call(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := w.Create(ctx, job(1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	w.create(t, job(2))
	if _, err := w.Create(ctx, job(3)); fault.KindOf(err) != fault.Canceled {
		t.Errorf("Create after the caller disconnected: %v, want Canceled", err)
	}
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if _, err := w.Create(t.Context(), job(10+n)); err != nil {
				t.Errorf("one of many concurrent calls: %v", err)
			}
		})
	}
	all.Wait()
}
