// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// lines reads one of the data bucket's objects, line by line.
func (w *world) lines(t *testing.T, uri string) []string {
	t.Helper()
	return slices.Collect(strings.Lines(w.dataset(t, tuning.Job{TrainingData: uri})))
}

// TestSplit: each conversation is on one side of the split, and the files, the index and the record
// agree.
func TestSplit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const sessions = 40
	all, ids := map[string]string{}, map[string]string{} // by line: the session, and the message
	for i := range sessions {
		session := fmt.Sprintf("c%02d", i)
		for n := range 3 {
			user, model := fmt.Sprintf("question %d of %s", n, session), fmt.Sprintf("answer %d of %s", n, session)
			id := fmt.Sprintf("%s-%d", session, n)
			w.message(t, id, session, "user", user, "assistant", model)
			all[line(user, model)], ids[line(user, model)] = session, id
		}
	}
	job := w.start(t, order(tuning.Request{AllMessages: true, ValidationSplit: 0.25}))
	train, validation := w.lines(t, job.TrainingData), w.lines(t, job.Spec.ValidationData)
	if int64(len(train)) != job.Pairs || int64(len(validation)) != job.Lineage.Validation {
		t.Errorf("%d and %d lines, but %d and %d in the record", len(train), len(validation), job.Pairs, job.Lineage.Validation)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), slices.Sorted(slices.Values(slices.Concat(train, validation)))); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	side := map[string]string{}
	for name, lines := range map[string][]string{"training": train, "validation": validation} {
		for _, l := range lines {
			if other := side[all[l]]; other != "" && other != name {
				t.Errorf("session %s is on both sides", all[l])
			}
			side[all[l]] = name
		}
	}
	if n := len(validation) / 3; n < sessions/8 || n > sessions/2 {
		t.Errorf("%d of %d sessions are for validation, want about a quarter", n, sessions)
	}
	sources := []string{`{"version":1}` + "\n"}
	for _, l := range train {
		sources = append(sources, fmt.Sprintf("%q\n", ids[l]))
	}
	sources = append(sources, fmt.Sprintf("{\"lines\":%d}\n", len(train)))
	if diff := cmp.Diff(sources, w.lines(t, job.Lineage.Index)); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
	again := w.start(t, order(tuning.Request{AllMessages: true, ValidationSplit: 0.25}))
	if again.Lineage.DatasetSHA256 != job.Lineage.DatasetSHA256 {
		t.Error("the same start splits its data in another way")
	}
}

// TestExamples_are_fitted: every example has the changes that the request and the model require.
func TestExamples_are_fitted(t *testing.T) {
	t.Parallel()
	const (
		plain = `{"contents":[{"role":"user","parts":[{"text":"q \"role\":\"model\""}]},{"role":"model","parts":[{"text":"a"}]}]}` + "\n"
		short = `{"contents":[{"role":"user","parts":[{"text":"s"}]},{"role":"model","parts":[{"text":"c"}]}]}` + "\n"
		open  = "meta/llama3_1@llama-3.1-8b"
	)
	own := `{"systemInstruction":{"parts":[{"text":"own"}]},"contents":[{"role":"user","parts":[{"text":"` +
		// The training file must be much larger than the validation file.
		strings.Repeat("long ", 100) + `"}]},{"role":"model","parts":[{"text":"b"}]}]}` + "\n"
	instructed := `{"systemInstruction":{"parts":[{"text":"Be \"kind\"."}]},` + plain[1:]
	assistant := strings.NewReplacer(`"role":"model",`, `"role":"assistant",`)
	tests := map[string]struct {
		r                 tuning.Request
		train, validation []string
	}{
		"as_they_are": {tuning.Request{}, []string{plain, own}, nil},
		"instructed":  {tuning.Request{SystemInstruction: `Be "kind".`}, []string{instructed, own}, nil},
		"validation_is_instructed_too": {
			tuning.Request{SystemInstruction: `Be "kind".`, ValidationData: "gs://test-data/mine.jsonl"}, []string{instructed, own}, []string{instructed, own},
		},
		"open_models_have_another_role": {
			tuning.Request{BaseModel: open, ValidationData: "gs://test-data/one.jsonl"},
			[]string{assistant.Replace(plain), assistant.Replace(own)}, []string{assistant.Replace(short)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Upload(t, bucket, "mine.jsonl", plain+own, nil)
			w.Upload(t, bucket, "one.jsonl", short, nil)
			tt.r.TrainingData = "gs://test-data/mine.jsonl"
			epochs := int64(1)
			tt.r.Hyperparameters.EpochCount = &epochs
			job := w.start(t, order(tt.r))
			if diff := cmp.Diff(tt.train, w.lines(t, job.TrainingData)); diff != "" {
				t.Errorf("training data (-want +got):\n%s", diff)
			}
			var validation []string
			if job.Spec.ValidationData != "" {
				validation = w.lines(t, job.Spec.ValidationData)
			}
			if diff := cmp.Diff(tt.validation, validation); diff != "" {
				t.Errorf("validation data (-want +got):\n%s", diff)
			}
		})
	}
}

// TestContent_is_checked: data on which the model cannot be tuned are refused before Vertex AI is
// called.
func TestContent_is_checked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const image = `{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/x.png"}}]},{"role":"model","parts":[{"text":"a cat"}]}]}`
	w.Upload(t, bucket, "images.jsonl", image, nil)
	request := tuning.Request{TrainingData: "gs://test-data/images.jsonl", BaseModel: "qwen/qwen3@qwen3-4b"}
	_, err := w.Start(t.Context(), order(request))
	e := fault.From(err)
	if e.Kind != fault.InvalidArgument || e.Reason != "KNOWN_TO_FAIL" || len(e.Violations) != 1 || e.Violations[0].Reason != "MODALITY" {
		t.Fatalf("Start = %+v", e)
	}
	w.wantRefused(t, e, 0)
	plan, err := w.DryRun(t.Context(), order(request))
	if err != nil || len(plan.Refusals) != 1 || plan.Refusals[0].Reason != "MODALITY" {
		t.Errorf("a dry run refuses %+v, %v", plan.Refusals, err)
	}
	request.Force = true
	forced := w.start(t, order(request))
	if !strings.Contains(strings.Join(forced.Warnings, "\n"), `Tried because of "force"`) {
		t.Errorf("warnings %q", forced.Warnings)
	}
	if n := len(w.OnVertex(t)); n != 1 {
		t.Errorf("%d jobs on Vertex AI, want the forced one", n)
	}
}
