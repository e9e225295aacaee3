// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate

import (
	"math"
	"slices"
	"time"
)

// Run is a job that succeeded.
type Run struct {
	TrainingTokens int64
	Duration       time.Duration // from its start to its end
}

const (
	minRuns = 3 // fewer say too little
	maxRuns = 200
)

// duration estimates the duration of a job with that many tokens from earlier jobs. A job has a
// fixed time (half an hour passes before the first step) and a time that grows with its tokens.
// Both are computed from the earlier jobs by the method of Theil and Sen: the median of the slopes
// between all pairs, which a few unusual jobs do not change. The interval is as wide as the
// distances of the jobs from that line.
func duration(tokens *Range, past []Run) *Duration {
	past = slices.DeleteFunc(slices.Clone(past), func(r Run) bool { return r.TrainingTokens <= 0 || r.Duration <= 0 })
	past = past[max(0, len(past)-maxRuns):]
	if len(past) < minRuns || tokens == nil || tokens.High == 0 {
		return nil
	}
	perToken := slope(past)
	var bases []float64 // the rest of each job's time, without the slope
	for _, r := range past {
		bases = append(bases, r.Duration.Seconds()-perToken*float64(r.TrainingTokens))
	}
	low, high := slices.Min(bases)+perToken*float64(tokens.Low), slices.Max(bases)+perToken*float64(tokens.High)
	return &Duration{Low: wholeSeconds(low), High: wholeSeconds(high), Jobs: len(past)}
}

// slope returns the median of the seconds per token between each two jobs of different size. It is
// at least 0, because more tokens never take less time.
func slope(past []Run) float64 {
	var slopes []float64
	for i, a := range past {
		for _, b := range past[:i] {
			if a.TrainingTokens != b.TrainingTokens {
				slopes = append(slopes, (a.Duration-b.Duration).Seconds()/float64(a.TrainingTokens-b.TrainingTokens))
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	return max(0, slopes[len(slopes)/2])
}

// wholeSeconds rounds up to whole seconds, but at least one.
func wholeSeconds(seconds float64) int64 {
	return max(1, int64(math.Ceil(min(seconds, math.MaxInt32))))
}
