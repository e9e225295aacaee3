// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// jobStatus is the answer of GET /job-status/JOB_NAME.
type jobStatus struct {
	listedJob
	TrainingData    string                 `json:"training_data"`
	PairsCount      int64                  `json:"training_pairs_count"`
	Hyperparameters tuning.Hyperparameters `json:"hyperparameters"`
	ValidationData  string                 `json:"validation_data,omitempty"`
	ValidationCount int64                  `json:"validation_examples_count,omitempty"`
	PreTunedModel   string                 `json:"pre_tuned_model,omitempty"`
	TuningMode      string                 `json:"tuning_mode,omitempty"`
	OutputURI       string                 `json:"output_uri,omitempty"`
	VertexState     string                 `json:"vertex_state,omitempty"`
	StartedAt       string                 `json:"started_at,omitempty"`
	EndedAt         string                 `json:"ended_at,omitempty"`
	Failure         *tuning.Failure        `json:"error,omitempty"`
	TunedEndpoint   string                 `json:"tuned_endpoint,omitempty"`
	Checkpoints     []tuning.Checkpoint    `json:"checkpoints,omitempty"`
	Stats           *tuning.Stats          `json:"stats,omitempty"`
	Warnings        []string               `json:"warnings,omitempty"`
	LeftOut         *tuning.LeftOut        `json:"left_out,omitempty"`
	Priority        int64                  `json:"priority,omitempty"`
	QueuePosition   int                    `json:"queue_position,omitempty"`
	StatusDetail    string                 `json:"status_detail,omitempty"`
	CancelRequested *wish                  `json:"cancel_requested,omitempty"`
	StalledAt       string                 `json:"stalled_at,omitempty"`
	aftermath
}

// wish is who wanted something, and since when.
type wish struct {
	By string `json:"by"`
	At string `json:"at"`
}

func wishOf(w *tuning.Wish) *wish {
	if w == nil {
		return nil
	}
	return &wish{By: w.By, At: stamp(w.At)}
}

// jobName is a resource name, or its last segment alone.
var jobName = regexp.MustCompile(`^(projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/(tuningJobs|trainingPipelines)/)?[A-Za-z0-9_-]{1,128}$`)

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
	return a.Records.FindJob(ctx, name)
}

func (a *API) statusOf(ctx context.Context, job tuning.Job) jobStatus {
	after, warnings := a.after(ctx, job)
	return jobStatus{
		listedJob: a.listed(job), TrainingData: job.TrainingData, PairsCount: job.Pairs,
		Hyperparameters: job.Hyperparameters, ValidationData: job.Spec.ValidationData, ValidationCount: job.Lineage.Validation,
		PreTunedModel: job.Spec.PreTunedModel, TuningMode: job.Spec.TuningMode, OutputURI: job.Spec.OutputURI, VertexState: job.VertexState,
		StartedAt: stamp(job.StartedAt), EndedAt: stamp(job.EndedAt), Failure: job.Failure,
		TunedEndpoint: job.TunedEndpoint, Checkpoints: job.Checkpoints, Stats: job.Stats,
		Warnings: append(slices.Clip(job.Warnings), warnings...),
		LeftOut:  job.LeftOut, Priority: job.Priority, QueuePosition: a.position(ctx, job), StatusDetail: job.Detail,
		CancelRequested: wishOf(job.CancelRequested), StalledAt: stamp(job.StalledAt), aftermath: after,
	}
}

// refresh asks Vertex AI about an unfinished job whose record is old. If Vertex AI does not answer, the
// record is answered as it is, with a warning: what we know is worth more than an error.
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
		a.Log.WarnContext(ctx, "job not refreshed", "job_id", r.ID, "error", err)
		return r, stale
	}
	fresh, err := a.Records.Apply(ctx, r, seen)
	if err != nil {
		a.asked.forget(r.ID)
		a.Log.WarnContext(ctx, "refreshed job not written", "job_id", r.ID, "error", err)
		return r, stale
	}
	return fresh, ""
}

// asked is when this instance last asked Vertex AI about a job. A record tells only when there was news: without
// this, a job that stays as it is would be asked about at every look at it.
type asked struct {
	mu sync.Mutex
	at map[string]time.Time // by the job's ID
}

// mostAsked bounds what is remembered: some 100 bytes a job.
const mostAsked = 10_000

// due reports whether the last time is as long ago as maxAge, and if so takes now for it.
func (a *asked) due(id string, now time.Time, maxAge time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := func(_ string, at time.Time) bool { return now.Sub(at) >= maxAge }
	if at, ok := a.at[id]; ok && !old(id, at) {
		return false
	}
	if len(a.at) >= mostAsked {
		if maps.DeleteFunc(a.at, old); len(a.at) >= mostAsked {
			clear(a.at) // then some are asked about once more than they need to
		}
	}
	if a.at == nil {
		a.at = map[string]time.Time{}
	}
	a.at[id] = now
	return true
}

// forget lets the next look ask again, as Vertex AI has not answered.
func (a *asked) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.at, id)
}
