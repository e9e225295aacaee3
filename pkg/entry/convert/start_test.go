// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// TestStartByMetadata: the job has the values of the metadata.
func TestStartByMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.dropWith(t, "folder/a.json", good, wishes(
		"Epoch_Count", "3", "adapter-size", "4", "learning-rate-multiplier", "0.5", "display-name", "Ann's", "label-team", "support",
		"priority", "7", "timeout", "3600s", "cancel-when-stalled", "true", "max-cost-usd", "5", "made-by", "somebody else"))
	if outcome := w.handle(t, source); outcome != convert.Converted {
		t.Errorf("outcome %s", outcome)
	}
	recorded := w.one(t)
	if recorded.Step != tuning.Preparing || recorded.Leased(time.Now()) || len(w.generations(t)) > 0 {
		t.Errorf("the job is at %s, leased %v", recorded.Step, recorded.Leased(time.Now()))
	}
	if diff := cmp.Diff(&convert.Start{JobID: recorded.ID}, w.reportedStart(t, source.Name)); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	if text := w.text(t, source.Name).Content; !strings.HasSuffix(text, "\nIts tuning job:\n\n    "+recorded.ID+"\n") {
		t.Errorf("the report for people ends with %q", text[max(0, len(text)-100):])
	}
	w.tick(t)
	job := w.one(t)
	want := tuning.Job{
		State: tuning.Pending, BaseModel: baseModel, DisplayName: "Ann's", StartedBy: "gs://test-inbox/folder/a.json", Pairs: 1, Priority: 7,
		Timeout: time.Hour, CancelWhenStalled: true, Spec: tuning.Spec{APIVersion: "v1", Labels: map[string]string{"team": "support"}},
		Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3)), AdapterSize: new(int64(4)), LearningRateMultiplier: new(0.5)},
	}
	got := tuning.Job{
		State: job.State, BaseModel: job.BaseModel, DisplayName: job.DisplayName, StartedBy: job.StartedBy, Pairs: job.Pairs, Priority: job.Priority,
		Timeout: job.Timeout, CancelWhenStalled: job.CancelWhenStalled, Spec: job.Spec, Hyperparameters: job.Hyperparameters,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[int64]int{source.Generation: 1}, w.generations(t)); diff != "" {
		t.Errorf("on Vertex AI, by generation (-want +got):\n%s", diff)
	}
}

// TestNoStart: a file that asks for no start has no job, and its report mentions none.
func TestNoStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.dropWith(t, "a.json", good, map[string]string{"epoch-count": "many", "fine-tuned": "start"})
	w.handle(t, source)
	w.holds(t, source, good)
	refused := w.dropWith(t, "b.json", bad, wishes())
	w.handle(t, refused)
	w.holds(t, refused, bad)
	if n := len(w.Recorded(t)); n > 0 {
		t.Errorf("%d jobs are recorded", n)
	}
}

// TestStartOrders delivers the events of a file and of its manifest in every order.
func TestStartOrders(t *testing.T) {
	t.Parallel()
	const manifest = `{"hyperparameters": {"epoch_count": 2}, "display_name": "by manifest"}`
	both := func(t *testing.T, w *world) (convert.Source, convert.Source) {
		t.Helper()
		return w.drop(t, "a.json", good), w.drop(t, "a.json.fine-tune.json", manifest)
	}
	tests := map[string]func(t *testing.T, w *world) (said []convert.Outcome){
		"file_first": func(t *testing.T, w *world) []convert.Outcome {
			t.Helper()
			file, manifest := both(t, w)
			return []convert.Outcome{w.handle(t, file), w.handle(t, manifest)}
		},
		"manifest_first": func(t *testing.T, w *world) []convert.Outcome {
			t.Helper()
			file, manifest := both(t, w)
			if _, err := w.Convert(t.Context(), manifest); err == nil {
				t.Error("the manifest of a file that is not converted yet: no error, so its event would be lost")
			}
			return []convert.Outcome{w.handle(t, file), w.handle(t, manifest)}
		},
		"manifest_before_its_file": func(t *testing.T, w *world) []convert.Outcome {
			t.Helper()
			manifest := w.drop(t, "a.json.fine-tune.json", manifest)
			said := w.handle(t, manifest)
			return []convert.Outcome{w.handle(t, w.drop(t, "a.json", good)), said}
		},
		"manifest_after_the_report": func(t *testing.T, w *world) []convert.Outcome {
			t.Helper()
			file := w.drop(t, "a.json", good)
			said := w.handle(t, file)
			w.holds(t, file, good)
			return []convert.Outcome{said, w.handle(t, w.drop(t, "a.json.fine-tune.json", manifest))}
		},
		"manifest_wins_over_metadata": func(t *testing.T, w *world) []convert.Outcome {
			t.Helper()
			file := w.dropWith(t, "a.json", good, wishes("epoch-count", "9"))
			manifest := w.drop(t, "a.json.fine-tune.json", manifest)
			return []convert.Outcome{w.handle(t, file), w.handle(t, manifest)}
		},
	}
	for name, play := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			said := play(t, w)
			want := []convert.Outcome{convert.Converted, convert.Started}
			if name == "manifest_before_its_file" {
				want[1] = convert.Waiting
			}
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("outcomes of file and manifest (-want +got):\n%s", diff)
			}
			job := w.one(t)
			if epochs := job.Hyperparameters.EpochCount; epochs == nil || *epochs != 2 || job.DisplayName != "by manifest" {
				t.Errorf("the job is %q with %v epochs", job.DisplayName, epochs)
			}
			start := w.reportedStart(t, "a.json")
			if start == nil || start.JobID != job.ID || !strings.HasPrefix(start.Manifest, "gs://test-inbox/a.json.fine-tune.json#") {
				t.Errorf("the report says %+v of job %s", start, job.ID)
			}
			if w.report(t, "a.json.fine-tune.json") != nil {
				t.Error("the manifest was converted")
			}
		})
	}
}

// TestStart_once delivers the events of two generations of a file, and of two generations of its
// manifest, in a random order and more than once, until all are handled. Each combination has at
// most one job, and the last combination has one.
func TestStart_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		name := fmt.Sprintf("%d.json", seed)
		var pending []convert.Source
		deliverSome := func() { // deliver some of the events, maybe again
			for range random.IntN(4) {
				if len(pending) > 0 {
					_, _ = w.Convert(t.Context(), pending[random.IntN(len(pending))]) // a repeated delivery
				}
			}
		}
		drops := []func() convert.Source{
			func() convert.Source { return w.dropWith(t, name, good, wishes()) },
			func() convert.Source { return w.drop(t, name+".fine-tune.json", `{"priority": 1}`) },
			func() convert.Source { return w.dropWith(t, name, better, wishes()) },
			func() convert.Source { return w.drop(t, name+".fine-tune.json", `{"priority": 2}`) },
		}
		random.Shuffle(len(drops), func(i, j int) { drops[i], drops[j] = drops[j], drops[i] })
		for _, drop := range drops {
			pending = append(pending, drop())
			deliverSome()
		}
		last := map[bool]int64{} // newest generation of the file (false) and of its manifest (true)
		for round := range 2 {
			for _, source := range pending {
				isManifest := strings.HasSuffix(source.Name, ".fine-tune.json")
				last[isManifest] = max(last[isManifest], source.Generation)
				if _, err := w.Convert(t.Context(), source); err != nil && round == 1 {
					t.Errorf("%s failed, although its file is converted: %v", source.Name, err)
				}
			}
		}
		w.onceEach(t, name, last[false], last[true])
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// onceEach checks the jobs that a file has started, given the newest generations of the file and
// its manifest.
func (w *world) onceEach(t *testing.T, name string, file, manifest int64) {
	t.Helper()
	start := w.reportedStart(t, name)
	if want := fmt.Sprintf("gs://test-inbox/%s.fine-tune.json#%d", name, manifest); start == nil || start.Manifest != want || start.JobID == "" {
		t.Errorf("the report says %+v, want a job of %s", start, want)
		return
	}
	seen := map[string]bool{}
	for _, job := range w.Recorded(t) {
		if job.StartedBy != "gs://test-inbox/"+name {
			continue
		}
		r, err := tuning.DecodeRequest(job.Request)
		if err != nil {
			t.Fatal(err)
		}
		combination := fmt.Sprintf("generation %d with priority %d", r.TrainingGeneration, r.Priority)
		if seen[combination] {
			t.Errorf("%s was started twice", combination)
		}
		seen[combination] = true
		if job.ID == start.JobID && r.TrainingGeneration != file {
			t.Errorf("the report on generation %d names a job on %s", file, combination)
		}
	}
}

// TestStart_trains_on_the_file: in every format and compression, the index names the file's line
// for each line of the dataset.
func TestStart_trains_on_the_file(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, "\n"+`{"prompt":"q","completion":"a"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	source := w.dropWith(t, "a.jsonl.gz", packed.String(), wishes())
	w.handle(t, source)
	w.tick(t)
	job := w.one(t)
	in, name, _ := tuning.ParseURI(job.Lineage.Index)
	if in != data {
		t.Fatalf("the index is %q of job in %s, %+v", job.Lineage.Index, job.State, job.Failure)
	}
	content, _ := w.Object(t, data, name)
	found, err := sourceindex.Find(strings.NewReader(content), []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	want := sourceindex.Source{Object: "gs://test-inbox/a.jsonl.gz", Generation: source.Generation, Line: 2}
	if diff := cmp.Diff(want, found[1]); diff != "" {
		t.Errorf("source of the example (-want +got):\n%s", diff)
	}
}
