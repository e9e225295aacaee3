// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// TestTwo_generations_at_once handles the events of two generations of a file at the same time,
// with their calls to Cloud Storage in one order after the other. The file is replaced between the
// calls for the older generation. In the end the dataset and the report must belong to the newer
// one.
func TestTwo_generations_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stages sync.Map
	w.onStage(&stages)
	pairs := map[string][2]string{
		"good_good": {good, better}, "good_bad": {good, bad}, "bad_good": {bad, good}, "bad_bad": {bad, bad + " "},
	}
	for name, pair := range pairs {
		for _, before := range []string{"", good} { // the output of an old event
			t.Run(fmt.Sprintf("%s_after_%t", name, before != ""), func(t *testing.T) {
				t.Parallel()
				for _, order := range orders(4) {
					run := fmt.Sprintf("%s-%t-%x", name, before != "", order)
					file := run + ".json"
					if before != "" {
						w.convert(t, file, before)
					}
					newer := w.twoGenerations(t, &stages, run, file, pair, order)
					w.holds(t, newer, pair[1])
					if t.Failed() {
						t.Fatalf("the order of the calls was %b", order)
					}
				}
			})
		}
	}
}

// twoGenerations drops the older file and handles its event (actor a); at the first turn of b it
// drops the newer file and handles its event.
func (w *world) twoGenerations(t *testing.T, stages *sync.Map, run, file string, pair [2]string, order uint64) convert.Source {
	older := w.drop(t, file, pair[0])
	s := newStage("a", "b")
	stages.Store(run, s)
	defer stages.Delete(run)
	var newer convert.Source
	var all sync.WaitGroup
	all.Go(func() {
		defer s.end("a")
		if outcome, err := w.Convert(asActor(t.Context(), run, "a"), older); err != nil {
			t.Errorf("older generation: %s, %v", outcome, err)
		}
	})
	all.Go(func() {
		defer s.end("b")
		s.enter("b")
		newer = w.drop(t, file, pair[1])
		if outcome, err := w.Convert(asActor(t.Context(), run, "b"), newer); err != nil || outcome == convert.Gone {
			t.Errorf("newer generation: %s, %v", outcome, err)
		}
	})
	s.direct(schedule(order))
	all.Wait()
	if s.calls["a"] == 0 || s.calls["b"] < 4 {
		t.Fatalf("the stage saw %v calls: it controls nothing", s.calls)
	}
	return newer
}

// orders returns a sample of orders: one actor after the other, alternating actors, one change of
// actor at every place, and n random ones.
func orders(n int) []uint64 {
	out := []uint64{0, 1<<63 - 1, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa}
	for place := 1; place < 12; place++ {
		out = append(out, 1<<place-1, ^uint64(0)<<place)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range n {
		out = append(out, random.Uint64())
	}
	return out
}

// TestSame_event_at_once delivers one event twice at the same time.
func TestSame_event_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stages sync.Map
	w.onStage(&stages)
	for name, content := range map[string]string{"good": good, "bad": bad} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range orders(4) {
				run := fmt.Sprintf("%s-%x", name, order)
				source := w.drop(t, run+".json", content)
				s := newStage("a", "b")
				stages.Store(run, s)
				var all sync.WaitGroup
				for _, actor := range []string{"a", "b"} {
					all.Go(func() {
						defer s.end(actor)
						if outcome, err := w.Convert(asActor(t.Context(), run, actor), source); err != nil || outcome == convert.Gone {
							t.Errorf("%s: %s, %v", actor, outcome, err)
						}
					})
				}
				s.direct(schedule(order))
				all.Wait()
				w.holds(t, source, content)
			}
		})
	}
}

// TestCut_at_every_call cancels the function at each of its calls, before the call takes effect and
// after, and delivers the event again, as Eventarc does.
func TestCut_at_every_call(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"good": better, "bad": bad} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s_after_%t", name, after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				for n := int64(1); ; n++ {
					file := fmt.Sprintf("%d.json", n)
					w.OnAny(nil)
					w.convert(t, file, good) // an output to replace
					source := w.drop(t, file, content)
					ctx, calls := cut(t.Context(), w, n, after)
					outcome, err := w.Convert(ctx, source)
					if calls() < n {
						if err != nil {
							t.Errorf("not cut: %s, %v", outcome, err)
						}
						if n < 5 {
							t.Errorf("there were only %d calls", calls())
						}
						return
					}
					if err == nil {
						t.Errorf("cut at call %d: %s, want an error", n, outcome)
					}
					w.OnAny(nil)
					if outcome, err := w.Convert(t.Context(), source); err != nil {
						t.Errorf("delivered again after a cut at call %d: %s, %v", n, outcome, err)
					}
					w.holds(t, source, content)
				}
			})
		}
	}
}

// TestWriters_that_never_stop: an event that loses every conflict fails, and is delivered again.
func TestWriters_that_never_stop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.drop(t, "a.json", good)
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost {
			http.Error(rw, `{"error":{"code":412,"message":"At least one of the pre-conditions you specified did not hold."}}`, http.StatusPreconditionFailed)
			return
		}
		next.ServeHTTP(rw, r)
	})
	if err := w.Handle(t.Context(), event(t, source)); err == nil {
		t.Error("Handle: no error, so the event would be lost")
	}
}
