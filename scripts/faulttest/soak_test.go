// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const (
	// soakTime is how long TestSoak runs if FAULT_TIME is not set.
	soakTime = 5 * time.Second
	// One in odds calls fails.
	odds = 15
)

// TestSoak plays scenarios with several faults, at random calls and of random kinds. Faults also
// happen while the system recovers from earlier ones.
func TestSoak(t *testing.T) {
	seed, _ := chance(t)
	lasting := soakTime
	if text := os.Getenv("FAULT_TIME"); text != "" {
		var err error
		if lasting, err = time.ParseDuration(text); err != nil {
			t.Fatalf("FAULT_TIME: %v", err)
		}
	}
	end := time.Now().Add(lasting)
	out := newTable()
	var all sync.WaitGroup
	for n := range uint64(workers) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, n))
			for i := 0; time.Now().Before(end); i++ {
				s := scenarios[random.IntN(len(scenarios))]
				name := fmt.Sprintf("%s/%d.%d", s.name, n, i)
				t.Run(name, func(t *testing.T) { soak(t, s, random, end, out) })
			}
		})
	}
	all.Wait()
	t.Logf("\n| %d runs with several faults each in %s, FAULT_SEED=%d: %s", out.runs, lasting, seed, out.sum())
}

// soak plays a scenario repeatedly in one world.
func soak(t *testing.T, s scenario, random *rand.Rand, end time.Time, out *table) {
	t.Helper()
	w := open(t, s)
	defer shut(t, w)
	for len(w.old) < worn && time.Now().Before(end) && !t.Failed() {
		r := &run{world: w, t: t}
		h := &havoc{scenario: s, random: random}
		h.play(r, out)
	}
}

// havoc injects faults at random.
type havoc struct {
	scenario scenario

	mu     sync.Mutex
	random *rand.Rand
	kinds  []string // kinds that happened, in order
	done   []string // the same, with their calls
}

// play plays a run, and logs its faults if it fails.
func (h *havoc) play(r *run, out *table) {
	defer func() {
		out.add(r.outcome(true), h.kinds...)
		if r.t.Failed() {
			r.t.Logf("what went wrong: %s", strings.Join(h.done, ", "))
		}
	}()
	r.play(h.choose)
}

// choose returns the fault at a call, or nil.
func (h *havoc) choose(c faults.Call) *kind {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.random.IntN(odds) > 0 {
		return nil
	}
	k := kinds[h.random.IntN(len(kinds))]
	// Slow faults are rare, as they would use up most of the time.
	if k.slow && h.random.IntN(5) > 0 || k.happensAt != nil && !k.happensAt(h.scenario, c) {
		return nil
	}
	h.kinds, h.done = append(h.kinds, k.name), append(h.done, c.String()+" "+k.name)
	return &k
}
