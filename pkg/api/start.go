// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// started is the answer of POST /start.
type started struct {
	Message     string          `json:"message"`
	JobInfo     jobInfo         `json:"job_info"`
	PairsCount  int64           `json:"training_pairs_count"`
	MergedPairs int64           `json:"merged_pairs_count,omitempty"`
	LeftOut     *tuning.LeftOut `json:"left_out,omitempty"`
	Warnings    []string        `json:"warnings,omitempty"`
	// QueuePosition and StatusDetail say of a job that waits how many are ahead of it and why it waits.
	QueuePosition int    `json:"queue_position,omitempty"`
	StatusDetail  string `json:"status_detail,omitempty"`
}

type jobInfo struct {
	JobName         string                 `json:"job_name"`
	DisplayName     string                 `json:"display_name"`
	BaseModel       string                 `json:"base_model"`
	Status          tuning.State           `json:"status"`
	CreatedAt       string                 `json:"created_at"`
	TrainingData    string                 `json:"training_data_path"`
	Hyperparameters tuning.Hyperparameters `json:"hyperparameters"`
}

func (a *API) start(r *http.Request) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	request := tuning.Request{
		MessageIDs:   f.texts("message_ids"),
		SessionID:    f.text("session_id"),
		ModelID:      f.text("model_id"),
		BaseModel:    f.text("base_model"),
		AllMessages:  f.flag("all_messages"),
		TrainingData: f.text("training_data"),

		Timeout:           f.duration("timeout"),
		CancelWhenStalled: f.flag("cancel_when_stalled"),
	}
	if priority := f.integer("priority"); priority != nil {
		request.Priority = *priority
	}
	f.object("hyperparameters", func(h *fields) {
		request.Hyperparameters = tuning.Hyperparameters{
			EpochCount:   h.integer("epoch_count"),
			BatchSize:    h.integer("batch_size"),
			LearningRate: h.number("learning_rate"),
		}
	})
	if err := f.err(); err != nil {
		return nil, err
	}
	order := start.Order{Request: request, Caller: callerOf(r.Context())}
	if order.Key, err = idempotencyKey(r.Header); err != nil {
		return nil, err
	}
	job, err := a.Starter.Start(r.Context(), order)
	if err != nil {
		return nil, err
	}
	return started{
		Message: "Fine-tuning job started successfully",
		JobInfo: jobInfo{
			JobName: a.name(job), DisplayName: job.DisplayName, BaseModel: job.BaseModel, Status: job.State,
			CreatedAt: stamp(job.CreatedAt), TrainingData: job.TrainingData, Hyperparameters: job.Hyperparameters,
		},
		PairsCount: job.Pairs, MergedPairs: job.Merged, LeftOut: job.LeftOut, Warnings: job.Warnings,
		QueuePosition: a.position(r.Context(), job), StatusDetail: job.Detail,
	}, nil
}

// keyLimit is how long an idempotency key may be.
const keyLimit = 255

// idempotencyKey returns the header that makes a repeated start the same start, or "".
func idempotencyKey(header http.Header) (string, error) {
	const name = "Idempotency-Key"
	values := header.Values(name)
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	visible := !strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' })
	if len(values) > 1 || key == "" || len(key) > keyLimit || !visible {
		return "", fault.Invalid(fault.Violation{
			Field: name, Reason: "INVALID_IDEMPOTENCY_KEY",
			Description: fmt.Sprintf("must be given once, as 1 to %d visible ASCII characters, such as a UUID.", keyLimit),
		})
	}
	return key, nil
}

// position returns the place in line of a job that waits. It is not worth an error where it cannot be had.
func (a *API) position(ctx context.Context, job tuning.Job) int {
	if job.Step != tuning.Waiting {
		return 0
	}
	place, err := a.Starter.Position(ctx, job)
	if err != nil {
		a.Log.WarnContext(ctx, "place in line not known", "job_id", job.ID, "error", err)
	}
	return place
}

func (a *API) name(job tuning.Job) string { return job.PublicName(a.Config.Vertex.Project) }
