// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package jobview presents a job to its callers, over HTTP and in the report object: the content
// of its record, and conclusions from it.
package jobview

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/remedy"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// Presenter presents jobs.
type Presenter struct {
	Objects   *gcs.Store
	Catalogue catalogue.Provider
	// Bucket is the bucket to which reports are written.
	Bucket string
	// RemedyContext has the values that are filled into the commands of a remedy.
	RemedyContext remedy.Context
	Log           *slog.Logger
	Now           func() time.Time
}

// Summary is a job in a list.
type Summary struct {
	JobID       string            `json:"job_id"`
	JobName     string            `json:"job_name"`
	DisplayName string            `json:"display_name"`
	Status      tuning.State      `json:"status"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"`
	BaseModel   string            `json:"base_model"`
	StartedBy   string            `json:"started_by,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	TunedModel  string            `json:"tuned_model,omitempty"`
}

// Summary returns the entry of a job in a list.
func (t *Presenter) Summary(j tuning.Job) Summary {
	return Summary{
		JobID: j.ID, JobName: j.PublicName(t.RemedyContext.Project), DisplayName: j.DisplayName, Status: j.State,
		CreatedAt: FormatTime(j.CreatedAt), UpdatedAt: FormatTime(j.UpdatedAt),
		BaseModel: j.BaseModel, StartedBy: j.StartedBy, Labels: j.Spec.Labels, TunedModel: j.TunedModel,
	}
}

// Evaluation is the newest evaluation of a job. The result is nil until it has succeeded.
type Evaluation struct {
	ID    string        `json:"id"`
	State evalrun.State `json:"state"`
	*evalrun.Result
}

// Promotion is what became of the promotion that a start asked for.
type Promotion struct {
	State  promotion.State `json:"state"`
	If     promotion.Gate  `json:"if"`
	Gain   *promotion.Gain `json:"gain,omitempty"`
	Detail string          `json:"detail,omitempty"` // why the model was not promoted
	// Version is the number of the model's version that was made.
	Version int64  `json:"version,omitempty"`
	At      string `json:"at,omitempty"`
}

func promotionOf(job tuning.Job) *Promotion {
	if job.PromoteIf == nil {
		return nil
	}
	p := &Promotion{State: promotion.Waiting, If: *job.PromoteIf}
	switch o := job.Promotion; {
	case o != nil:
		p.State, p.Gain, p.Detail, p.Version, p.At = o.State, o.Gain, o.Detail, o.Version, FormatTime(o.At)
	case job.Finished && !job.AwaitsPromotion():
		p.State, p.Detail = promotion.NotPromoted, "The job has not succeeded."
	}
	return p
}

// Status is everything that callers can learn about a job.
type Status struct {
	Summary
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
	Best            *Best                  `json:"best_checkpoint,omitempty"` // of a job that has succeeded
	Evaluation      *Evaluation            `json:"evaluation,omitempty"`      // package api fills it in
	Promotion       *Promotion             `json:"promotion,omitempty"`       // if the start asked for it
	Stats           *tuning.Stats          `json:"stats,omitempty"`
	Warnings        []string               `json:"warnings,omitempty"`
	LeftOut         *tuning.LeftOut        `json:"left_out,omitempty"`
	Priority        int64                  `json:"priority,omitempty"`
	QueuePosition   int                    `json:"queue_position,omitempty"` // package api fills it in
	StatusDetail    string                 `json:"status_detail,omitempty"`
	CancelRequested *Wish                  `json:"cancel_requested,omitempty"`
	StalledAt       string                 `json:"stalled_at,omitempty"`
	Report          string                 `json:"report,omitempty"`       // gs:// URI, if the job has ended
	RetunedFrom     string                 `json:"retuned_from,omitempty"` // the ID of a job
	// Retirement says that the base model of a tuned model retires soon.
	Retirement *catalogue.Notice `json:"retirement,omitempty"`
	outcome
}

// Wish says who requested a cancellation and when. The reason is set if the rule for stalled jobs
// requested it.
type Wish struct {
	By     string `json:"by"`
	At     string `json:"at"`
	Reason string `json:"reason,omitempty"`
}

func wishOf(w *tuning.CancelRequest) *Wish {
	if w == nil {
		return nil
	}
	return &Wish{By: w.By, At: FormatTime(w.At), Reason: w.Reason}
}

// Status returns the status of a job. Times are RFC 3339 in UTC.
func (t *Presenter) Status(ctx context.Context, job tuning.Job) Status {
	after, warnings := t.after(ctx, job)
	s := Status{
		Summary: t.Summary(job), TrainingData: job.TrainingData, PairsCount: job.Pairs,
		Hyperparameters: job.Hyperparameters, ValidationData: job.Spec.ValidationData, ValidationCount: job.Lineage.Validation,
		PreTunedModel: job.Spec.PreTunedModel, TuningMode: job.Spec.TuningMode, OutputURI: job.Spec.OutputURI, VertexState: job.VertexState,
		StartedAt: FormatTime(job.StartedAt), EndedAt: FormatTime(job.EndedAt), Failure: job.Failure,
		TunedEndpoint: job.TunedEndpoint, Checkpoints: job.Checkpoints, Best: BestCheckpoint(job), Stats: job.Stats, Promotion: promotionOf(job),
		Warnings: append(slices.Clip(job.Warnings), warnings...),
		LeftOut:  job.LeftOut, Priority: job.Priority, StatusDetail: job.Detail,
		CancelRequested: wishOf(job.CancelRequested), StalledAt: FormatTime(job.StalledAt), RetunedFrom: job.RetunedFrom,
		outcome: after,
	}
	s.Retirement = t.Retirement(ctx, job)
	if job.Finished {
		s.Report = gcs.URI(t.Bucket, reportOf(job))
	}
	return s
}

// Retirement returns the notice that the base model of a tuned model retires soon, or nil.
func (t *Presenter) Retirement(ctx context.Context, job tuning.Job) *catalogue.Notice {
	if job.State != tuning.Succeeded {
		return nil
	}
	return t.Catalogue.Current(ctx).Notice(job.BaseModel, t.Now())
}

// timeFormat is RFC 3339 in UTC with microseconds.
const timeFormat = "2006-01-02T15:04:05.000000Z"

// FormatTime returns a time as text, or "" for the zero time.
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeFormat)
}
