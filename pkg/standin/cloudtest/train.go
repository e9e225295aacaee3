// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloudtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// Capitals returns n examples as JSONL, in the format of Vertex AI. question has %d for the number
// of the example.
func Capitals(n int, question string) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `{"contents":[{"role":"user","parts":[{"text":"`+question+`"}]},`+
			`{"role":"model","parts":[{"text":"It is city%d."}]}]}`+"\n", i, i)
	}
	return all.String()
}

// AwaitEnds waits until all jobs on Vertex AI have ended.
func (c *Cloud) AwaitEnds(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); c.Run.Vertex.HasActiveJobs(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the jobs do not end")
		}
	}
}

// Train starts a job and lets the poller tick until the job has ended.
func (c *Cloud) Train(t testing.TB, starter *jobs.Service, poller *poll.Poller, r tuning.Request) tuning.Job {
	t.Helper()
	job, err := starter.Start(t.Context(), jobs.StartRequest{Request: r, Caller: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if err := poller.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if record := c.Read(t, job.ID); record.Finished {
			return record.Job
		}
	}
	t.Fatal("the job did not end")
	return tuning.Job{}
}
