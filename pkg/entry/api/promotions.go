// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	serving "github.com/vertextune/vertextune/pkg/core/endpoint"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/work/jobview"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// model is the response of GET /models/MODEL_ID. The first element of History is the newest
// version, which is the active one.
type model struct {
	ModelID string         `json:"model_id"`
	Active  *modelVersion  `json:"active,omitempty"`
	History []modelVersion `json:"history"`
	Count   int            `json:"count"`
}

// modelVersion is a version of a model. A promotion or rollback makes it active until the next one.
type modelVersion struct {
	Number       int64            `json:"number"`
	Action       promotion.Action `json:"action"`
	JobID        string           `json:"job_id"`
	JobName      string           `json:"job_name"`
	BaseModel    string           `json:"base_model"`
	TunedModel   string           `json:"tuned_model"`
	CheckpointID string           `json:"checkpoint_id,omitempty"`
	Endpoint     string           `json:"endpoint"`
	// Call is absent in the history.
	Call       *serving.Call   `json:"endpoint_call,omitempty"`
	Since      string          `json:"since"`
	Until      string          `json:"until,omitempty"` // absent for the active version
	By         string          `json:"by"`
	Automatic  bool            `json:"automatic,omitempty"`
	Evaluation *promotion.Gain `json:"evaluation,omitempty"`
	// Previous is the version to which a rollback goes back.
	Previous int64 `json:"previous_version,omitempty"`
}

// movedModel is the response of promote and rollback.
type movedModel struct {
	Message  string       `json:"message"`
	ModelID  string       `json:"model_id"`
	Version  modelVersion `json:"version"`
	Warnings []string     `json:"warnings,omitempty"`
}

func versionView(m promotion.Move) modelVersion {
	v := m.Version
	return modelVersion{
		Number: m.Number, Action: m.Action, JobID: v.JobID, JobName: v.JobName, BaseModel: v.BaseModel,
		TunedModel: v.TunedModel, CheckpointID: v.Checkpoint, Endpoint: v.Endpoint,
		Since: jobview.FormatTime(m.At), By: m.By, Automatic: m.Automatic, Evaluation: m.Gain, Previous: m.Previous,
	}
}

// activeView returns a version with a ready call of its endpoint.
func (a *API) activeView(ctx context.Context, m promotion.Move) modelVersion {
	v := versionView(m)
	call, err := serving.Ready(v.Endpoint, a.Catalogue.Current(ctx).Lookup(v.BaseModel))
	if err != nil {
		a.Log.WarnContext(ctx, "the call of the active version could not be built", "job_id", v.JobID, "error", err)
		return v
	}
	v.Call = &call
	return v
}

func (a *API) model(r *http.Request, id string) (any, error) {
	pointer, err := a.Promotions.Get(r.Context(), id)
	if err != nil {
		return nil, err
	}
	answer := model{ModelID: id, History: []modelVersion{}, Count: len(pointer.Moves)}
	for i, m := range pointer.Moves {
		v := versionView(m)
		if i > 0 {
			v.Until = answer.History[i-1].Since
		}
		answer.History = append(answer.History, v)
	}
	if active := pointer.Active(); active != nil {
		v := a.activeView(r.Context(), *active)
		answer.Active = &v
	}
	return answer, nil
}

func (a *API) promote(r *http.Request, id string) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	request := promotion.ReadRequest(f)
	order := promotions.Order{ModelID: id, Caller: callerOf(r.Context()), Faults: f.Faults()}
	checkJobName(&order.Faults, "job_name", request.JobName)
	order.Key = idempotencyKey(r.Header, &order.Faults)
	m, err := a.Promotions.Promote(r.Context(), order, request)
	if err != nil {
		return nil, err
	}
	answer := movedModel{Message: "The model was promoted", ModelID: id, Version: a.activeView(r.Context(), m)}
	if m.Gain != nil && m.Gain.Warning() != "" {
		answer.Warnings = []string{m.Gain.Warning()}
	}
	return answer, nil
}

func (a *API) rollback(r *http.Request, id string) (any, error) {
	order := promotions.Order{ModelID: id, Caller: callerOf(r.Context())}
	var leave int64
	if r.ContentLength != 0 {
		f, err := a.fields(r)
		if err != nil {
			return nil, err
		}
		leave, order.Faults = promotion.ReadRollback(f), f.Faults()
	}
	order.Key = idempotencyKey(r.Header, &order.Faults)
	m, err := a.Promotions.RollBack(r.Context(), order, leave)
	if err != nil {
		return nil, err
	}
	return movedModel{Message: "The model was rolled back", ModelID: id, Version: a.activeView(r.Context(), m)}, nil
}
