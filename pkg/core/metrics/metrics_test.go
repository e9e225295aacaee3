// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/metrics"
)

// points returns a series with a value after each ten steps.
func points(values ...float64) (all []metrics.Point) {
	for i, v := range values {
		all = append(all, metrics.Point{Step: int64(10 * (i + 1)), Value: v})
	}
	return all
}

func TestCurves_names(t *testing.T) {
	t.Parallel()
	one := points(0.5)
	for name, want := range map[string]metrics.Curves{
		"/train_total_loss":                          {TrainLoss: one},
		"/eval_total_loss":                           {EvalLoss: one},
		"/train_fraction_of_correct_next_step_preds": {TrainAccuracy: one},
		"/eval_fraction_of_correct_next_step_preds":  {EvalAccuracy: one},
		"/preference_optimization_train_loss":        {TrainLoss: one},
		"Training/Loss":                              {TrainLoss: one},
		"validation_accuracy":                        {EvalAccuracy: one},
		"/train_num_predictions":                     {},
		"/eval_mean_reward":                          {},
		"loss":                                       {},
		"":                                           {},
	} {
		var c metrics.Curves
		c.Add(name, one)
		isWanted := !reflect.DeepEqual(want, metrics.Curves{})
		if !reflect.DeepEqual(c, want) || metrics.Wants(name) != isWanted || c.Empty() == isWanted {
			t.Errorf("%q: %+v, wanted %t, empty %t", name, c, metrics.Wants(name), c.Empty())
		}
	}
}

func TestCurves_values(t *testing.T) {
	t.Parallel()
	given := []metrics.Point{{Step: 3, Value: 1}, {Step: 1, Value: 3}, {Step: 2, Value: math.NaN()}, {Step: 4, Value: math.Inf(1)}, {Step: 5, Value: math.Inf(-1)}}
	var c metrics.Curves
	c.Add("train_loss", given)
	c.Add("train_loss_of_another_run", points(7))
	if want := []metrics.Point{{Step: 1, Value: 3}, {Step: 3, Value: 1}}; !reflect.DeepEqual(c.TrainLoss, want) {
		t.Errorf("got %v, want %v", c.TrainLoss, want)
	}
	c.Add("eval_loss", points(5))
	c.Add("eval_loss_of_another_run", points(7, 8))
	if want := points(5); !reflect.DeepEqual(c.EvalLoss, want) {
		t.Errorf("got %v, want %v", c.EvalLoss, want)
	}
	if given[0].Step != 3 {
		t.Error("the caller's points are changed")
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		points []metrics.Point
		steps  []int64
		want   []float64 // NaN is unknown
	}{
		{name: "exact", points: points(3, 2, 1), steps: []int64{10, 20, 30}, want: []float64{3, 2, 1}},
		{name: "nearest", points: points(4, 3, 2, 1), steps: []int64{12, 41}, want: []float64{4, 1}},
		{name: "only_the_end", points: []metrics.Point{{Step: 30, Value: 1}}, steps: []int64{10, 20, 30}, want: []float64{math.NaN(), math.NaN(), 1}},
		{name: "later_of_two_at_one_step", points: []metrics.Point{{Step: 10, Value: 2}, {Step: 10, Value: 1}}, steps: []int64{10}, want: []float64{1}},
		{name: "between_two", points: []metrics.Point{{Step: 15, Value: 2}}, steps: []int64{10, 20}, want: []float64{2, math.NaN()}},
		{name: "no_points", steps: []int64{10}, want: []float64{math.NaN()}},
		{name: "no_checkpoints", points: points(1), want: []float64{}},
	} {
		got := metrics.At(tt.points, tt.steps)
		if len(got) != len(tt.want) {
			t.Fatalf("%s: %d values, want %d", tt.name, len(got), len(tt.want))
		}
		for i, want := range tt.want {
			if (got[i] == nil) != math.IsNaN(want) || got[i] != nil && *got[i] != want {
				t.Errorf("%s: value %d is %v, want %v", tt.name, i, got[i], want)
			}
		}
	}
}

func TestCurves_memorized(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		train, eval []metrics.Point
		want        string
	}{
		"rises":                 {points(3, 2, 1), points(3, 2, 2.5), "From step 20 to step 30 the evaluation loss rose from 2 to 2.5 while the training loss fell from 2 to 1:"},
		"falls":                 {points(3, 2, 1), points(3, 2, 1), ""},
		"rises_by_noise":        {points(3, 2, 1), points(3, 2, 2.019), ""},
		"rises_by_1_percent":    {points(3, 2, 1), points(3, 2, 2.02), "From step 20 to step 30"},
		"rises_from_the_first":  {points(3, 2), points(2, 3), "From step 10 to step 20 the evaluation loss rose from 2 to 3"},
		"lowest_twice":          {points(4, 3, 2, 1), points(3, 2, 2, 3), "From step 20 to step 40 the evaluation loss"},
		"lowest_at_first":       {points(3, 2, 1), points(2, 2, 3), "From step 10 to step 30"},
		"exactly_1_percent":     {points(3, 2), points(100, 101), "From step 10 to step 20"},
		"training_rises_too":    {points(3, 1, 2), points(3, 2, 2.5), ""},
		"training_stays":        {points(3, 2, 2), points(3, 2, 2.5), ""},
		"no_training_loss":      {nil, points(3, 2, 2.5), ""},
		"no_eval_loss":          {points(3, 2, 1), nil, ""},
		"one_eval_loss":         {points(3, 2, 1), points(3), ""},
		"training_starts_later": {[]metrics.Point{{Step: 25, Value: 2}, {Step: 28, Value: 1}}, points(3, 2, 2.5), "while the training loss fell from 2 to 1"},
	} {
		got := metrics.Curves{TrainLoss: tt.train, EvalLoss: tt.eval}.Memorized()
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestBest(t *testing.T) {
	t.Parallel()
	of := func(values ...float64) []*float64 {
		all := make([]*float64, len(values))
		for i, v := range values {
			if v != 0 {
				all[i] = &v
			}
		}
		return all
	}
	for _, tt := range []struct {
		losses []*float64
		want   int
		reason string
	}{
		{of(3, 1, 2), 1, "Its evaluation loss of 1 is the lowest of the 3 checkpoints"},
		{of(0, 2, 2), 1, "Its evaluation loss of 2 is the lowest of the 2 checkpoints"}, // the earlier of two equal ones
		{of(0, 2, 0), 1, "the only checkpoint whose evaluation loss is known: 2."},
		{of(0, 0), 1, "No evaluation loss is known, so this is the last checkpoint"},
	} {
		if got, reason := metrics.Best(tt.losses); got != tt.want || !strings.Contains(reason, tt.reason) {
			t.Errorf("%v: %d, %q", tt.losses, got, reason)
		}
	}
}
