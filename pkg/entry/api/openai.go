// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/openai"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// openAI returns the endpoints for OpenAI's clients, or none if they are turned off.
func (a *API) openAI() (all []endpoint) {
	if !a.Config.OpenAI.Enabled {
		return nil
	}
	s := &openai.Service{
		Config: a.Config.OpenAI, Project: a.Config.Project, Location: a.Config.Location,
		Bucket: a.Config.Jobs.DataBucket, BaseModel: a.Config.Jobs.BaseModel,
		Records: a.Records, Objects: a.Objects, Jobs: a.Jobs, Catalogue: a.Catalogue, API: shared{a}, Now: a.Now, Log: a.Log,
	}
	for _, r := range s.Routes() {
		all = append(all, endpoint{r.Method, r.Path, r.Role, r.Query, r.Form, r.Serve})
	}
	return all
}

// shared is the part of the API that the endpoints for OpenAI's clients use too.
type shared struct{ api *API }

func (s shared) Caller(ctx context.Context) string { return callerOf(ctx) }

func (s shared) Fields(r *http.Request) (*requestfields.Reader, error) { return s.api.fields(r) }

func (s shared) NoFields(r *http.Request) error { return s.api.noFields(r) }

func (s shared) IdempotencyKey(h http.Header, faults *fault.Faults) string {
	return idempotencyKey(h, faults)
}

func (s shared) Start(ctx context.Context, o jobs.StartRequest) (tuning.Job, error) {
	return paced(ctx, s.api, func() (tuning.Job, error) { return s.api.Jobs.Start(ctx, o) })
}

func (s shared) Refresh(ctx context.Context, r store.Record) store.Record {
	fresh, _ := s.api.Access.Refresh(ctx, r) // an old record is more useful than an error
	return fresh
}

func (s shared) Cancel(ctx context.Context, r store.Record) (store.Record, error) {
	return s.api.Access.Cancel(ctx, r, callerOf(ctx))
}
