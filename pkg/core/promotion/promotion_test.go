// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotion_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func version(job string) promotion.Version {
	return promotion.Version{JobID: job, Endpoint: "endpoints/" + job}
}

// promote completes a promotion.
func promote(t *testing.T, p promotion.Pointer, job string) promotion.Pointer {
	t.Helper()
	m, isNew := p.Promote(promotion.Move{Version: version(job), Key: "key-" + job})
	if !isNew {
		t.Fatalf("%s is active already", job)
	}
	return p.Begin(m, noon, noon.Add(time.Minute)).Complete(noon)
}

func rollBack(t *testing.T, p promotion.Pointer) promotion.Pointer {
	t.Helper()
	m, isNew, err := p.RollBack(0, promotion.Move{})
	if err != nil || !isNew {
		t.Fatalf("RollBack: %v, %v", isNew, err)
	}
	return p.Begin(m, noon, noon.Add(time.Minute)).Complete(noon)
}

// story lists the moves, the oldest first.
func story(p promotion.Pointer) (lines []string) {
	for _, m := range p.Moves {
		lines = append([]string{fmt.Sprintf("%d %s %s before %d", m.Number, m.Action, m.Version.JobID, m.Previous)}, lines...)
	}
	return lines
}

// TestRollBack_as_often_as_there_is_history: it goes back step by step, also after promotions in
// between.
func TestRollBack_as_often_as_there_is_history(t *testing.T) {
	t.Parallel()
	p := promotion.Pointer{}
	if _, _, err := p.RollBack(0, promotion.Move{}); fault.From(err).Reason != "NO_PREVIOUS_VERSION" {
		t.Errorf("of nothing: %v", err)
	}
	p = promote(t, promote(t, promote(t, p, "a"), "b"), "c")
	p = rollBack(t, rollBack(t, p))
	p = rollBack(t, promote(t, p, "d"))
	if diff := cmp.Diff([]string{
		"1 PROMOTED a before 0", "2 PROMOTED b before 1", "3 PROMOTED c before 2", "4 ROLLED_BACK b before 1", "5 ROLLED_BACK a before 0",
		"6 PROMOTED d before 5", "7 ROLLED_BACK a before 0",
	}, story(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, _, err := p.RollBack(0, promotion.Move{}); fault.From(err).Reason != "NO_PREVIOUS_VERSION" || fault.KindOf(err) != fault.FailedPrecondition {
		t.Errorf("of the first one: %v", err)
	}
}

// TestRollBack_repeated: a rollback that names the version to leave is made once.
func TestRollBack_repeated(t *testing.T) {
	t.Parallel()
	p := promote(t, promote(t, promotion.Pointer{}, "a"), "b")
	m, isNew, err := p.RollBack(2, promotion.Move{})
	if err != nil || !isNew || m.Number != 3 || m.Version != version("a") {
		t.Fatalf("%+v, %v, %v", m, isNew, err)
	}
	p = p.Begin(m, noon, noon).Complete(noon)
	again, isNew, err := p.RollBack(2, promotion.Move{})
	if err != nil || isNew || again.ID != m.ID {
		t.Errorf("again: %+v, %v, %v", again, isNew, err)
	}
	p = promote(t, p, "c")
	if again, isNew, err = p.RollBack(2, promotion.Move{}); err != nil || isNew || again.ID != m.ID {
		t.Errorf("later: %+v, %v, %v", again, isNew, err)
	}
	for _, leave := range []int64{1, 3, 5, 99} { // left by a promotion, or never there
		if _, _, err := p.RollBack(leave, promotion.Move{}); fault.KindOf(err) != fault.Conflict || fault.From(err).Reason != "VERSION_NOT_ACTIVE" {
			t.Errorf("leave %d: %v", leave, err)
		}
	}
}

func TestPromote_of_the_active_version(t *testing.T) {
	t.Parallel()
	p := promote(t, promotion.Pointer{}, "a")
	m, isNew := p.Promote(promotion.Move{Version: version("a"), By: "somebody else"})
	if isNew || m.ID != p.Active().ID || m.By != "" {
		t.Errorf("%+v, %v", m, isNew)
	}
	other := version("a")
	other.Endpoint = "endpoints/of-a-checkpoint"
	if _, isNew := p.Promote(promotion.Move{Version: other}); !isNew {
		t.Error("another checkpoint is the same version")
	}
	if p.Keyed("key-a") == nil || p.Keyed("key-b") != nil || p.Keyed("") != nil {
		t.Error("the keys are wrong")
	}
}

// TestHistory_is_bounded: old moves are dropped, but none whose event was not published. The
// numbers have no gap.
func TestHistory_is_bounded(t *testing.T) {
	t.Parallel()
	p := promotion.Pointer{}
	for i := range 150 {
		p = promote(t, p, fmt.Sprint(i))
	}
	if len(p.Moves) != 150 || len(p.Unpublished()) != 150 || !p.Watched() {
		t.Errorf("%d moves, %d unpublished", len(p.Moves), len(p.Unpublished()))
	}
	p.Published = 120
	p = promote(t, p, "last")
	if len(p.Moves) != 100 || p.Active().Number != 151 || p.Moves[99].Number != 52 || p.Unpublished()[0].Number != 121 {
		t.Errorf("%d moves from %d to %d", len(p.Moves), p.Moves[99].Number, p.Active().Number)
	}
	p.Published = 1 << 30
	back := 0
	for ; p.Find(p.Active().Previous) != nil; back++ {
		p = rollBack(t, p)
	}
	if _, _, err := p.RollBack(0, promotion.Move{}); back < 49 || fault.From(err).Reason != "NO_PREVIOUS_VERSION" {
		t.Errorf("%d times back, and then: %v", back, err)
	}
}

// TestAnyCourse: whatever happens, the numbers have no gap, and each version is one that was
// promoted.
func TestAnyCourse(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		p, promoted := promotion.Pointer{}, map[string]bool{}
		for range 60 {
			var m promotion.Move
			isNew := false
			if random.IntN(2) == 0 {
				job := string(rune('a' + random.IntN(4)))
				m, isNew = p.Promote(promotion.Move{Version: version(job)})
				promoted[job] = true
			} else {
				m, isNew, _ = p.RollBack(int64(random.IntN(4)), promotion.Move{}) // an error changes nothing
			}
			if !isNew {
				continue
			}
			p = p.Begin(m, noon, noon)
			if random.IntN(4) == 0 {
				p = p.Abandon()
				continue
			}
			p = p.Complete(noon)
		}
		for i, m := range p.Moves {
			if m.Number != int64(len(p.Moves)-i) || m.Previous >= m.Number || !promoted[m.Version.JobID] {
				t.Fatalf("seed %d: %v", seed, story(p))
			}
		}
	}
}

func report() evaluation.Report {
	measured := func(metric evaluation.Metric, gain float64) evaluation.Measured {
		return evaluation.Measured{Metric: metric, Examples: 30, Difference: gain, Low: gain - 0.1, High: gain + 0.1, Verdict: evaluation.VerdictNone}
	}
	return evaluation.Report{Primary: "chrf", Comparisons: []evaluation.Comparison{
		{Base: "base", Tuned: "checkpoint-1", Metrics: []evaluation.Measured{measured("chrf", -0.02)}},
		{Base: "base", Tuned: "tuned", Metrics: []evaluation.Measured{measured("exact_match", 0.3), measured("chrf", 0.05)}},
	}}
}

func TestGate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		gate    promotion.Gate
		side    string
		gain    float64
		applies bool
		passes  bool
	}{
		{promotion.Gate{}, "tuned", 5, true, true},
		{promotion.Gate{MinGain: 5}, "tuned", 5, true, true},
		{promotion.Gate{MinGain: 5.01}, "tuned", 5, true, false},
		{promotion.Gate{Metric: "exact_match", MinGain: 30}, "tuned", 30, true, true},
		{promotion.Gate{Metric: "json_valid"}, "tuned", 0, false, true},
		{promotion.Gate{}, "checkpoint-1", -2, true, false},
		{promotion.Gate{MinGain: -2}, "checkpoint-1", -2, true, true},
		{promotion.Gate{}, "against", 0, false, true},
	}
	for _, tt := range tests {
		gain, applies := tt.gate.Measure(report(), tt.side)
		err := gain.Check()
		if diff := gain.Gain - tt.gain; applies != tt.applies || diff > 1e-9 || diff < -1e-9 || (err == nil) != tt.passes {
			t.Errorf("%+v of %s: %+v, %v, %v", tt.gate, tt.side, gain, applies, err)
		}
	}
	gain, _ := promotion.Gate{MinGain: 7}.Measure(report(), "tuned")
	gain.Evaluation = "ev-1"
	e := fault.From(gain.Check())
	want := map[string]string{
		"evaluation": "ev-1", "metric": "chrf", "gain_points": "5.00", "gain_low": "-5.00", "gain_high": "15.00", "min_gain": "7.00",
		"examples": "30", "verdict": "no_difference_shown", "compared_with": "base",
	}
	if diff := cmp.Diff(want, e.Metadata); diff != "" || e.Reason != "GATE_NOT_MET" || e.Kind != fault.FailedPrecondition {
		t.Errorf("%v\n%s", e, diff)
	}
	if gain.Warning() == "" {
		t.Error("a gain that may be chance has no warning")
	}
	if gain.Verdict = string(evaluation.VerdictBetter); gain.Warning() != "" {
		t.Errorf("a certain gain has the warning %s", gain.Warning())
	}
}

func TestReadRequest(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"job_name":"1","checkpoint_id":"2","require":{"metric":"chrf","min_gain":-3.5,"evaluation":"ev-1"}}`: nil,
		`{}`: {"job_name REQUIRED"},
		`{"job_name":7,"require":{"metric":"length_ratio","min_gain":101}}`: {
			"job_name INVALID_TYPE", "require.min_gain OUT_OF_RANGE", "require.metric INVALID_METRIC",
		},
		`{"job_name":"","require":{"gain":1}}`: {"job_name EMPTY", "require.gain UNKNOWN_FIELD"},
	} {
		f := requestfields.New("", []byte(body))
		promotion.ReadRequest(f)
		var got []string
		for _, v := range f.Faults().Kept {
			got = append(got, v.Field+" "+v.Reason)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	f := requestfields.New("", []byte(`{"version":0}`))
	if promotion.ReadRollback(f); f.Faults().Count != 1 {
		t.Error("version 0 is accepted")
	}
}
