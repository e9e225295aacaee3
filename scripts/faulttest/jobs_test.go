// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
)

// ownJobs returns the jobs on Vertex AI that belong to this run.
func (r *run) ownJobs() (jobs []*aiplatformpb.TuningJob) {
	for _, j := range r.world.cloud.Vertex.Jobs() {
		if !r.old[j.GetName()] {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// checkLine checks that the jobs ran one after the other.
func (r *run) checkLine(jobs map[string][]*aiplatformpb.TuningJob) {
	all := slices.Concat(slices.Collect(maps.Values(jobs))...)
	slices.SortFunc(all, func(a, b *aiplatformpb.TuningJob) int {
		return a.GetCreateTime().AsTime().Compare(b.GetCreateTime().AsTime())
	})
	for i := 1; i < len(all); i++ {
		if ended, created := all[i-1].GetEndTime().AsTime(), all[i].GetCreateTime().AsTime(); created.Before(ended) {
			r.t.Errorf("two jobs at a time: %s was created %s before %s had ended", all[i].GetName(), ended.Sub(created), all[i-1].GetName())
		}
	}
}

// runs waits until all existing jobs run or have ended.
func (r *run) runs() {
	r.waitForState(func(s aiplatformpb.JobState) bool { return s == aiplatformpb.JobState_JOB_STATE_RUNNING || ended(s) })
}

// leaseEnds waits until a start that is refused now can be deleted.
func (r *run) leaseEnds() { time.Sleep(startLease + 10*time.Millisecond) }

// ends waits until all existing jobs have ended.
func (r *run) ends() { r.waitForState(ended) }

func ended(s aiplatformpb.JobState) bool {
	return s == aiplatformpb.JobState_JOB_STATE_SUCCEEDED || s == aiplatformpb.JobState_JOB_STATE_FAILED ||
		s == aiplatformpb.JobState_JOB_STATE_CANCELLED
}

func (r *run) waitForState(state func(aiplatformpb.JobState) bool) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		all := true
		for _, j := range r.ownJobs() {
			all = all && state(j.GetState())
		}
		if all {
			return
		}
		if time.Now().After(end) {
			r.t.Fatal("the jobs on Vertex AI do not come on")
		}
	}
}
