// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestWrite_fails: each write of a start in turn fails, or takes effect without an answer, or fails
// like all later ones. In each case a caller who gets a job has one, and the poller submits that
// job to Vertex AI exactly once.
func TestWrite_fails(t *testing.T) {
	t.Parallel()
	ways := map[string]func(writes int64) faults.Hook{
		"fails":      func(n int64) faults.Hook { return faults.After(n, faults.First(1, faults.Fail(codes.Internal))) },
		"fails_on":   func(n int64) faults.Hook { return faults.After(n, faults.Fail(codes.PermissionDenied)) },
		"is_lost":    func(n int64) faults.Hook { return faults.After(n, faults.First(1, faults.Lose(codes.Internal))) },
		"lost_twice": func(n int64) faults.Hook { return faults.After(n, faults.First(2, faults.Lose(codes.Unavailable))) },
	}
	for kind := range kinds(t, newWorld(t)) {
		for way, hook := range ways {
			for n := range int64(4) {
				t.Run(fmt.Sprintf("%s/%s_after_%d", kind, way, n), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					o := kinds(t, w)[kind]
					if kind == "limited" {
						w.Config.MaxConcurrentJobs = 1
					}
					w.On("Commit", hook(n))
					job, err := w.Start(t.Context(), o)
					w.On("Commit", nil)
					records := w.Recorded(t)
					switch {
					case err == nil && (len(records) != 1 || job.ID != records[0].ID):
						t.Fatalf("Start = job %q; there are %d records", job.ID, len(records))
					case n > 0 && fault.KindOf(err) == fault.Unavailable:
						// The answer could not be stored: a repeated start would not get it, and
						// the start may still be refused.
					case err != nil && n > 0 && records[0].Step != tuning.Refused:
						t.Fatalf("Start = %v, although the job is recorded and can be resumed", err)
					}
					w.tickLater(t)
					w.tickLater(t)
					if seen := w.OnVertex(t); len(records) == 0 || records[0].Step == tuning.Refused {
						if len(seen) != 0 || w.named(t, "datasets/") != 0 {
							t.Errorf("%d jobs on Vertex AI and %d objects of a start that was refused", len(seen), w.named(t, "datasets/"))
						}
						return
					}
					got := w.one(t)
					if err == nil && job.Name != "" && job.Name != got.Name {
						t.Errorf("Start named %s, it is %s", job.Name, got.Name)
					}
					if got.Published != int64(len(got.Events)) {
						t.Errorf("%d events of %d were published", got.Published, len(got.Events))
					}
				})
			}
		}
	}
}

// TestName_not_recorded: the job runs, but its name could not be recorded. No call could find the
// job by that name, so the answer has the record's name. The poller repairs the record.
func TestName_not_recorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	// The job is recorded, and about to be submitted.
	w.On("Commit", faults.After(2, faults.First(1, faults.Fail(codes.PermissionDenied))))
	job := w.start(t, session)
	seen := w.OnVertex(t)
	if len(seen) != 1 || job.Name != "" || job.State != tuning.Queued {
		t.Fatalf("the answer names %q in %s, Vertex AI has %+v", job.Name, job.State, seen)
	}
	if !strings.Contains(w.Cloud.Log.String(), seen[0].Name) {
		t.Errorf("the log does not name the job:\n%s", w.Cloud.Log)
	}
	if record := w.onlyRecord(t); record.Name != "" {
		t.Fatalf("the record was written after all: %+v", record.Job)
	}
	w.tickLater(t)
	w.one(t)
}

// TestName_not_recorded_is_not_published: a poller that fails to record the name publishes no event
// about it.
func TestName_not_recorded_is_not_published(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.On("CreateTuningJob", faults.First(1, faults.Fail(codes.ResourceExhausted)))
	w.start(t, session)
	// The job is about to be submitted.
	w.On("Commit", faults.After(1, faults.First(1, faults.Fail(codes.PermissionDenied))))
	w.tick(t)
	if got := w.onlyRecord(t); got.Name != "" || got.Published > 1 || len(got.Events) != 1 {
		t.Fatalf("the record names %q, %d events of %d were published", got.Name, got.Published, len(got.Events))
	}
	w.tickLater(t)
	if got := w.one(t); got.Published != 2 || len(got.Events) != 2 {
		t.Errorf("%d events of %d were published", got.Published, len(got.Events))
	}
}

// TestOutcome_not_recorded: a refusal that could not be recorded does not count: the job is
// submitted again. The answer to the caller says so, because there may be a job later.
func TestOutcome_not_recorded(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.ResourceExhausted, codes.PermissionDenied} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.On("CreateTuningJob", faults.First(1, faults.Fail(code)))
			w.On("Commit", faults.After(2, faults.First(1, faults.Fail(codes.PermissionDenied))))
			if job := w.start(t, session); job.ID == "" || job.State != tuning.Queued {
				t.Errorf("Start = %q in %s", job.ID, job.State)
			}
			w.tickLater(t)
			w.one(t)
		})
	}
}

// TestRecord_fails: without a record there is no dataset and no job.
func TestRecord_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.On("Commit", faults.Fail(codes.PermissionDenied))
	if _, err := w.Start(t.Context(), session); fault.KindOf(err) != fault.UpstreamFailed {
		t.Errorf("Start = %v, want UpstreamFailed", err)
	}
	if n := w.Count("CreateTuningJob"); n != 0 {
		t.Errorf("Vertex AI was asked %d times for a job that is not recorded", n)
	}
	if n := w.named(t, ""); n != 0 {
		t.Errorf("%d objects were left", n)
	}
}
