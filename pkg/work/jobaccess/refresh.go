// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobaccess

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/google/store"
)

// Refresh reads an unfinished job from Vertex AI if its record is at least StatusMaxAge old. If
// that fails, it returns the record unchanged with a warning, because old information is more
// useful than an error.
func (s *Service) Refresh(ctx context.Context, r store.Record) (store.Record, string) {
	if r.Finished || r.Name == "" || r.Age(s.Now()) < s.Config.StatusMaxAge {
		return r, ""
	}
	if !s.refreshed.due(r.ID, s.Now(), s.Config.StatusMaxAge) {
		return r, ""
	}
	const stale = "Vertex AI could not be asked just now; this is what it said at updated_at."
	seen, err := s.Vertex.Get(ctx, r.Name)
	if err != nil {
		s.refreshed.forget(r.ID)
		s.Log.WarnContext(ctx, "the job was not refreshed", "job_id", r.ID, "error", err)
		return r, stale
	}
	fresh, err := s.Records.Apply(ctx, r, seen)
	if err != nil {
		s.refreshed.forget(r.ID)
		s.Log.WarnContext(ctx, "the refreshed job was not recorded", "job_id", r.ID, "error", err)
		return r, stale
	}
	return fresh, ""
}

// refreshTimes has the time at which this instance last read each job from Vertex AI. A record is
// written only when its job has changed, so without these times a job that does not change would be
// read from Vertex AI for every request.
type refreshTimes struct {
	mu sync.Mutex
	at map[string]time.Time // by the job's ID
}

// maxRemembered limits the number of jobs in refreshTimes. A job takes about 100 bytes.
const maxRemembered = 10_000

// due reports whether the job was last read at least maxAge ago. If so, it sets that time to now.
func (a *refreshTimes) due(id string, now time.Time, maxAge time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := func(_ string, at time.Time) bool { return now.Sub(at) >= maxAge }
	if at, ok := a.at[id]; ok && !old(id, at) {
		return false
	}
	if len(a.at) >= maxRemembered {
		if maps.DeleteFunc(a.at, old); len(a.at) >= maxRemembered {
			clear(a.at) // then some jobs are read once more than necessary
		}
	}
	if a.at == nil {
		a.at = map[string]time.Time{}
	}
	a.at[id] = now
	return true
}

// forget makes the next request read the job again, because this attempt failed.
func (a *refreshTimes) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.at, id)
}
