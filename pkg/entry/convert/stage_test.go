// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/googleapis/gax-go/v2/callctx"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// cut returns a context that is cancelled at the n-th call to Cloud Storage (before the call takes
// effect, or after), and a function that returns the number of these calls.
func cut(ctx context.Context, w *world, n int64, after bool) (context.Context, func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	var calls atomic.Int64
	w.OnAny(func(ctx context.Context, c faults.Call, do faults.Do) error {
		if c.Service != faults.Storage || calls.Add(1) != n {
			return do(ctx)
		}
		if after {
			_ = do(ctx)
		}
		cancel()
		return faults.ErrCut
	})
	return ctx, calls.Load
}

// short breaks the connection after left bytes.
type short struct {
	http.ResponseWriter
	callsLeft int
}

func (s *short) Write(p []byte) (int, error) {
	if len(p) > s.callsLeft {
		_, _ = s.ResponseWriter.Write(p[:s.callsLeft])
		panic(http.ErrAbortHandler)
	}
	s.callsLeft -= len(p)
	return s.ResponseWriter.Write(p)
}

// actorHeader names the actor of a call. gRPC allows no capital letters.
const actorHeader = "x-test-actor"

// stage makes the calls of actors to Cloud Storage one at a time, in an order that the test
// chooses.
type stage struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting map[string]chan struct{} // actors with a waiting call
	ended   map[string]bool
	calls   map[string]int
}

func newStage(actors ...string) *stage {
	s := &stage{waiting: map[string]chan struct{}{}, ended: map[string]bool{}, calls: map[string]int{}}
	s.changed = sync.NewCond(&s.mu)
	for _, a := range actors {
		s.ended[a] = false
	}
	return s
}

// enter waits until it is the actor's turn.
func (s *stage) enter(actor string) {
	turn := make(chan struct{})
	s.mu.Lock()
	s.waiting[actor] = turn
	s.calls[actor]++
	s.changed.Broadcast()
	s.mu.Unlock()
	<-turn
}

func (s *stage) end(actor string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[actor] = true
	s.changed.Broadcast()
}

// direct releases one call at a time, until all actors have ended. choose selects one of the
// waiting actors.
func (s *stage) direct(choose func(waiting []string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var ready []string
		settled := true
		for actor, ended := range s.ended {
			if ended {
				continue
			}
			if s.waiting[actor] == nil {
				settled = false
				break
			}
			ready = append(ready, actor)
		}
		if !settled {
			s.changed.Wait()
			continue
		}
		if len(ready) == 0 {
			return
		}
		actor := choose(ready)
		close(s.waiting[actor])
		delete(s.waiting, actor)
	}
}

// onStage sends the calls of actors through their stages; other calls pass.
func (w *world) onStage(stages *sync.Map) {
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		run, actor, ok := strings.Cut(r.Header.Get(actorHeader), "/")
		if ok {
			if s, there := stages.Load(run); there {
				s.(*stage).enter(actor)
			}
		}
		next.ServeHTTP(rw, r)
	})
}

func asActor(ctx context.Context, run, actor string) context.Context {
	return callctx.SetHeaders(ctx, actorHeader, run+"/"+actor)
}

// schedule prefers one actor for a number of calls, then the other, and so on: bit n of order is
// the n-th choice.
func schedule(order uint64) func([]string) string {
	return func(ready []string) string {
		first := "a"
		if order&1 == 1 {
			first = "b"
		}
		order >>= 1
		for _, actor := range ready {
			if actor == first {
				return actor
			}
		}
		return ready[0]
	}
}
