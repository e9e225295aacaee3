// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// TestStart_refused: both reports describe a refused start with all its faults; the file is still
// converted.
func TestStart_refused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		metadata map[string]string
		manifest string
		settings func(*world)
		status   string
		want     []string // each as field and reason
	}{
		"another_wish":   {map[string]string{"fine-tune": "now"}, "", nil, "INVALID_ARGUMENT", []string{"fine-tune UNKNOWN_WISH"}},
		"bad_number":     {wishes("epoch-count", "Xylophon"), "", nil, "INVALID_ARGUMENT", []string{"epoch-count INVALID_TYPE"}},
		"out_of_range":   {wishes("epoch-count", "0"), "", nil, "INVALID_ARGUMENT", []string{"epoch-count OUT_OF_RANGE"}},
		"all_at_once":    {wishes("epochs", "3", "force", "maybe"), "", nil, "INVALID_ARGUMENT", []string{"epochs UNKNOWN_FIELD", "force INVALID_TYPE"}},
		"unknown_model":  {wishes("model-id", "none"), "", nil, "NOT_FOUND", []string{"model-id UNKNOWN_MODEL"}},
		"retired_model":  {wishes("base-model", "gemini-2.0-flash-001"), "", nil, "INVALID_ARGUMENT", nil},
		"bad_manifest":   {nil, `{"hyperparameters": {"epoch_count": "Xylophon"}}`, nil, "INVALID_ARGUMENT", []string{"hyperparameters.epoch_count INVALID_TYPE"}},
		"no_json":        {nil, `Xylophon`, nil, "INVALID_ARGUMENT", []string{" SYNTAX"}},
		"manifest_range": {nil, `{"priority": 5000}`, nil, "INVALID_ARGUMENT", []string{"priority OUT_OF_RANGE"}},
		"data_of_its_own": {
			nil, `{"session_id": "s"}`, nil, "INVALID_ARGUMENT", []string{"session_id NOT_IN_MANIFEST"},
		},
		"long_manifest": {nil, `{"display_name": "` + strings.Repeat("x", 1<<20) + `"}`, nil, "INVALID_ARGUMENT", nil},
		"bad_manifest_over_good_metadata": {
			wishes(), `{"epochs": 3}`, nil, "INVALID_ARGUMENT", []string{"epochs UNKNOWN_FIELD"},
		},
		"starts_are_off":             {wishes(), "", func(w *world) { w.Config.DropStarts = false }, "FAILED_PRECONDITION", nil},
		"starts_are_off_by_manifest": {nil, `{}`, func(w *world) { w.Config.DropStarts = false }, "FAILED_PRECONDITION", nil},
	}
	for name, tt := range tests {
		for _, late := range []bool{false, true} { // whether the manifest arrives after the file
			if late && tt.manifest == "" {
				continue
			}
			t.Run(name+map[bool]string{true: "_late"}[late], func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				var log bytes.Buffer
				w.Converter.Log = slog.New(slog.NewTextHandler(&log, nil))
				if tt.settings != nil {
					tt.settings(w)
				}
				metadata := tt.metadata
				if late {
					metadata = nil
				}
				events := []convert.Source{w.dropWith(t, "a.json", good, metadata)}
				if late {
					w.handle(t, events[0])
				}
				if tt.manifest != "" {
					events = append(events, w.drop(t, "a.json.fine-tune.json", tt.manifest))
				}
				for _, e := range events {
					if err := w.Handle(t.Context(), event(t, e)); err != nil {
						t.Errorf("Handle = %v, although a retry is useless", err)
					}
				}
				w.refused(t, events[0], tt.status, tt.want)
				if !strings.Contains(log.String(), "the start was refused") || strings.Contains(log.String(), "Xylophon") {
					t.Errorf("the log does not say that the start was refused, or says too much:\n%s", &log)
				}
			})
		}
	}
}

// refused fails the test unless the file was converted and its reports say why there is no job.
func (w *world) refused(t *testing.T, source convert.Source, status string, want []string) {
	t.Helper()
	if w.dataset(t, source.Name) == nil {
		t.Error("there is no dataset")
	}
	start := w.reportedStart(t, source.Name)
	if start == nil || start.Error == nil || start.JobID != "" {
		t.Fatalf("the report says %+v", start)
	}
	if start.Error.Status != status || start.Error.Message == "" || start.Error.Code/100 != 4 {
		t.Errorf("the report says %d %s %q, want %s", start.Error.Code, start.Error.Status, start.Error.Message, status)
	}
	text := w.text(t, source.Name).Content
	if !strings.Contains(text, "\n## No tuning job was started\n\n    "+start.Error.Message+"\n") {
		t.Errorf("the report for people does not say %q:\n%s", start.Error.Message, text)
	}
	var got []string
	for _, v := range start.Error.Violations {
		got = append(got, v.Field+" "+v.Reason)
		if !strings.Contains(text, "\n    "+v.Field+": "+v.Description+"\n") {
			t.Errorf("the report for people does not say %+v:\n%s", v, text)
		}
	}
	if want != nil {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("violations (-want +got):\n%s", diff)
		}
	}
	if n := len(w.Recorded(t)); n > 0 {
		t.Errorf("%d jobs are recorded", n)
	}
}

// TestStart_off_says_nothing: with DROP_STARTS=false, the report on a file without a start does not
// mention starts.
func TestStart_off_says_nothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Config.DropStarts = false
	source := w.drop(t, "a.json", good)
	w.handle(t, source)
	w.holds(t, source, good)
}

// TestStart_of_nothing: a manifest of a refused file, of no file, or that was replaced starts
// nothing.
func TestStart_of_nothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file, manifest := w.drop(t, "a.json", bad), w.drop(t, "a.json.fine-tune.json", `{}`)
	if said := []convert.Outcome{w.handle(t, file), w.handle(t, manifest)}; said[0] != convert.Refused || said[1] != convert.Refused {
		t.Errorf("a file that is refused: %s", said)
	}
	w.holds(t, file, bad)
	if said := w.handle(t, w.drop(t, "none.json.fine-tune.json", `{}`)); said != convert.Waiting {
		t.Errorf("a manifest of no file: %s", said)
	}
	replaced := w.drop(t, "b.json.fine-tune.json", `{}`)
	w.drop(t, "b.json.fine-tune.json", `{"priority": 1}`)
	w.handle(t, w.drop(t, "b.json", good))
	if said := w.handle(t, replaced); said != convert.Gone {
		t.Errorf("a manifest that was replaced: %s", said)
	}
	if job := w.one(t); job.StartedBy != "gs://test-inbox/b.json" || job.Priority != 1 {
		t.Errorf("job of %s with priority %d", job.StartedBy, job.Priority)
	}
}

// TestStart_of_another_generation: a manifest starts a job on the present generation of the file,
// once that is converted, and not on an earlier one.
func TestStart_of_another_generation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.handle(t, w.drop(t, "a.json", good))
	newer, manifest := w.drop(t, "a.json", better), w.drop(t, "a.json.fine-tune.json", `{}`)
	if said, err := w.Convert(t.Context(), manifest); err == nil {
		t.Errorf("%s, although the newer file is not converted yet", said)
	}
	w.handle(t, newer)
	w.handle(t, manifest)
	w.tick(t)
	if diff := cmp.Diff(map[int64]int{newer.Generation: 1}, w.generations(t)); diff != "" || len(w.Recorded(t)) != 1 {
		t.Errorf("%d jobs; on Vertex AI, by generation (-want +got):\n%s", len(w.Recorded(t)), diff)
	}
}

// TestRequest_of_the_newer_file: if a newer file arrives during the conversion of an older one, its
// start does not use the older one.
func TestRequest_of_the_newer_file(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	older := w.drop(t, "a.json", good)
	var newer convert.Source
	var once sync.Once
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(rw, r)
		if strings.HasSuffix(r.URL.Query().Get("name"), "/dataset.jsonl") {
			once.Do(func() { newer = w.dropWith(t, "a.json", better, wishes()) })
		}
	})
	w.handle(t, older)
	if n := len(w.Recorded(t)); n > 0 || newer.Generation == 0 {
		t.Errorf("%d jobs after the older file's event", n)
	}
	w.handle(t, newer)
	if start := w.reportedStart(t, "a.json"); start == nil || start.JobID != w.one(t).ID {
		t.Errorf("the report says %+v", start)
	}
}

// TestStart_queue_full: while the queue is full, the report of a file is delayed.
func TestStart_queue_full(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Jobs.Config.MaxQueuedJobs = 1
	w.handle(t, w.dropWith(t, "a.json", good, wishes()))
	second := w.dropWith(t, "b.json", good, wishes())
	if err := w.Handle(t.Context(), event(t, second)); err == nil {
		t.Error("Handle: no error, so the start would be lost")
	}
	if w.report(t, "b.json") != nil || len(w.Recorded(t)) != 1 {
		t.Errorf("there is a report, or %d jobs", len(w.Recorded(t)))
	}
	w.tick(t) // submits the first job
	if err := w.Handle(t.Context(), event(t, second)); err != nil {
		t.Errorf("Handle: %v, although there is room", err)
	}
	if start := w.reportedStart(t, "b.json"); start.JobID == "" || len(w.Recorded(t)) != 2 {
		t.Errorf("the report says %+v, of %d jobs", start, len(w.Recorded(t)))
	}
}

// TestStartBudget: if the cost exceeds the budget, the poller finds it when it prepares the job,
// and the job fails.
func TestStartBudget(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cost    string
		ceiling usd.Amount
		want    tuning.State
	}{
		"affordable":       {"5", 0, tuning.Pending},
		"over_its_own":     {"0.000001", 0, tuning.Failed},
		"over_the_ceiling": {"5", 1, tuning.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.poller.Jobs.Config.Budget.Ceiling = tt.ceiling
			w.handle(t, w.dropWith(t, "a.json", good, wishes("epoch-count", "3", "max-cost-usd", tt.cost)))
			w.tick(t)
			if job := w.one(t); job.State != tt.want || job.State == tuning.Failed && !strings.Contains(job.Failure.Message, "This job may cost") {
				t.Errorf("the job is in %s, %+v", job.State, job.Failure)
			}
		})
	}
}

// TestLimitsOfTheModel: a file is checked against the limits of its model.
func TestLimitsOfTheModel(t *testing.T) {
	t.Parallel()
	long := strings.ReplaceAll(good, `"q"`, `"`+strings.Repeat("word ", 9000)+`"`) // over 8192 tokens
	const open = "meta/llama3_1@llama-3.1-8b"
	w := newWorld(t)
	w.Put(t, "models/m", map[string]any{"base_model": open})
	for name, tt := range map[string]struct {
		metadata map[string]string
		manifest string
		of       string
		warnings int64
	}{
		"default":             {nil, "", baseModel, 0},
		"metadata":            {wishes("base-model", open), "", open, 1},
		"manifest":            {wishes(), `{"base_model": "` + open + `"}`, open, 1},
		"model":               {wishes("model-id", "m"), "", open, 1},
		"not_understood":      {wishes("base-model", open, "epochs", "3"), "", baseModel, 0},
		"model_that_is_not":   {wishes("model-id", "none"), "", baseModel, 0},
		"of_no_known_limits":  {wishes("base-model", "gemini-9-ultra"), "", "", 0},
		"without_a_wish":      {map[string]string{"base-model": open}, "", baseModel, 0},
		"name_of_a_publisher": {wishes("base-model", "publishers/meta/models/llama3_1@llama-3.1-8b"), "", open, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := name + ".json"
			if tt.manifest != "" {
				w.drop(t, file+".fine-tune.json", tt.manifest)
			}
			w.handle(t, w.dropWith(t, file, long, tt.metadata))
			report := w.whole(t, file)
			if report.LimitsOf != tt.of || report.Result.Warnings != tt.warnings {
				t.Errorf("limits of %q, %d warnings; want %q, %d", report.LimitsOf, report.Result.Warnings, tt.of, tt.warnings)
			}
			if says := strings.Contains(w.text(t, file).Content, "against the limits of `"+tt.of+"`"); says != (tt.of != "") {
				t.Errorf("the report for people says whose limits: %v", says)
			}
		})
	}
}
