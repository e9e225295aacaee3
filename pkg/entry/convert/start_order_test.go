// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// startedBy returns the requests of the jobs that a file has started, by the metadata or the
// manifest that asked for them.
func (w *world) startedBy(t *testing.T, file string) map[string]int {
	t.Helper()
	count := map[string]int{}
	for _, job := range w.Recorded(t) {
		if job.StartedBy != "gs://test-inbox/"+file {
			continue
		}
		r, err := tuning.DecodeRequest(job.Request)
		if err != nil {
			t.Fatal(err)
		}
		count[fmt.Sprintf("%d with priority %d", r.TrainingGeneration, r.Priority)]++
	}
	return count
}

// TestStart_cut_at_every_call cancels the function at each of its calls to Cloud Storage, also
// between the start and the report, and delivers the event again. There is one job, and the report
// names it.
func TestStart_cut_at_every_call(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"metadata", "manifest", "late_manifest"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s_after_%t", by, after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				for n := int64(1); ; n++ {
					file := fmt.Sprintf("%d.json", n)
					w.OnAny(nil)
					source := w.dropWith(t, file, good, map[string]map[string]string{"metadata": wishes("priority", "1")}[by])
					if by == "late_manifest" {
						w.handle(t, source)
					}
					event := source
					if by != "metadata" {
						manifest := w.drop(t, file+".fine-tune.json", `{"priority": 1}`)
						if by == "late_manifest" {
							event = manifest
						}
					}
					ctx, calls := cut(t.Context(), w, n, after)
					outcome, err := w.Convert(ctx, event)
					if calls() >= n && err == nil {
						t.Errorf("cut at call %d: %s, want an error", n, outcome)
					}
					w.OnAny(nil)
					w.handle(t, event)
					want := fmt.Sprintf("%d with priority 1", source.Generation)
					if got := w.startedBy(t, file); len(got) != 1 || got[want] != 1 {
						t.Errorf("cut at call %d: jobs %v, want one of %s", n, got, want)
					}
					if start := w.reportedStart(t, file); start == nil || start.JobID == "" || start.Earlier != nil {
						t.Errorf("cut at call %d: the report says %+v", n, start)
					}
					if calls() < n {
						return
					}
				}
			})
		}
	}
}

// TestManifest_at_once handles the events of a file and of its manifest at the same time, with
// their calls to Cloud Storage in one order after the other. The manifest exists from the
// beginning, or is dropped between the calls. A failed event is delivered again. There is one job,
// and the report names it.
func TestManifest_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stages sync.Map
	w.onStage(&stages)
	for _, duringStart := range []bool{false, true} {
		t.Run(fmt.Sprintf("dropped_amid_%t", duringStart), func(t *testing.T) {
			t.Parallel()
			for _, order := range orders(6) {
				run := fmt.Sprintf("%t-%x", duringStart, order)
				file := run + ".json"
				source := w.drop(t, file, good)
				var manifest convert.Source
				put := func() { manifest = w.drop(t, file+".fine-tune.json", `{"priority": 1}`) }
				if !duringStart {
					put()
				}
				s := newStage("a", "b")
				stages.Store(run, s)
				var all sync.WaitGroup
				all.Go(func() {
					defer s.end("a")
					if _, err := w.Convert(asActor(t.Context(), run, "a"), source); err != nil {
						t.Errorf("file: %v", err)
					}
				})
				taken := false
				all.Go(func() {
					defer s.end("b")
					if duringStart {
						s.enter("b")
						put()
					}
					_, err := w.Convert(asActor(t.Context(), run, "b"), manifest)
					taken = err == nil
				})
				s.direct(schedule(order))
				all.Wait()
				if !taken {
					w.handle(t, manifest)
				}
				if got, want := w.startedBy(t, file), fmt.Sprintf("%d with priority 1", source.Generation); len(got) != 1 || got[want] != 1 {
					t.Errorf("jobs %v, want one of %s", got, want)
				}
				if start := w.reportedStart(t, file); start == nil || start.JobID == "" {
					t.Errorf("the report says %+v", start)
				}
				if t.Failed() {
					t.Fatalf("the calls were let through in the order %b", order)
				}
			}
		})
	}
}

// TestReplaced_while_started_late: a file is replaced while the event of the older generation's
// manifest writes its reports. In the end all outputs belong to the newer generation.
func TestReplaced_while_started_late(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stages sync.Map
	w.onStage(&stages)
	for _, order := range orders(6) {
		run := fmt.Sprintf("%x", order)
		file := run + ".json"
		older := w.drop(t, file, good)
		w.handle(t, older)
		manifest := w.drop(t, file+".fine-tune.json", `{"priority": 1}`)
		s := newStage("a", "b")
		stages.Store(run, s)
		var newer convert.Source
		var all sync.WaitGroup
		redeliver := false
		all.Go(func() {
			defer s.end("a")
			_, err := w.Convert(asActor(t.Context(), run, "a"), manifest)
			redeliver = err != nil
		})
		all.Go(func() {
			defer s.end("b")
			s.enter("b")
			newer = w.drop(t, file, better)
			if _, err := w.Convert(asActor(t.Context(), run, "b"), newer); err != nil {
				t.Errorf("newer file: %v", err)
			}
		})
		s.direct(schedule(order))
		all.Wait()
		if redeliver {
			w.handle(t, manifest)
		}
		start, got := w.reportedStart(t, file), w.startedBy(t, file)
		if got[fmt.Sprintf("%d with priority 1", newer.Generation)] != 1 || start == nil || start.JobID == "" || start.Earlier != nil {
			t.Errorf("jobs %v, the report says %+v; want one of generation %d", got, start, newer.Generation)
		}
		for name, object := range map[string]*stored{"report": w.report(t, file), "text": w.text(t, file), "dataset": w.dataset(t, file)} {
			if object == nil || object.Source != newer.Generation {
				t.Errorf("the %s is %+v, want one of generation %d", name, object, newer.Generation)
			}
		}
		if t.Failed() {
			t.Fatalf("the calls were let through in the order %b", order)
		}
	}
}
