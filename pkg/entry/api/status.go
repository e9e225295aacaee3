// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// jobName matches a resource name, or its last segment alone.
var jobName = lazyregexp.New(`^(projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/(tuningJobs|trainingPipelines)/)?[A-Za-z0-9_-]{1,128}$`)

func (a *API) status(r *http.Request, name string) (any, error) {
	record, err := a.find(r.Context(), name)
	if fault.KindOf(err) == fault.NotFound {
		return a.legacy(r.Context(), name, err)
	}
	if err != nil {
		return nil, err
	}
	record, warning := a.refresh(r.Context(), record)
	status := a.statusOf(r.Context(), record.Job)
	if warning != "" {
		status.Warnings = append(slices.Clip(status.Warnings), warning)
	}
	return status, nil
}

// find returns the record of the job that a path names.
func (a *API) find(ctx context.Context, name string) (store.Record, error) {
	if !jobName.MatchString(name) {
		return store.Record{}, fault.Invalid(fault.Violation{
			Field: "job_name", Reason: "INVALID_JOB_NAME",
			Description: "must be projects/P/locations/L/tuningJobs/N, raw or percent-encoded, or N alone.",
		})
	}
	record, err := a.Records.FindJob(ctx, name)
	if err == nil && !a.isOurs(name, record) {
		return store.Record{}, fault.New(fault.NotFound, "There is no job %s.", name)
	}
	return record, err
}

// project matches the project in a resource name.
var project = lazyregexp.New(`^projects/([^/]+)/`)

// isOurs reports whether a name has the job's location and one of its projects: this service's
// project, or the project in the recorded name, which Vertex AI may write as a number.
func (a *API) isOurs(name string, r store.Record) bool {
	if location, full := tuning.Location(name); full && r.Location != "" && location != r.Location {
		return false
	}
	asked := project.FindStringSubmatch(name)
	if asked == nil || asked[1] == a.Config.Project {
		return true
	}
	recorded := project.FindStringSubmatch(r.Name)
	return recorded != nil && recorded[1] == asked[1]
}

// statusOf returns the response about a job, with its queue position if it is queued, and its
// newest evaluation.
func (a *API) statusOf(ctx context.Context, job tuning.Job) jobview.Status {
	status := a.Presenter.Status(ctx, job)
	status.QueuePosition, status.Evaluation = a.position(ctx, job), a.evaluated(ctx, job)
	return status
}

// refresh reads an unfinished job from Vertex AI if its record is at least StatusMaxAge old. If
// that fails, it returns the record unchanged with a warning, because old information is more
// useful than an error.
func (a *API) refresh(ctx context.Context, r store.Record) (store.Record, string) {
	if r.Finished || r.Name == "" || r.Age(a.Now()) < a.Config.StatusMaxAge {
		return r, ""
	}
	if !a.asked.due(r.ID, a.Now(), a.Config.StatusMaxAge) {
		return r, ""
	}
	const stale = "Vertex AI could not be asked just now; this is what it said at updated_at."
	seen, err := a.Vertex.Get(ctx, r.Name)
	if err != nil {
		a.asked.forget(r.ID)
		a.Log.WarnContext(ctx, "the job was not refreshed", "job_id", r.ID, "error", err)
		return r, stale
	}
	fresh, err := a.Records.Apply(ctx, r, seen)
	if err != nil {
		a.asked.forget(r.ID)
		a.Log.WarnContext(ctx, "the refreshed job was not recorded", "job_id", r.ID, "error", err)
		return r, stale
	}
	return fresh, ""
}

// asked contains when this instance last read each job from Vertex AI. A record is written only
// when its job has changed, so without these times a job that does not change would be read from
// Vertex AI for every request.
type asked struct {
	mu sync.Mutex
	at map[string]time.Time // by the job's ID
}

// mostAsked limits the number of jobs in memory. A job takes about 100 bytes.
const mostAsked = 10_000

// due reports whether the job was last read at least maxAge ago. If so, it sets that time to now.
func (a *asked) due(id string, now time.Time, maxAge time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := func(_ string, at time.Time) bool { return now.Sub(at) >= maxAge }
	if at, ok := a.at[id]; ok && !old(id, at) {
		return false
	}
	if len(a.at) >= mostAsked {
		if maps.DeleteFunc(a.at, old); len(a.at) >= mostAsked {
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
func (a *asked) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.at, id)
}
