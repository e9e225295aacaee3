// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"maps"
	"math"
	"slices"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
)

const histogramBuckets = 10

// counts is a population of small integers by value: exact quantiles of ten million examples in the memory
// of their distinct token counts.
type counts map[int64]int64

func (c counts) distribution() *pb.SupervisedTuningDatasetDistribution {
	if len(c) == 0 {
		return nil
	}
	values := slices.Sorted(maps.Keys(c))
	var n, sum int64
	for _, v := range values {
		n += c[v]
		sum += v * c[v]
	}
	low, high := values[0], values[len(values)-1]
	return &pb.SupervisedTuningDatasetDistribution{
		Sum:         sum,
		BillableSum: sum,
		Min:         float64(low),
		Max:         float64(high),
		Mean:        float64(sum) / float64(n),
		Median:      c.quantile(values, n, 0.5),
		P5:          c.quantile(values, n, 0.05),
		P95:         c.quantile(values, n, 0.95),
		Buckets:     c.buckets(values, low, high),
	}
}

// quantile interpolates linearly between the two nearest ranks.
func (c counts) quantile(values []int64, n int64, q float64) float64 {
	rank := q * float64(n-1)
	below := math.Floor(rank)
	a, b := c.ranked(values, int64(below)), c.ranked(values, int64(math.Ceil(rank)))
	return float64(a) + (rank-below)*float64(b-a)
}

// ranked returns the value at a rank, counted from 0, of the sorted population.
func (c counts) ranked(values []int64, rank int64) int64 {
	for _, v := range values {
		if rank -= c[v]; rank < 0 {
			return v
		}
	}
	return values[len(values)-1]
}

// buckets cuts the range into equal widths; a value on a bound belongs to the bucket on its right, the
// greatest one to the last.
func (c counts) buckets(values []int64, low, high int64) []*pb.SupervisedTuningDatasetDistribution_DatasetBucket {
	if low == high {
		return []*pb.SupervisedTuningDatasetDistribution_DatasetBucket{
			{Count: float64(c[low]), Left: float64(low), Right: float64(high)},
		}
	}
	width := float64(high-low) / histogramBuckets
	out := make([]*pb.SupervisedTuningDatasetDistribution_DatasetBucket, histogramBuckets)
	for i := range out {
		out[i] = &pb.SupervisedTuningDatasetDistribution_DatasetBucket{
			Left: float64(low) + float64(i)*width, Right: float64(low) + float64(i+1)*width,
		}
	}
	for _, v := range values {
		i := min(int(float64(v-low)/width), histogramBuckets-1)
		out[i].Count += float64(c[v])
	}
	return out
}

// tally is what reading one dataset file adds up to. Examples that are dropped count only as such.
type tally struct {
	examples   int64 // all of them
	multimodal bool  // some hold images or other files
	kept       int64
	characters int64
	input      counts
	output     counts
	messages   counts
	samples    []*v1.Content
	dropped    int64
	indices    []int64 // of some dropped examples, from 1
	reasons    []string
}

func newTally() *tally {
	return &tally{input: counts{}, output: counts{}, messages: counts{}}
}

func (t *tally) keep(e *example, samples int64) {
	t.kept++
	t.characters += e.characters
	t.multimodal = t.multimodal || e.files > 0
	t.input[e.input]++
	t.output[e.output]++
	t.messages[e.messages]++
	if e.sample != nil && int64(len(t.samples)) < samples {
		t.samples = append(t.samples, e.sample)
	}
}

func (t *tally) drop(n int64, reason string, samples int64) {
	t.dropped++
	if int64(len(t.indices)) < samples {
		t.indices = append(t.indices, n)
		t.reasons = append(t.reasons, reason)
	}
}

// stats describes the training set. Token counts are of one pass over it: whether Vertex AI multiplies
// the billable count by the epochs is not documented.
func (t *tally) stats(steps int64) *pb.SupervisedTuningDataStats {
	input, output := t.input.distribution(), t.output.distribution()
	return &pb.SupervisedTuningDataStats{
		TuningDatasetExampleCount:         t.examples,
		TotalTuningCharacterCount:         t.characters,
		TotalBillableTokenCount:           input.GetBillableSum() + output.GetBillableSum(),
		TuningStepCount:                   steps,
		UserInputTokenDistribution:        input,
		UserOutputTokenDistribution:       output,
		UserMessagePerExampleDistribution: t.messages.distribution(),
		UserDatasetExamples:               samples(t.samples),
		TotalTruncatedExampleCount:        t.dropped,
		TruncatedExampleIndices:           t.indices,
		DroppedExampleReasons:             t.reasons,
	}
}

// samples carries turns over: lines are read as v1 has them, which knows more of a turn than v1beta1 does.
func samples(turns []*v1.Content) (out []*pb.Content) {
	for _, turn := range turns {
		if c, err := carry(turn, &pb.Content{}); err == nil {
			out = append(out, c)
		}
	}
	return out
}
