// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// progress says how far a job has come in each state. It does not use the order in the package.
var progress = map[tuning.State]int{
	tuning.Queued: 1, tuning.Pending: 2, tuning.Running: 3, tuning.Paused: 3, tuning.Cancelling: 4,
	tuning.Succeeded: 5, tuning.Failed: 5, tuning.Cancelled: 5,
}

// vertexStates are the states that Vertex AI can report for a job.
var vertexStates = []string{
	"JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_UPDATING", "JOB_STATE_PAUSED",
	"JOB_STATE_CANCELLING", "JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED", "JOB_STATE_FAILED",
	"JOB_STATE_EXPIRED", "JOB_STATE_CANCELLED",
}

// seeds returns how many random sequences a test plays: fewer with -short.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return n / 5
	}
	return n
}

// TestObserve_never_steps_back plays random observations of pollers: late, old, repeated, or of a
// state that has changed since, in any order.
func TestObserve_never_steps_back(t *testing.T) {
	t.Parallel()
	for seed := range seeds(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		job := submitting()
		for step := range 30 {
			seen := tuning.Observation{Name: jobName, VertexState: vertexStates[random.IntN(len(vertexStates))], UpdatedAt: at(random.IntN(40))}
			if random.IntN(4) == 0 {
				seen.TunedModel = fmt.Sprintf("models/%d", step)
			}
			next, changed := job.Observe(seen)
			where := fmt.Sprintf("seed %d step %d: %s after %s", seed, step, seen.VertexState, job.State)
			if changed == reflect.DeepEqual(job, next) {
				t.Fatalf("%s: changed = %v, but the difference is: %s", where, changed, cmp.Diff(job, next))
			}
			if job.Finished && changed {
				t.Fatalf("%s: a finished record changed: %s", where, cmp.Diff(job, next))
			}
			if job.Name != "" && next.UpdatedAt.Before(job.UpdatedAt) {
				t.Fatalf("%s: went back from %v to %v", where, job.UpdatedAt, next.UpdatedAt)
			}
			if job.Name != "" && job.State != tuning.Paused && progress[next.State] < progress[job.State] {
				t.Fatalf("%s: stepped back to %s", where, next.State)
			}
			if again, changed := next.Observe(seen); changed || !reflect.DeepEqual(next, again) {
				t.Fatalf("%s: the same observation again changed the record: %s", where, cmp.Diff(next, again))
			}
			checkMove(t, where, job, next)
			job = next
		}
	}
}

// TestAnyCourse plays the whole life of many jobs. At each step it makes a random change that is
// possible there. Observations have any age, and requests to cancel come at any time.
func TestAnyCourse(t *testing.T) {
	t.Parallel()
	ended, refused := map[tuning.State]int{}, 0
	for seed := range seeds(2000) {
		random := rand.New(rand.NewPCG(seed, 2))
		job := preparing()
		job.Reserved, job.Month = 7, "2026-11"
		for step := range 60 {
			name, next := anyMove(random, job, step)
			checkMove(t, fmt.Sprintf("seed %d step %d: %s at %s in %s", seed, step, name, job.Step, job.State), job, next)
			job = next
		}
		if ended[job.State]++; job.Step == tuning.Refused {
			refused++
		}
	}
	if refused < 20 {
		t.Errorf("only %d of the starts were refused: the random changes do not reach enough refusals", refused)
	}
	for _, state := range []tuning.State{tuning.Succeeded, tuning.Failed, tuning.Cancelled} {
		if ended[state] < 20 {
			t.Errorf("only %d of the jobs ended as %s: the random changes do not reach enough of these ends", ended[state], state)
		}
	}
}

// anyMove makes one random change that is possible at the job's step.
func anyMove(random *rand.Rand, job tuning.Job, second int) (string, tuning.Job) {
	now := at(second)
	if random.IntN(12) == 0 && !job.Tentative { // no caller has seen a tentative job
		next, err := job.Cancel("somebody", now)
		if err != nil && !reflect.DeepEqual(next, job) {
			panic("a refused cancel changed the job")
		}
		return "Cancel", next
	}
	observe := func() (string, tuning.Job) {
		next, _ := job.Observe(tuning.Observation{
			Name: jobName, VertexState: vertexStates[random.IntN(len(vertexStates))], UpdatedAt: at(random.IntN(60)), StartedAt: at(1),
		})
		return "Observe", next
	}
	why := tuning.Failure{Code: 3, Message: "refused"}
	refused := job.Refuse(why, at(second+30), now)
	n := random.IntN(5)
	switch job.Step {
	case tuning.Preparing:
		return []string{"MarkWaiting", "MarkSubmitting", "MarkDelayed", "KeepAnswer", "Refuse"}[n],
			[]tuning.Job{job.MarkWaiting(), job.MarkSubmitting(at(second + 75)), job.MarkDelayed("later"), job.KeepAnswer(), refused}[n]
	case tuning.Waiting:
		return "MarkSubmitting", job.MarkSubmitting(at(second + 75))
	case tuning.Submitting:
		if n == 4 {
			return observe()
		}
		return []string{"MarkQuotaExceeded", "MarkNotCreated", "MarkDelayed", "Refuse"}[n],
			[]tuning.Job{job.MarkQuotaExceeded("no room", now), job.MarkNotCreated(now), job.MarkDelayed("no answer"), refused}[n]
	case tuning.Refused:
		return "KeepAnswer", job.KeepAnswer()
	case tuning.Accepted:
		if why := job.StalledNow(now, 5*time.Second); why != "" && n == 0 {
			return "Stall", job.Stall(why, now)
		}
		return observe()
	default: // the job has ended: only late observations and requests follow
		return observe()
	}
}

// checkMove checks the rules that hold for every change of a record.
func checkMove(t *testing.T, where string, before, after tuning.Job) {
	t.Helper()
	if n := len(before.Events); len(after.Events) < n || n > 0 && !reflect.DeepEqual(after.Events[:n], before.Events) {
		t.Fatalf("%s: the history changed: %s", where, cmp.Diff(before.Events, after.Events))
	}
	fresh := after.Events[len(before.Events):]
	if (before.State != after.State || before.Name != after.Name) && len(fresh) == 0 {
		t.Fatalf("%s: from %s %q to %s %q without an event", where, before.State, before.Name, after.State, after.Name)
	}
	from := before.State
	if len(before.Events) == 0 {
		from = ""
	}
	for i, e := range fresh {
		if e.Seq != int64(len(before.Events)+i)+1 || e.From != from || e.Time.IsZero() {
			t.Fatalf("%s: event %+v does not follow %d events and the state %q", where, e, len(before.Events)+i, from)
		}
		from = e.To
	}
	if len(fresh) > 0 && (from != after.State || !after.Watched) {
		t.Fatalf("%s: the events lead to %s, the job is in %s; watched: %v", where, from, after.State, after.Watched)
	}
	if before.Finished && !reflect.DeepEqual(before, after) {
		t.Fatalf("%s: a finished record changed: %s", where, cmp.Diff(before, after))
	}
	unsent := []tuning.Step{tuning.Preparing, tuning.Waiting, tuning.Submitting, tuning.Refused}
	leased := []tuning.Step{tuning.Preparing, tuning.Submitting, tuning.Refused}
	switch {
	case after.Tentative != (len(after.Events) == 0), after.Tentative && (after.FirstAnswer != nil || after.CancelRequested != nil):
		t.Fatalf("%s: tentative: %v, with %d events, the answer %+v and the request %+v", where, after.Tentative, len(after.Events), after.FirstAnswer, after.CancelRequested)
	case after.Tentative && !before.Tentative, after.Step == tuning.Refused && !after.Tentative:
		t.Fatalf("%s: a confirmed job is at %s, tentative: %v", where, after.Step, after.Tentative)
	case before.Step == tuning.Refused && after.Step != tuning.Refused:
		t.Fatalf("%s: a start that was refused is at %s", where, after.Step)
	case after.Finished != after.State.Finished(), after.Finished != (after.Step == tuning.Ended):
		t.Fatalf("%s: %s at %s with Finished = %v", where, after.State, after.Step, after.Finished)
	case slices.Contains(unsent, after.Step) && (after.State != tuning.Queued || after.Name != ""):
		t.Fatalf("%s: Vertex AI has not accepted the job, but the job is %s %q at %s", where, after.State, after.Name, after.Step)
	case after.Step == tuning.Accepted && after.Name == "":
		t.Fatalf("%s: accepted without a name", where)
	case !after.Finished && !after.Watched:
		t.Fatalf("%s: the job has not ended, but is not watched", where)
	case !slices.Contains(leased, after.Step) && !after.LeaseUntil.IsZero():
		t.Fatalf("%s: a lease at %s", where, after.Step)
	case after.Step != tuning.Preparing && (after.Request != nil || after.RequestData != ""):
		t.Fatalf("%s: the request is kept at %s", where, after.Step)
	case after.Submissions < before.Submissions || after.Submissions > 5+after.Refusals:
		t.Fatalf("%s: %d submissions with %d refusals after %d", where, after.Submissions, after.Refusals, before.Submissions)
	case before.ID != "" && after.Reserved != before.Reserved && (after.Name != "" || !after.Finished && after.Step != tuning.Refused), after.Finished && after.Name == "" && after.Reserved != 0:
		t.Fatalf("%s: %q in %s reserves %d of the month's budget, after %d", where, after.Name, after.State, after.Reserved, before.Reserved)
	case before.FirstAnswer != nil && !reflect.DeepEqual(before.FirstAnswer, after.FirstAnswer):
		t.Fatalf("%s: the first answer was changed: %s", where, cmp.Diff(before.FirstAnswer, after.FirstAnswer))
	}
}
