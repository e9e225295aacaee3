// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package metrics holds what a tuning job has measured while it trained, loss and accuracy by step,
// and draws conclusions from it: the loss of each checkpoint, the best checkpoint, and whether the
// model has memorized its training data.
package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Point is the value of a metric after a number of training steps.
type Point struct {
	Step  int64   `json:"step"`
	Value float64 `json:"value"`
}

// Curves are the metrics of a job, each ordered by step. A metric that is not known is empty: there
// is no evaluation metric without validation data. Losses are in nats per token, and accuracies are
// shares of correctly predicted next tokens, from 0 to 1.
type Curves struct {
	TrainLoss     []Point `json:"train_loss,omitempty"`
	EvalLoss      []Point `json:"eval_loss,omitempty"`
	TrainAccuracy []Point `json:"train_accuracy,omitempty"`
	EvalAccuracy  []Point `json:"eval_accuracy,omitempty"`
}

// Wants reports whether Add would take a series of this name.
func Wants(name string) bool { return new(Curves).seriesOf(name) != nil }

// Add takes a series by what its name contains, because the exact names differ between methods and
// are not part of Vertex AI's API: /train_total_loss and /preference_optimization_train_loss are
// the training loss. The first series of a kind is kept. Values that are no finite numbers are left
// out: a training that diverged has them.
func (c *Curves) Add(name string, points []Point) {
	kind := c.seriesOf(name)
	if kind == nil || len(*kind) > 0 {
		return
	}
	points = slices.DeleteFunc(slices.Clone(points), func(p Point) bool {
		return math.IsNaN(p.Value) || math.IsInf(p.Value, 0)
	})
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.Step, b.Step) })
	*kind = points
}

// seriesOf returns the series that a name belongs to, or nil.
func (c *Curves) seriesOf(name string) *[]Point {
	name = strings.ToLower(name)
	isLoss := strings.Contains(name, "loss")
	isAccuracy := strings.Contains(name, "fraction_of_correct") || strings.Contains(name, "accuracy")
	isEval := strings.Contains(name, "eval") || strings.Contains(name, "valid")
	isTrain := strings.Contains(name, "train")
	switch {
	case isEval && isLoss:
		return &c.EvalLoss
	case isEval && isAccuracy:
		return &c.EvalAccuracy
	case isTrain && isLoss:
		return &c.TrainLoss
	case isTrain && isAccuracy:
		return &c.TrainAccuracy
	}
	return nil
}

// Empty reports whether no metric is known.
func (c Curves) Empty() bool {
	return len(slices.Concat(c.TrainLoss, c.EvalLoss, c.TrainAccuracy, c.EvalAccuracy)) == 0
}

// At returns the value of a metric for each of some checkpoints, given by their steps, or nil where
// it is not known. A point counts for the checkpoint that is nearest to it, so a metric that was
// measured once, at the end, is not taken for that of the first checkpoint.
func At(points []Point, steps []int64) []*float64 {
	values, distances := make([]*float64, len(steps)), make([]int64, len(steps))
	for _, p := range points {
		nearest := -1
		for i, step := range steps {
			if nearest < 0 || distance(p.Step, step) < distance(p.Step, steps[nearest]) {
				nearest = i
			}
		}
		if nearest < 0 {
			return values
		}
		if d := distance(p.Step, steps[nearest]); values[nearest] == nil || d <= distances[nearest] {
			values[nearest], distances[nearest] = &p.Value, d
		}
	}
	return values
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// minRise is the relative rise of the evaluation loss over its lowest value from which on it is
// more than noise.
const minRise = 0.01

// Memorized returns a sentence if the evaluation loss has risen while the training loss fell, and
// "" otherwise.
func (c Curves) Memorized() string {
	if len(c.EvalLoss) < 2 {
		return ""
	}
	lowest, last := c.EvalLoss[0], c.EvalLoss[len(c.EvalLoss)-1]
	for _, p := range c.EvalLoss {
		if p.Value < lowest.Value {
			lowest = p
		}
	}
	then, now := valueAt(c.TrainLoss, lowest.Step), valueAt(c.TrainLoss, last.Step)
	if last.Value-lowest.Value < minRise*math.Abs(lowest.Value) || last.Step == lowest.Step || then == nil || now == nil || *now >= *then {
		return ""
	}
	return fmt.Sprintf("From step %d to step %d the evaluation loss rose from %.4g to %.4g while the training loss fell from %.4g to %.4g: "+
		"the model memorizes its training data. Train for fewer epochs, or with more examples.",
		lowest.Step, last.Step, lowest.Value, last.Value, *then, *now)
}

// valueAt returns the value at the last point that is not after the step, or at the first point.
func valueAt(points []Point, step int64) *float64 {
	var value *float64
	for _, p := range points {
		if value == nil || p.Step <= step {
			value = &p.Value
		}
	}
	return value
}
