// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// started is the answer of POST /start.
type started struct {
	Message     string         `json:"message"`
	JobInfo     jobInfo        `json:"job_info"`
	PairsCount  int64          `json:"training_pairs_count"`
	MergedPairs int64          `json:"merged_pairs_count,omitempty"`
	LeftOut     *start.LeftOut `json:"left_out,omitempty"`
	Warnings    []string       `json:"warnings,omitempty"`
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
	result, err := a.Starter.Start(r.Context(), request, callerOf(r.Context()))
	if err != nil {
		return nil, err
	}
	job := result.Job
	return started{
		Message: "Fine-tuning job started successfully",
		JobInfo: jobInfo{
			JobName: a.name(job), DisplayName: job.DisplayName, BaseModel: job.BaseModel, Status: job.State,
			CreatedAt: stamp(job.CreatedAt), TrainingData: job.TrainingData, Hyperparameters: job.Hyperparameters,
		},
		PairsCount: result.Pairs.Count, MergedPairs: result.Pairs.Merged, LeftOut: result.Pairs.LeftOut,
		Warnings: job.Warnings,
	}, nil
}

func (a *API) name(job tuning.Job) string { return job.PublicName(a.Config.Vertex.Project) }
