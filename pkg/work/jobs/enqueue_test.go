// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// file writes an object and returns an order to train on this generation of it.
func (w *world) file(t *testing.T, name, content string) jobs.StartRequest {
	t.Helper()
	attrs := w.Upload(t, bucket, name, content, nil)
	uri := "gs://" + bucket + "/" + name
	return jobs.StartRequest{
		Request: tuning.Request{TrainingData: uri, TrainingGeneration: attrs.Generation},
		Caller:  uri, Key: strconv.FormatInt(attrs.Generation, 10),
	}
}

func (w *world) enqueue(t *testing.T, o jobs.StartRequest) tuning.Job {
	t.Helper()
	job, err := w.Enqueue(t.Context(), o)
	if err != nil {
		t.Fatalf("Enqueue: %v", err)
	}
	return job
}

// alpaca is a file in another format, with a blank line in it.
const alpaca = `{"instruction":"q1","output":"a1"}` + "\n\n" + `{"instruction":"q2","output":"a2"}` + "\n"

func TestEnqueue(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, alpaca); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a.json": alpaca, "a.jsonl.gz": packed.String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.file(t, name, content)
			job := w.enqueue(t, o)
			if r := w.onlyRecord(t); r.ID != job.ID || r.Step != tuning.Preparing || r.Leased(w.Now()) || r.StartedBy != o.Caller {
				t.Errorf("the record is at %s, leased %v, of %q", r.Step, r.Leased(w.Now()), r.StartedBy)
			}
			if n := w.Count("CreateTuningJob") + w.named(t, "datasets/"); n != 0 {
				t.Errorf("%d calls were made before a tick", n)
			}
			w.tick(t)
			r := w.one(t)
			if got := w.dataset(t, r.Job); got != line("q1", "a1")+line("q2", "a2") || r.Pairs != 2 || r.State != tuning.Pending {
				t.Errorf("%s is trained on %q, %d pairs", r.State, got, r.Pairs)
			}
			want := []sourceindex.Source{
				{Object: o.TrainingData, Generation: o.TrainingGeneration, Line: 1},
				{Object: o.TrainingData, Generation: o.TrainingGeneration, Line: 3},
			}
			if diff := cmp.Diff(want, w.sources(t, r.Job)); diff != "" {
				t.Errorf("the index of sources (-want +got):\n%s", diff)
			}
			if s := r.Lineage.Sources; len(s) != 1 || s[0].Generation != o.TrainingGeneration {
				t.Errorf("the lineage names %+v", s)
			}
		})
	}
}

// sources reads the index of a job with two examples.
func (w *world) sources(t *testing.T, job tuning.Job) (all []sourceindex.Source) {
	t.Helper()
	in, name, _ := tuning.ParseURI(job.Lineage.Index)
	index, _ := w.Object(t, in, name)
	found, err := sourceindex.Find(strings.NewReader(index), []int64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	return append(all, found[1], found[2])
}

// TestEnqueue_once: a key is one start, whenever and however often it is used, and with any
// request.
func TestEnqueue_once(t *testing.T) {
	t.Parallel()
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		o := w.file(t, "a.json", alpaca)
		first := w.enqueue(t, o)
		other := o
		other.BaseModel, other.Hyperparameters.EpochCount = "gemini-0.0-none", new(int64(-1))
		for _, o := range []jobs.StartRequest{o, other} {
			if job := w.enqueue(t, o); job.ID != first.ID {
				t.Errorf("job %s, and then %s", first.ID, job.ID)
			}
		}
		w.tick(t)
		if job := w.enqueue(t, o); job.ID != first.ID || job.State != tuning.Pending {
			t.Errorf("job %s, and after its submission %s in %s", first.ID, job.ID, job.State)
		}
		w.one(t)
	})
	t.Run("at_once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		o := w.file(t, "a.json", alpaca)
		var all sync.WaitGroup
		var ids sync.Map
		for range 8 {
			all.Go(func() {
				job, err := w.Enqueue(t.Context(), o)
				if err != nil {
					t.Errorf("Enqueue: %v", err)
				}
				ids.Store(job.ID, true)
			})
		}
		all.Wait()
		r := w.onlyRecord(t)
		ids.Range(func(id, _ any) bool {
			if id != r.ID {
				t.Errorf("a caller got job %v, but the record is %s", id, r.ID)
			}
			return true
		})
	})
	t.Run("answer_lost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		o := w.file(t, "a.json", alpaca)
		w.On("Commit", faults.First(1, faults.Lose(codes.Internal)))
		job := w.enqueue(t, o)
		if r := w.onlyRecord(t); r.ID != job.ID {
			t.Errorf("job %s, but the record is %s", job.ID, r.ID)
		}
	})
}

func TestEnqueue_refused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*world, *jobs.StartRequest)
		kind    fault.Kind
		message string
	}{
		"invalid": {
			func(_ *world, o *jobs.StartRequest) { o.Hyperparameters.EpochCount = new(int64(0)) },
			fault.InvalidArgument, "epoch_count",
		},
		"catalogue": {
			func(_ *world, o *jobs.StartRequest) {
				o.BaseModel, o.Hyperparameters.AdapterSize = "gemini-3.1-flash-lite", new(int64(32))
			},
			fault.InvalidArgument, "adapter_size",
		},
		"unknown_model": {
			func(_ *world, o *jobs.StartRequest) { o.ModelID = "none" },
			fault.NotFound, "none",
		},
		"full": {
			func(w *world, _ *jobs.StartRequest) {
				w.Config.MaxQueuedJobs = 1
				w.record(t, func(*tuning.Job) {})
			},
			fault.ResourceExhausted, "The queue is full: ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.file(t, "a.json", alpaca)
			tt.change(w, &o)
			before := len(w.Recorded(t))
			_, err := w.Enqueue(t.Context(), o)
			if fault.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("Enqueue = %v (kind %v), want kind %v", err, fault.KindOf(err), tt.kind)
			}
			if n := len(w.Recorded(t)); n != before {
				t.Errorf("%d records, want %d", n, before)
			}
			if heals := fault.ShouldRedeliver(err); heals != (tt.kind == fault.ResourceExhausted) {
				t.Errorf("the error can be retried: %v", heals)
			}
		})
	}
}

// TestEnqueue_fails: an error that the poller finds while it prepares the job is the job's failure.
func TestEnqueue_fails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		after   func(*testing.T, *world)
		message string
	}{
		"replaced":    {func(t *testing.T, w *world) { t.Helper(); w.Upload(t, bucket, "a.json", alpaca+alpaca, nil) }, "was replaced or deleted"},
		"deleted":     {func(t *testing.T, w *world) { t.Helper(); w.Remove(t, bucket, "a.json") }, "was replaced or deleted"},
		"over_budget": {func(_ *testing.T, w *world) { w.Config.Budget.Ceiling = usd.Amount(1) }, "the ceiling of this service"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.file(t, "a.json", alpaca)
			o.BaseModel = "gemini-3.1-flash-lite"
			o.Hyperparameters.EpochCount = new(int64(3))
			w.enqueue(t, o)
			tt.after(t, w)
			w.tick(t)
			r := w.onlyRecord(t)
			if r.State != tuning.Failed || r.Failure == nil || !strings.Contains(r.Failure.Message, tt.message) {
				t.Errorf("the record is in %s, %+v", r.State, r.Failure)
			}
			if n := len(w.OnVertex(t)); n != 0 {
				t.Errorf("%d jobs on Vertex AI", n)
			}
		})
	}
}

func TestBaseModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(t, "models/m", fields{"base_model": "gemini-2.5-pro"})
	for _, tt := range []struct {
		name string
		r    tuning.Request
		want string
	}{
		{"default", tuning.Request{}, baseModel},
		{"request", tuning.Request{BaseModel: "gemini-3.1-flash-lite", ModelID: "m"}, "gemini-3.1-flash-lite"},
		{"model", tuning.Request{ModelID: "m"}, "gemini-2.5-pro"},
	} {
		if got, err := w.BaseModel(t.Context(), tt.r); got != tt.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	if _, err := w.BaseModel(t.Context(), tuning.Request{ModelID: "none"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a missing model: %v", err)
	}
}
