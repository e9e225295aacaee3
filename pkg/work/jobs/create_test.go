// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// session is an order for the three pairs of session s.
var session = order(tuning.Request{SessionID: "s"})

// unclear are the codes of ambiguous errors, after which a create may have taken effect.
var unclear = []codes.Code{
	codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown, codes.Canceled, codes.Aborted, codes.DataLoss,
}

// TestCreate_answer_lost: Vertex AI creates the job, but the answer is an ambiguous error. The job
// is found by its label.
func TestCreate_answer_lost(t *testing.T) {
	t.Parallel()
	for _, code := range unclear {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.On("CreateTuningJob", faults.Lose(code))
			if job := w.start(t, session); job.State != tuning.Pending || job.Name == "" {
				t.Errorf("Start = %q in %s, want the job on Vertex AI", job.Name, job.State)
			}
			w.one(t)
			w.tickLater(t)
			w.one(t)
			if n := w.Count("CreateTuningJob"); n != 1 {
				t.Errorf("Vertex AI was asked %d times", n)
			}
		})
	}
}

// TestCreate_unclear: the create's error is ambiguous, and the search fails too. The answer says
// that the job waits, and why. The poller leaves the job alone until the create can no longer take
// effect, and then finds out.
func TestCreate_unclear(t *testing.T) {
	t.Parallel()
	for _, arrived := range []bool{true, false} {
		for _, code := range unclear {
			t.Run(fmt.Sprintf("arrived_%v_%s", arrived, code), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.conversation(t, "s")
				w.On("ListTuningJobs", faults.Fail(codes.Unavailable))
				w.On("CreateTuningJob", faults.First(1, faults.Fail(code)))
				creates := 2
				if arrived {
					w.On("CreateTuningJob", faults.Lose(code))
					creates = 1
				}
				job := w.start(t, session)
				if job.State != tuning.Queued || !strings.Contains(job.Detail, "did not answer") {
					t.Errorf("Start = %s %q, want a queued job that says why", job.State, job.Detail)
				}
				w.tick(t)
				if got := w.onlyRecord(t); got.Step != tuning.Submitting || got.Finished {
					t.Errorf("the poller gave up a create that may still take effect: %s", got.Step)
				}
				w.On("ListTuningJobs", nil)
				w.tickLater(t)
				if got := w.one(t); got.State != tuning.Pending || got.Detail != "" {
					t.Errorf("after the poller: %s %q", got.State, got.Detail)
				}
				w.tickLater(t)
				w.one(t)
				if n := w.Count("CreateTuningJob"); n != creates {
					t.Errorf("Vertex AI was asked %d times, want %d", n, creates)
				}
			})
		}
	}
}

// TestCreate_never_arrives: a job that is lost each time is not submitted endlessly.
func TestCreate_never_arrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.On("CreateTuningJob", faults.Fail(codes.Unavailable))
	w.start(t, session)
	for range 10 {
		w.tickLater(t)
	}
	got := w.onlyRecord(t)
	if got.State != tuning.Failed || got.Failure == nil || got.Failure.Code != int32(codes.Unavailable) {
		t.Errorf("the record is in %s, %+v", got.State, got.Failure)
	}
	if n := w.Count("CreateTuningJob"); n != 5 {
		t.Errorf("Vertex AI was asked %d times, want 5", n)
	}
}

// TestNoRoom: a job for which Vertex AI has no quota waits, and is submitted again when there is
// room.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.On("CreateTuningJob", faults.First(2, faults.Fail(codes.ResourceExhausted)))
	job := w.start(t, session)
	if job.State != tuning.Queued || job.Step != tuning.Waiting || job.Refusals != 1 || !strings.Contains(job.Detail, "quota") {
		t.Errorf("Start = %s at %s, %d refusals, %q", job.State, job.Step, job.Refusals, job.Detail)
	}
	if diff := cmp.Diff(&tuning.Answer{State: tuning.Queued}, job.FirstAnswer); diff != "" {
		t.Errorf("first answer (-want +got):\n%s", diff)
	}
	w.tick(t)
	if got := w.onlyRecord(t); got.Step != tuning.Waiting || got.Refusals != 2 {
		t.Errorf("refused again: at %s, %d refusals", got.Step, got.Refusals)
	}
	w.tick(t)
	got := w.one(t)
	if got.State != tuning.Pending || got.Detail != "" {
		t.Errorf("when there was room: %s %q", got.State, got.Detail)
	}
	want := []string{"created PIPELINE_STATE_QUEUED", "stateChanged PIPELINE_STATE_PENDING"}
	if diff := cmp.Diff(want, events(got.Job)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestNo_room_for_long: refusals for quota do not count as lost submissions, however many there
// are.
func TestNo_room_for_long(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	const refusals = 8
	lost := faults.First(1, faults.Fail(codes.Unavailable))
	full := faults.First(refusals, faults.Fail(codes.ResourceExhausted))
	w.On("CreateTuningJob", func(ctx context.Context, c faults.Call, do faults.Do) error {
		return full(ctx, c, func(ctx context.Context) error { return lost(ctx, c, do) })
	})
	w.start(t, session)
	for range refusals {
		w.tick(t)
	}
	if got := w.onlyRecord(t); got.Step != tuning.Submitting || got.Refusals != refusals || got.Submissions != refusals+1 {
		t.Fatalf("at %s after %d submissions and %d refusals", got.Step, got.Submissions, got.Refusals)
	}
	w.tickLater(t)
	w.one(t)
}

// TestCreate_refused: the record has the reason, in words that the caller may see.
func TestCreate_refused(t *testing.T) {
	t.Parallel()
	tests := map[codes.Code]struct {
		kind  fault.Kind
		shown bool // Vertex AI's message
	}{
		codes.InvalidArgument:    {fault.InvalidArgument, true},
		codes.OutOfRange:         {fault.InvalidArgument, true},
		codes.NotFound:           {fault.NotFound, true},
		codes.AlreadyExists:      {fault.AlreadyExists, true},
		codes.FailedPrecondition: {fault.FailedPrecondition, true},
		codes.PermissionDenied:   {fault.UpstreamFailed, false},
		codes.Unauthenticated:    {fault.UpstreamFailed, false},
		codes.Unimplemented:      {fault.UpstreamFailed, false},
	}
	for code, want := range tests {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			const words = "Permission 'x' denied to service-1@gcp-sa"
			w := newWorld(t)
			w.conversation(t, "s")
			w.On("CreateTuningJob", faults.FailWith(status.Error(code, words)))
			_, err := w.Start(t.Context(), session)
			if fault.KindOf(err) != want.kind {
				t.Errorf("Start = %v (kind %v), want kind %v", err, fault.KindOf(err), want.kind)
			}
			record := w.onlyRecord(t)
			if why := record.Failure; why.Code != int32(code) || strings.Contains(why.Message, words) != want.shown {
				t.Errorf("the record says %d %q; want Vertex AI's message in it: %v", why.Code, why.Message, want.shown)
			}
			w.wantRefused(t, fault.From(err), 0)
			if n := w.Count("CreateTuningJob"); n != 1 {
				t.Errorf("Vertex AI was asked %d times", n)
			}
		})
	}
}

// TestRefused_while_it_waits: a queued job that Vertex AI refuses fails, and does not block the
// others.
func TestRefused_while_it_waits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.On("CreateTuningJob", faults.First(1, faults.Fail(codes.ResourceExhausted)))
	refused, second := w.start(t, session), w.start(t, session)
	if second.Step != tuning.Waiting {
		t.Fatalf("the second is at %s, want it to wait behind the first", second.Step)
	}
	w.On("CreateTuningJob", faults.First(1, faults.Fail(codes.InvalidArgument)))
	w.tick(t)
	if got := w.Read(t, refused.ID); got.State != tuning.Failed || got.Failure == nil {
		t.Errorf("the first is in %s", got.State)
	}
	if got := w.Read(t, second.ID); got.State != tuning.Pending {
		t.Errorf("the second is in %s", got.State)
	}
}

// TestCreate_too_late: a create that takes effect after its deadline, and after the job was taken
// as not created, makes an unwanted job. That job is cancelled.
func TestCreate_too_late(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		between func(t *testing.T, w *world)
		want    []string // states on Vertex AI, newest first
	}{
		"sent_again": {func(*testing.T, *world) {}, []string{"JOB_STATE_CANCELLING", "JOB_STATE_PENDING"}},
		"cancelled":  {func(t *testing.T, w *world) { w.cancel(t, w.onlyRecord(t)) }, []string{"JOB_STATE_CANCELLING"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.On("CreateTuningJob", faults.First(1, faults.Before(func() {
				tt.between(t, w)
				w.tickLater(t)
			})))
			w.start(t, session)
			var states []string
			for _, seen := range w.OnVertex(t) {
				states = append(states, seen.VertexState)
			}
			if diff := cmp.Diff(tt.want, states); diff != "" {
				t.Errorf("on Vertex AI (-want +got):\n%s", diff)
			}
			if got := w.onlyRecord(t); (got.State == tuning.Cancelled) != (len(states) == 1) {
				t.Errorf("the record is in %s", got.State)
			}
			if !strings.Contains(w.Cloud.Log.String(), "a second job appeared late") {
				t.Errorf("the log does not report the second job:\n%s", w.Cloud.Log)
			}
		})
	}
}
