// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	run := func(tokens int64, minutes int) estimate.Run {
		return estimate.Run{TrainingTokens: tokens, Duration: time.Duration(minutes) * time.Minute}
	}
	const m = 60
	// Half an hour, and a minute for each ten thousand tokens.
	line := []estimate.Run{run(100_000, 40), run(300_000, 60), run(200_000, 50), run(600_000, 90)}
	tests := []struct {
		name   string
		past   []estimate.Run
		tokens int64
		want   *estimate.Duration
	}{
		{"none", nil, 1000, nil},
		{"too_few", line[:2], 1000, nil},
		{"unusable_ones_do_not_count", append(line[:2:2], run(0, 5), run(5, 0)), 1000, nil},
		{"on_the_line", line, 400_000, &estimate.Duration{Low: (30 + 26) * m, High: (30 + 56) * m, Jobs: 4}},
		{"an_odd_job_widens", append(line[:4:4], run(250_000, 600)), 400_000, &estimate.Duration{Low: (30 + 26) * m, High: (575 + 56) * m, Jobs: 5}},
		{"all_of_a_size", []estimate.Run{run(5, 20), run(5, 25), run(5, 22)}, 400_000, &estimate.Duration{Low: 20 * m, High: 25 * m, Jobs: 3}},
		{"large_ones_were_faster", []estimate.Run{run(1000, 30), run(2000, 25), run(3000, 20)}, 4000, &estimate.Duration{Low: 20 * m, High: 30 * m, Jobs: 3}},
		{"less_than_a_second", []estimate.Run{{5, time.Millisecond}, {5, time.Millisecond}, {5, time.Millisecond}}, 5, &estimate.Duration{Low: 1, High: 1, Jobs: 3}},
		{"no_tokens", line, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := estimate.Make(estimate.Job{Tokens: tt.tokens, Epochs: 1, Past: tt.past}).Duration
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Of many jobs only the last ones count, because the service changes.
func TestDuration_of_many(t *testing.T) {
	t.Parallel()
	past := []estimate.Run{{TrainingTokens: 1, Duration: 100 * time.Hour}}
	for range 200 {
		past = append(past, estimate.Run{TrainingTokens: 1, Duration: time.Minute})
	}
	want := &estimate.Duration{Low: 60, High: 60, Jobs: 200}
	if diff := cmp.Diff(want, estimate.Make(estimate.Job{Tokens: 5, Epochs: 1, Past: past}).Duration); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The slope is a median: one unusual job in each direction does not change it.
func TestDuration_takes_the_median(t *testing.T) {
	t.Parallel()
	past := []estimate.Run{
		{TrainingTokens: 1_000_000, Duration: 1000 * time.Second}, {TrainingTokens: 2_000_000, Duration: 2000 * time.Second},
		{TrainingTokens: 3_000_000, Duration: 3000 * time.Second}, {TrainingTokens: 4_000_000, Duration: 4000 * time.Second},
		{TrainingTokens: 1_500_000, Duration: 9000 * time.Second}, {TrainingTokens: 3_500_000, Duration: 10 * time.Second},
	}
	d := estimate.Make(estimate.Job{Tokens: 10_000_000, Epochs: 1, Past: past}).Duration
	// At a second for 1,000 tokens the six jobs are from 3,490 s below that line to 7,500 s above
	// it.
	if d == nil || d.Low != 6500-3490 || d.High != 14000+7500 {
		t.Errorf("duration %+v, want 3010 to 21500 seconds", d)
	}
}

// A number that is too large is not reported, and neither is its cost.
func TestMake_never_saturates(t *testing.T) {
	t.Parallel()
	for _, job := range []estimate.Job{
		{Tokens: 150, Epochs: math.MaxInt64}, {Tokens: 1 << 40, Epochs: 1 << 30}, {Tokens: 1 << 61, Epochs: 1},
	} {
		job.Model = model(t, "gemini-3.5-flash")
		e := estimate.Make(job)
		if e.Cost != nil || strings.Contains(e.Arithmetic, "9,223,372,036,854,775,807 training") || strings.Contains(e.Arithmetic, "$9,223,372,036,854.78") {
			t.Errorf("%+v: cost %v, %s", job, e.Cost, e.Arithmetic)
		}
		if err := e.Check(estimate.Budget{Request: usd.Dollar}); err == nil {
			t.Errorf("%+v: the budget does not refuse it", job)
		}
	}
	text, err := json.Marshal(estimate.Make(estimate.Job{Tokens: 1000}))
	if err != nil || strings.Contains(string(text), "epochs\":") || strings.Contains(string(text), "training_tokens") {
		t.Errorf("an unknown value is written: %s, %v", text, err)
	}
}
