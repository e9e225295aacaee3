// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// paces limits how often each caller starts jobs. Each instance has its own counts: they stop a
// client that runs out of control. The quota of Vertex AI and the budgets limit the costs.
type paces struct {
	mu      sync.Mutex
	callers map[string]*rate.Limiter
}

// paced limits each caller to StartsPerMinute jobs and evaluations per minute, which may come all
// at once. A start that fails permanently does not count.
func paced[T any](ctx context.Context, a *API, start func() (T, error)) (started T, err error) {
	return pacedFor(callerOf(ctx), a, start)
}

// pacedFor is paced for a caller who is not in a context.
func pacedFor[T any](caller string, a *API, start func() (T, error)) (started T, err error) {
	giveBack, err := a.starts.admit(caller, a.Config.StartsPerMinute, a.Now())
	if err != nil {
		return started, err
	}
	started, err = start()
	if err != nil && !fault.ShouldRedeliver(err) {
		giveBack()
	}
	return started, err
}

func (p *paces) admit(caller string, perMinute uint, now time.Time) (giveBack func(), err error) {
	if perMinute == 0 {
		return func() {}, nil
	}
	limiter := p.limiterOf(caller, perMinute, now)
	reservation := limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return func() { limiter.AllowN(now, -1) }, nil // a reservation for now cannot be cancelled any more
	}
	reservation.CancelAt(now)
	full := fault.New(fault.ResourceExhausted, "%s may start %d jobs a minute. Try again later.", caller, perMinute)
	full.Reason, full.RetryAfter = "START_RATE", wait
	return nil, full
}

// limiterOf returns the limiter of a caller. It removes the limiters of callers who have not
// started a job for a minute.
func (p *paces) limiterOf(caller string, perMinute uint, now time.Time) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter := p.callers[caller]
	if limiter != nil {
		return limiter
	}
	if p.callers == nil {
		p.callers = map[string]*rate.Limiter{}
	}
	for name, other := range p.callers {
		if other.TokensAt(now) >= float64(perMinute) {
			delete(p.callers, name)
		}
	}
	limiter = rate.NewLimiter(rate.Every(time.Minute/time.Duration(perMinute)), int(perMinute))
	p.callers[caller] = limiter
	return limiter
}
