// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// countedModel is served at multi-regions, where its tokens can be counted.
const countedModel = "gemini-3.1-flash-lite"

// countingWorld is a world in which tokens are counted.
type countingWorld struct{ *world }

func newCountingWorld(t *testing.T, settings ...func(*cloud.Config)) *countingWorld {
	t.Helper()
	c := cloudtest.Start(t, settings...)
	back := c.NewBackend(jobs.Config{BaseModel: countedModel, CountTokens: true})
	return &countingWorld{&world{c, back.Jobs, c.NewPoller(t, back)}}
}

// estimated returns the estimate of a job.
func estimated(t *testing.T, job tuning.Job) (e estimate.Estimate) {
	t.Helper()
	if err := json.Unmarshal(job.Estimate, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// secret is a text that must not be in a log.
const secret = "xyzzy"

// thousand uploads a thousand examples of 14 tokens, and returns a start on them.
func (w *countingWorld) thousand(t *testing.T) jobs.StartRequest {
	t.Helper()
	const example = `{"contents":[{"role":"user","parts":[{"text":"xyzzy, in the garden %03d?"}]},{"role":"model","parts":[{"text":"Just go: west, then east."}]}]}` + "\n"
	var all strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&all, example, i)
	}
	w.Upload(t, cloudtest.Data, "thousand.jsonl", all.String(), nil)
	epochs := int64(2)
	return order(tuning.Request{TrainingData: "gs://" + cloudtest.Data + "/thousand.jsonl", Hyperparameters: tuning.Hyperparameters{EpochCount: &epochs}})
}

// TestCount_at_a_start_and_in_a_dry_run: both have the same estimate, and the budget is compared
// with the narrow range of that estimate.
func TestCount_at_a_start_and_in_a_dry_run(t *testing.T) {
	t.Parallel()
	w := newCountingWorld(t)
	o := w.thousand(t)
	plan, err := w.DryRun(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	dry := estimated(t, plan.Job)
	if r := dry.Tokens; r.Expected != 14_000 || r.Low < 13_500 || r.High > 14_500 || dry.Basis != estimate.CountedSample || dry.Counted != 100 {
		t.Errorf("the estimate of the dry run is %+v", dry)
	}
	if !strings.Contains(dry.Arithmetic, "by a count of 100 examples × 2 epochs") {
		t.Errorf("arithmetic: %s", dry.Arithmetic)
	}
	o.MaxCost = dry.Cost.High
	job := w.start(t, o)
	if diff := cmp.Diff(dry, estimated(t, job)); diff != "" {
		t.Errorf("the start (-dry run +start):\n%s", diff)
	}
	if job.Cost != int64(dry.Cost.High) || w.Count("CountTokens") != 200 {
		t.Errorf("cost %d, %d calls", job.Cost, w.Count("CountTokens"))
	}
	o.MaxCost--
	if _, err := w.Start(t.Context(), o); fault.From(err).Reason != "OVER_BUDGET" {
		t.Errorf("a millionth over the budget: %v", err)
	}
}

// TestCount_of_messages: a small dataset is counted as a whole.
func TestCount_of_messages(t *testing.T) {
	t.Parallel()
	w := newCountingWorld(t)
	w.conversation(t, "s")
	e := estimated(t, w.start(t, order(tuning.Request{SessionID: "s"})))
	if n := int64(w.Count("CountTokens")); e.Basis != estimate.CountedAll || e.Counted != e.Examples || n != e.Examples || !strings.Contains(e.Arithmetic, "by a count of ") {
		t.Errorf("%d calls: %+v", n, e)
	}
}

// TestCount_that_fails: a start continues with the estimate and says so, and the log has one line
// about it, without the examples. Only a transient failure is retried, once.
func TestCount_that_fails(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context, _ faults.Call, _ faults.Do) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for _, c := range []struct {
		name, message string
		hook          faults.Hook
		maxCalls      int
	}{
		{"quota", "RESOURCE_EXHAUSTED", faults.Fail(codes.ResourceExhausted), 50},
		{"unavailable", "UNAVAILABLE", faults.Fail(codes.Unavailable), 50},
		{"cut", "UNAVAILABLE", faults.FailWith(faults.ErrCut), 50},
		{"timeout", "DEADLINE_EXCEEDED", slow, 50},
		{"permission", "PERMISSION_DENIED", faults.Fail(codes.PermissionDenied), 25},
		{"unknown_model", "NOT_FOUND", faults.Fail(codes.NotFound), 25},
		{"quoting", "INVALID_ARGUMENT", faults.FailWith(status.Error(codes.InvalidArgument, "the text "+secret+" is bad")), 25},
		{"after_60_calls", "UNAVAILABLE", faults.After(60, faults.Fail(codes.Unavailable)), 60 + 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newCountingWorld(t)
			o := w.thousand(t)
			w.On("CountTokens", c.hook)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			began := time.Now()
			job, err := w.Start(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the start took %s", took)
			}
			if n := w.Count("CountTokens"); n > c.maxCalls {
				t.Errorf("%d calls", n)
			}
			e := estimated(t, job)
			if e.Basis != estimate.Characters || e.Counted != 0 || e.Tokens.High < e.Tokens.Expected*139/100 {
				t.Errorf("the estimate of the start is %+v", e)
			}
			want := "did not count the tokens of a sample (" + c.message + ")"
			if !strings.Contains(strings.Join(job.Warnings, "\n"), want) {
				t.Errorf("the warnings %q do not have %q", job.Warnings, want)
			}
			log := w.Cloud.Log.String()
			if n := strings.Count(log, "the tokens were not counted"); n != 1 || strings.Contains(log, secret) || !strings.Contains(log, "code="+c.message) {
				t.Errorf("the log has %d lines:\n%s", n, log)
			}
		})
	}
}

// TestCount_is_retried: single failures do not spoil a count.
func TestCount_is_retried(t *testing.T) {
	t.Parallel()
	w := newCountingWorld(t)
	o := w.thousand(t)
	w.On("CountTokens", faults.First(5, faults.Fail(codes.Unavailable)))
	if e := estimated(t, w.start(t, o)); e.Basis != estimate.CountedSample || w.Count("CountTokens") != 105 {
		t.Errorf("%d calls: %+v", w.Count("CountTokens"), e)
	}
}

// TestCount_that_is_not_made: nothing is sent if the setting is off, or if it is not known where
// the model is served. Then there is no warning.
func TestCount_that_is_not_made(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model string
		off   bool
	}{"off": {countedModel, true}, "unknown_location": {"google/gemma3@gemma-3-1b-it", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCountingWorld(t)
			w.Training.SampleTokens = !c.off
			o := w.thousand(t)
			o.BaseModel = c.model
			job := w.start(t, o)
			if e := estimated(t, job); e.Basis != estimate.Characters || w.Count("CountTokens") != 0 || strings.Contains(strings.Join(job.Warnings, "\n"), "count the tokens") {
				t.Errorf("%d calls: %+v, %q", w.Count("CountTokens"), e, job.Warnings)
			}
		})
	}
}

// TestCount_costs_little: a dry run stays short even if each call to count tokens takes 100 ms.
func TestCount_costs_little(t *testing.T) {
	t.Parallel()
	w := newCountingWorld(t)
	o := w.thousand(t)
	w.On("CountTokens", faults.Before(func() { time.Sleep(100 * time.Millisecond) }))
	began := time.Now()
	if _, err := w.DryRun(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	w.Training.SampleTokens = false
	began = time.Now()
	if _, err := w.DryRun(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Logf("a dry run takes %s, and without a count %s", took, time.Since(began))
	if took > 3*time.Second {
		t.Errorf("a dry run with a count took %s, want at most 3 s", took)
	}
}
