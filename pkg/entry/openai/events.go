// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// eventView is an event in OpenAI's shape.
type eventView struct {
	Object    string    `json:"object"`
	ID        string    `json:"id"`
	CreatedAt int64     `json:"created_at"`
	Level     string    `json:"level"`
	Message   string    `json:"message"`
	Type      string    `json:"type"`
	Data      eventData `json:"data"`
}

type eventData struct {
	Status tuning.State `json:"status,omitempty"`
}

const info, warn, failure = "info", "warn", "error"

func viewEvent(id string, at time.Time, level, message string, state tuning.State) eventView {
	return eventView{
		Object: "fine_tuning.job.event", ID: "ftevent-" + id, CreatedAt: at.Unix(), Level: level, Message: message, Type: "message",
		Data: eventData{state},
	}
}

// events returns the events of a job, the newest first. The warnings about the start follow as
// events, because OpenAI's types have no other place for them.
func (s *Service) events(r *http.Request, id string) (any, error) {
	record, err := s.find(r.Context(), id)
	if err != nil {
		return nil, err
	}
	j := record.Job
	var all []eventView
	for i, text := range s.viewJob(j).Warnings {
		all = append(all, viewEvent(fmt.Sprintf("%s-warning-%d", j.ID, i+1), j.CreatedAt, warn, text, ""))
	}
	for _, e := range j.Events {
		level, message := sentence(e)
		all = append(all, viewEvent(j.EventID(e), e.Time, level, message, e.To))
	}
	slices.Reverse(all)
	p := parameters(r.URL.Query(), []string{"limit", "after"})
	return pageOf(p, all, usualJobs, func(e eventView) string { return e.ID })
}

// sentence describes an event.
func sentence(e tuning.Event) (level, message string) {
	switch e.Type {
	case tuning.Created:
		return info, "The job was created."
	case tuning.CancelRequested:
		return info, "The cancellation of the job was requested."
	case tuning.Stalled:
		return warn, "The job has not changed for a long time, or has exceeded its timeout."
	}
	switch e.To {
	case tuning.Queued:
		return info, "The job waits in the queue."
	case tuning.Pending:
		return info, "Vertex AI has accepted the job."
	case tuning.Running:
		return info, "The training is running."
	case tuning.Paused:
		return warn, "The job is paused."
	case tuning.Cancelling:
		return info, "The job is being cancelled."
	case tuning.Cancelled:
		return info, "The job was cancelled."
	case tuning.Succeeded:
		return info, "The job has succeeded. The tuned model is served by " + tunedModel(tuning.Job{
			State: tuning.Succeeded, TunedEndpoint: e.TunedEndpoint, TunedModel: e.TunedModel,
		}) + "."
	case tuning.Failed:
		if e.Failure != nil {
			return failure, "The job has failed. " + fieldNames.Replace(e.Failure.Message)
		}
		return failure, "The job has failed."
	default:
		return info, "The state of the job has changed."
	}
}

// checkpointView is a checkpoint in OpenAI's shape.
type checkpointView struct {
	Object    string            `json:"object"`
	ID        string            `json:"id"`
	CreatedAt int64             `json:"created_at"`
	Model     string            `json:"fine_tuned_model_checkpoint"`
	JobID     string            `json:"fine_tuning_job_id"`
	Metrics   checkpointMetrics `json:"metrics"`
	Step      int64             `json:"step_number"`
}

// checkpointMetrics are the metrics of a checkpoint. They are known after the job's end. Vertex AI
// evaluates with all validation data.
type checkpointMetrics struct {
	Step          int64    `json:"step"`
	TrainLoss     *float64 `json:"train_loss,omitempty"`
	TrainAccuracy *float64 `json:"train_mean_token_accuracy,omitempty"`
	EvalLoss      *float64 `json:"full_valid_loss,omitempty"`
	EvalAccuracy  *float64 `json:"full_valid_mean_token_accuracy,omitempty"`
}

// checkpoints returns the checkpoints of a job, the newest first. When a checkpoint was written is
// not known, so each has the time at which the job ended, or at which its record last changed.
func (s *Service) checkpoints(r *http.Request, id string) (any, error) {
	record, err := s.find(r.Context(), id)
	if err != nil {
		return nil, err
	}
	at := record.EndedAt
	if at.IsZero() {
		at = record.UpdatedAt
	}
	var all []checkpointView
	for _, c := range record.Checkpoints {
		all = append(all, checkpointView{
			Object: "fine_tuning.job.checkpoint", ID: "ftckpt_" + record.ID + "-" + c.ID, CreatedAt: at.Unix(), Model: c.Endpoint,
			JobID: jobPrefix + record.ID, Step: c.Step,
			Metrics: checkpointMetrics{c.Step, c.TrainLoss, c.TrainAccuracy, c.EvalLoss, c.EvalAccuracy},
		})
	}
	slices.Reverse(all)
	const usual = 10
	p := parameters(r.URL.Query(), []string{"limit", "after"})
	return pageOf(p, all, usual, func(c checkpointView) string { return c.ID })
}
