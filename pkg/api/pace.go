// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vertextune/vertextune/pkg/fault"
)

// paces is how often each caller has started jobs of late. It is this instance's own: it stops a client that
// runs wild, while what may be spent is the matter of Vertex AI's quota.
type paces struct {
	mu      sync.Mutex
	callers map[string]*rate.Limiter
}

// paced lets each caller through as often a minute as is set, all at once or spread.
func (a *API) paced(next handler) handler {
	return func(r *http.Request) (any, error) {
		if err := a.starts.take(callerOf(r.Context()), a.Config.StartsPerMinute, a.Now()); err != nil {
			return nil, err
		}
		return next(r)
	}
}

func (p *paces) take(caller string, perMinute uint, now time.Time) error {
	if perMinute == 0 {
		return nil
	}
	reservation := p.of(caller, perMinute, now).ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	err := fault.New(fault.ResourceExhausted, "%s may start %d jobs a minute. Try again later.", caller, perMinute)
	err.Reason, err.RetryAfter = "START_RATE", wait
	return err
}

// of returns the limiter of a caller. Those of callers who have not started anything for a minute are let go.
func (p *paces) of(caller string, perMinute uint, now time.Time) *rate.Limiter {
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
