// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"maps"
	"math"
	"slices"
	"time"
)

// measure is what the loss curves of a training follow from. No model is trained: the curves only
// have the shape of real ones, and follow from the data.
type measure struct {
	// Entropy is that of the characters of the training answers, in nats: the loss at the start.
	Entropy float64 `json:"entropy"`
	// Variety is the share of trigrams in the training answers that are different: what varies much
	// is learned badly.
	Variety float64 `json:"variety"`
	// Novelty is the share of trigrams in the validation answers that no training answer has: what
	// is new is not learned at all. It is -1 without validation data.
	Novelty float64 `json:"novelty"`
}

// trigrams is a set of trigrams by their hashes, with few wrong members.
type trigrams struct {
	bits        [1 << 16 / 64]uint64
	all, unseen int64
}

// add counts the trigrams of an answer, and those that others does not have.
func (t *trigrams) add(answer string, others *trigrams) {
	var a, b, c rune
	for _, r := range answer {
		a, b, c = b, c, r
		hash := (uint32(a)*0x9E3779B1 ^ uint32(b)*0x85EBCA6B ^ uint32(c)*0xC2B2AE35) * 0x27D4EB2F >> 16
		word, bit := hash/64, uint64(1)<<(hash%64)
		t.all++
		if others.bits[word]&bit == 0 {
			t.unseen++
		}
		t.bits[word] |= bit
	}
}

func (t *trigrams) unseenShare() float64 { return float64(t.unseen) / float64(max(t.all, 1)) }

// answers gathers the answers of one file.
type answers struct {
	counts   map[rune]int64
	trigrams trigrams
}

func (a *answers) add(text string, others *trigrams) {
	if a.counts == nil {
		a.counts = map[rune]int64{}
	}
	for _, r := range text {
		a.counts[r]++
	}
	a.trigrams.add(text, others)
}

// entropy is that of the characters, in nats. The order is fixed, because sums of floating-point
// numbers depend on it.
func (a *answers) entropy() (sum float64) {
	total := float64(max(a.trigrams.all, 1))
	for _, r := range slices.Sorted(maps.Keys(a.counts)) {
		n := a.counts[r]
		sum -= float64(n) / total * math.Log(float64(n)/total)
	}
	return sum
}

// curve is one metric of a job.
type curve struct {
	name  string
	steps []int64
	at    func(step int64) float64
}

// series returns the metrics of a job that has trained for some steps. Evaluation metrics exist at
// checkpoints, and only with validation data.
func (j *job) series(steps int64) []curve {
	all := make([]int64, steps)
	for i := range all {
		all[i] = int64(i + 1)
	}
	m := j.outcome.measure
	train, eval := j.losses()
	out := []curve{
		{"/train_total_loss", all, train},
		{"/train_fraction_of_correct_next_step_preds", all, accuracy(train)},
		{"/train_num_predictions", all, func(int64) float64 { return float64(j.outcome.stats.GetTotalBillableTokenCount()) }},
	}
	if m.Novelty < 0 {
		return out
	}
	var at []int64
	for _, c := range j.outcome.checkpoints {
		if c.GetStep() <= steps {
			at = append(at, c.GetStep())
		}
	}
	return append(out, curve{"/eval_total_loss", at, eval}, curve{"/eval_fraction_of_correct_next_step_preds", at, accuracy(eval)})
}

// losses returns the training and the evaluation loss by step. Both fall from the entropy of the
// data, by how much is familiar in them; the evaluation loss rises again after the third epoch, by
// how much is new in the validation data.
func (j *job) losses() (train, eval func(step int64) float64) {
	m, stats := j.outcome.measure, j.outcome.stats
	epochs := max(j.outcome.hyper.GetEpochCount(), 1)
	perEpoch := float64(stats.GetTuningStepCount()) / float64(epochs)
	rate := 1.2 / max(j.outcome.hyper.GetLearningRateMultiplier(), 0.1)
	toward := func(floor float64, step int64) float64 {
		return floor + (m.Entropy-floor)*math.Exp(-float64(step)/perEpoch/rate)
	}
	floor := m.Entropy * (0.1 + 0.4*m.Variety)
	train = func(step int64) float64 { return toward(floor, step) }
	eval = func(step int64) float64 {
		late := max(float64(step)/perEpoch-3, 0)
		return toward(floor+(m.Entropy-floor)*m.Novelty/2, step) + 0.03*late*m.Entropy*m.Novelty
	}
	return train, eval
}

// accuracy is the share of right predictions that goes with a loss.
func accuracy(loss func(int64) float64) func(int64) float64 {
	return func(step int64) float64 { return math.Exp(-loss(step)) }
}

// trained is the number of steps that a job that ended at a time has trained.
func (j *job) trained(end time.Time) int64 {
	if j.outcome == nil || j.outcome.stats == nil {
		return 0
	}
	begin, span := j.training()
	steps := j.outcome.stats.GetTuningStepCount()
	if span <= 0 || !end.Before(begin.Add(span)) {
		return steps
	}
	return max(int64(float64(steps)*float64(end.Sub(begin))/float64(span)), 0)
}
