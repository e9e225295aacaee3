// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// TestStart_replaced: a job trains on the generation of the file that requested the job, or fails.
func TestStart_replaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.dropWith(t, "a.json", good, wishes())
	w.handle(t, first)
	second := w.dropWith(t, "a.json", better, wishes())
	w.tick(t)
	if job := w.one(t); job.State != tuning.Failed || job.Failure == nil || !strings.Contains(job.Failure.Message, "was replaced or deleted") {
		t.Errorf("the job of the older generation is in %s, %+v", job.State, job.Failure)
	}
	w.handle(t, second)
	w.tick(t)
	if diff := cmp.Diff(map[int64]int{second.Generation: 1}, w.generations(t)); diff != "" {
		t.Errorf("on Vertex AI, by generation (-want +got):\n%s", diff)
	}
	if start, jobs := w.reportedStart(t, "a.json"), w.Recorded(t); start.JobID != jobs[1].ID || start.Earlier != nil {
		t.Errorf("the report says %+v", start)
	}
	// This file is deleted before its event is handled, so there is no start.
	third := w.dropWith(t, "b.json", good, wishes())
	w.Remove(t, inbox, "b.json")
	if outcome := w.handle(t, third); outcome != convert.Gone || len(w.Recorded(t)) != 2 {
		t.Errorf("%s, with %d jobs", outcome, len(w.Recorded(t)))
	}
}

// TestStart_again: a manifest that arrives after the metadata have started a job is another start;
// the report names both jobs.
func TestStart_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.handle(t, w.dropWith(t, "a.json", good, wishes()))
	manifest := w.drop(t, "a.json.fine-tune.json", `{"priority": 1}`)
	for range 2 {
		if outcome := w.handle(t, manifest); outcome != convert.Started {
			t.Errorf("outcome %s", outcome)
		}
	}
	jobs := w.Recorded(t)
	if len(jobs) != 2 {
		t.Fatalf("%d jobs are recorded, want 2", len(jobs))
	}
	want := &convert.Start{
		JobID: jobs[1].ID, Manifest: fmt.Sprintf("gs://test-inbox/a.json.fine-tune.json#%d", manifest.Generation), Earlier: []string{jobs[0].ID},
	}
	if diff := cmp.Diff(want, w.reportedStart(t, "a.json")); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	if text := w.text(t, "a.json").Content; !strings.Contains(text, "    "+jobs[0].ID+"\n") || !strings.Contains(text, "    "+jobs[1].ID+"\n") {
		t.Errorf("the report for people does not name both jobs:\n%s", text)
	}
}
