// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"

	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Cancel ends a job: at once if Vertex AI does not have it, else as Vertex AI can, best effort: it may succeed all
// the same. A job that has ended in another way is a Conflict. Cancelling again changes nothing.
func (s *Starter) Cancel(ctx context.Context, r store.Record, caller string) (store.Record, error) {
	r, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) { return j.Cancel(caller, s.Now().UTC()) })
	if err != nil {
		return r, err
	}
	return s.PassOn(ctx, r), nil
}

// PassOn tells Vertex AI of a wish to cancel that it may not know of yet, and returns the job as it is then. What
// fails is tried again at the next tick: the wish is on record.
func (s *Starter) PassOn(ctx context.Context, r store.Record) store.Record {
	if !r.CancelDue() {
		return r
	}
	if err := s.Vertex.Cancel(ctx, r.Name); err != nil {
		s.Log.WarnContext(ctx, "Vertex AI was not told to cancel, it will be", "job_id", r.ID, "job_name", r.Name, "error", err)
		return r
	}
	seen, err := s.Vertex.Get(ctx, r.Name)
	if err != nil {
		s.Log.WarnContext(ctx, "cancelled job not read", "job_id", r.ID, "job_name", r.Name, "error", err)
		return r
	}
	fresh, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		next, _ := j.Observe(seen)
		return next, nil
	})
	if err != nil {
		s.Log.WarnContext(ctx, "cancelled job not written", "job_id", r.ID, "job_name", r.Name, "error", err)
		return r
	}
	return fresh
}

// Position returns the place in line of a job that waits, from 1; 0 if it does not wait.
func (s *Starter) Position(ctx context.Context, job tuning.Job) (int, error) {
	if job.Step != tuning.Waiting {
		return 0, nil
	}
	ahead, err := s.Records.CountAhead(ctx, job)
	if err != nil {
		return 0, err
	}
	return int(ahead) + 1, nil
}
