// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate

import (
	"math"
	"slices"
	"time"
)

// Run is a job that has succeeded.
type Run struct {
	TrainingTokens int64
	Duration       time.Duration // from its start to its end
}

const (
	leastRuns = 3 // fewer tell nothing
	mostRuns  = 200
)

// duration tells from earlier jobs how long one of that many tokens takes. A job has a time that does not depend
// on its tokens (half an hour passes before the first step) and one that does. Both are taken from the jobs by
// Theil and Sen's method: the middle of the slopes between all pairs, which a few odd jobs do not move. The
// interval is as wide as the jobs themselves are apart from that line.
func duration(tokens *Range, past []Run) *Duration {
	past = slices.DeleteFunc(slices.Clone(past), func(r Run) bool { return r.TrainingTokens <= 0 || r.Duration <= 0 })
	past = past[max(0, len(past)-mostRuns):]
	if len(past) < leastRuns || tokens == nil || tokens.High == 0 {
		return nil
	}
	perToken := slope(past)
	var bases []float64 // what the slope leaves of each job
	for _, r := range past {
		bases = append(bases, r.Duration.Seconds()-perToken*float64(r.TrainingTokens))
	}
	low, high := slices.Min(bases)+perToken*float64(tokens.Low), slices.Max(bases)+perToken*float64(tokens.High)
	return &Duration{Low: whole(low), High: whole(high), Jobs: len(past)}
}

// slope returns the median of the seconds a token between every two jobs of different size: not less than none, as
// more tokens never take less time.
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

// whole rounds to whole seconds, one at least.
func whole(seconds float64) int64 { return max(1, int64(math.Ceil(min(seconds, math.MaxInt32)))) }
