// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// workers is the number of worlds at the same time. They mostly wait for leases to expire and for
// jobs to end.
const workers = 12

// A run makes one in share of all injections by default, and one in shortShare with -short.
const (
	share      = 48
	shortShare = 400
)

// injection is a fault at one call of a scenario.
type injection struct {
	scenario scenario
	point    faults.Call
	kind     kind
}

// TestFaults counts the calls of each scenario. Then it plays the scenario again for each call and
// each kind of fault.
func TestFaults(t *testing.T) {
	seed, random := chance(t)
	var all []injection
	calls := map[string]int{}
	for _, s := range scenarios {
		points := count(t, s)
		calls[s.name] = len(points)
		for _, k := range kinds {
			for _, p := range points {
				if k.happensAt == nil || k.happensAt(s, p) {
					all = append(all, injection{s, p, k})
				}
			}
		}
	}
	if t.Failed() {
		return
	}
	chosen := sample(all, random)
	out := newTable()
	began := time.Now()
	work(t, chosen, out)
	var counted []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		counted = append(counted, fmt.Sprintf("%s %d", name, calls[name]))
	}
	out.log(t, "calls counted: "+strings.Join(counted, ", "),
		fmt.Sprintf("%d of %d faults injected in %.0f s, FAULT_SEED=%d", len(chosen), len(all), time.Since(began).Seconds(), seed))
}

// chance returns the seed and the random source of a run.
func chance(t *testing.T) (uint64, *rand.Rand) {
	t.Helper()
	seed := rand.Uint64N(1e6)
	if text := os.Getenv("FAULT_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("FAULT_SEED: %v", err)
		}
	}
	return seed, rand.New(rand.NewPCG(seed, 0))
}

// count plays a scenario without faults and returns its calls.
func count(t *testing.T, s scenario) (points []faults.Call) {
	t.Helper()
	t.Run(s.name+"/counted", func(t *testing.T) {
		w := open(t, s.unhurried())
		r := &run{world: w, t: t}
		w.faults.Begin(func(ctx context.Context, c faults.Call, do func(context.Context) error) error {
			return r.watched(c, do)(ctx)
		})
		s.play(r)
		points = w.faults.Calls()
		if !r.settled(r.records()) {
			t.Error("the scenario stops before its end, so not all calls were counted")
		}
		r.recover()
		r.check()
		if err := w.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return points
}

func open(t *testing.T, s scenario) *world {
	t.Helper()
	w, err := newWorld(context.Background(), s) // the world outlives the run for which it is opened
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// sample takes every n-th injection, so that each kind of fault and each range of calls is
// represented.
func sample(all []injection, random *rand.Rand) []injection {
	n := share
	switch {
	case os.Getenv("FAULTS") == "all":
		return all
	case testing.Short():
		n = shortShare
	}
	var chosen []injection
	for i := random.IntN(n); i < len(all); i += n {
		chosen = append(chosen, all[i])
	}
	return chosen
}

// work makes the injections, those of one scenario in sequence, in as many worlds as there are
// workers.
func work(t *testing.T, todo []injection, out *table) {
	t.Helper()
	next := atomic.Int64{}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			var w *world
			for {
				i := int(next.Add(1)) - 1
				if i >= len(todo) {
					break
				}
				w = inject(t, w, todo[i], out)
			}
			shut(t, w)
		})
	}
	all.Wait()
}

// worn is how many jobs of earlier runs a world may hold, as each job makes Vertex AI's list
// longer.
const worn = 60

// inject plays one scenario with one fault. It uses the given world if that is still usable, and
// returns the world for the next run.
func inject(t *testing.T, w *world, in injection, out *table) *world {
	t.Helper()
	ok := t.Run(strings.Join([]string{in.scenario.name, in.point.String(), in.kind.name}, "/"), func(t *testing.T) {
		if w != nil && (w.scenario.name != in.scenario.name || len(w.old) > worn) {
			shut(t, w)
			w = nil
		}
		if w == nil {
			w = open(t, in.scenario)
		}
		r := &run{world: w, t: t}
		var hit atomic.Bool
		defer func() { out.add(r.outcome(hit.Load()), in.kind.name) }()
		r.play(func(c faults.Call) *kind {
			if c.String() == in.point.String() && !hit.Swap(true) {
				return &in.kind
			}
			return nil
		})
	})
	if !ok { // the state of this world is unknown
		shut(t, w)
		return nil
	}
	return w
}

func shut(t *testing.T, w *world) {
	t.Helper()
	if w == nil {
		return
	}
	if err := w.close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// outcome classifies the result of a run.
func (r *run) outcome(hit bool) outcome {
	switch {
	case r.t.Failed():
		return violated
	case !hit:
		return missed
	}
	states := map[string]bool{}
	for _, rec := range r.final {
		states[rec.State] = true
	}
	switch {
	case states[failed] || r.refusals > 0:
		return recorded
	case len(r.final) == 0 && !r.scenario.files:
		return nothing
	case r.repeated.Load():
		return recovered
	default:
		return unharmed
	}
}
