// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// TestStart_of_preference_data: a file of preference data is converted, but no job on it is
// submitted to Vertex AI, whether its metadata or a manifest asks for one, or the job is recorded
// before the poller reads the file.
func TestStart_of_preference_data(t *testing.T) {
	t.Parallel()
	const (
		pair = `{"input":{"messages":[{"role":"user","content":"Hi"}]},"preferred_output":[{"role":"assistant","content":"Hello!"}],` +
			`"non_preferred_output":[{"role":"assistant","content":"What?"}]}`
		sentence = "No model that runs today is documented for preference tuning"
	)
	for name, tt := range map[string]struct {
		metadata map[string]string
		manifest string
	}{
		"metadata": {metadata: wishes()}, "manifest": {manifest: `{}`}, "forced": {metadata: wishes("force", "true")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			source := w.dropWith(t, "a.jsonl", pair, tt.metadata)
			w.handle(t, source)
			if tt.manifest != "" {
				w.handle(t, w.drop(t, "a.jsonl.fine-tune.json", tt.manifest))
			}
			w.refused(t, source, "INVALID_ARGUMENT", nil)
			if start := w.reportedStart(t, source.Name); !strings.Contains(start.Error.Message, sentence) {
				t.Errorf("the report says %q", start.Error.Message)
			}
			w.tick(t)
			if sent := w.generations(t); len(sent) != 0 {
				t.Errorf("jobs on Vertex AI: %v", sent)
			}
		})
	}
	t.Run("on_record", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		source := w.drop(t, "a.jsonl", pair)
		uri := gcs.URI(source.Bucket, source.Name)
		if _, err := w.Jobs.Enqueue(t.Context(), jobs.StartRequest{
			Caller: uri, Key: "1", Request: tuning.Request{TrainingData: uri, TrainingGeneration: source.Generation},
		}); err != nil {
			t.Fatal(err)
		}
		w.tick(t)
		job := w.one(t)
		if job.State != tuning.Failed || !strings.Contains(job.Failure.Message, sentence) || job.Reserved != 0 {
			t.Errorf("the job is in %s, %+v, with %d reserved", job.State, job.Failure, job.Reserved)
		}
		if sent := w.generations(t); len(sent) != 0 {
			t.Errorf("jobs on Vertex AI: %v", sent)
		}
	})
}
