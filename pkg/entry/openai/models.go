// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

var (
	endpointName = lazyregexp.New(`^projects/[a-z0-9.:-]+/locations/([a-z0-9-]+)/endpoints/[A-Za-z0-9_-]{1,128}$`)
	versionName  = lazyregexp.New(`^projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/models/[A-Za-z0-9_-]{1,128}(@[A-Za-z0-9_-]{1,128})?$`)
)

// modelView is a model in OpenAI's shape.
type modelView struct {
	ID           string  `json:"id"`
	Object       string  `json:"object"`
	Created      int64   `json:"created"`
	OwnedBy      string  `json:"owned_by"`
	ShutdownDate *string `json:"shutdown_date"`
}

// modelList is a list of models. OpenAI does not divide it into pages.
type modelList struct {
	Object string      `json:"object"`
	Data   []modelView `json:"data"`
}

// maxTuned is how many tuned models are listed, the newest ones.
const maxTuned = 1000

// models returns the base models that can be tuned, and the newest tuned models.
func (s *Service) models(r *http.Request, _ string) (any, error) {
	all := modelList{Object: "list", Data: []modelView{}}
	known := s.Catalogue.Current(r.Context())
	for _, m := range known.List(s.Now()).Models {
		if m.Status == catalogue.Tunable || m.Status == catalogue.Closing {
			all.Data = append(all.Data, viewBase(known, &m.Model))
		}
	}
	made, _, err := s.Records.ListJobs(r.Context(), store.Page{
		Filter: store.Filter{State: tuning.Succeeded}, Order: store.NewestFirst, Size: maxTuned, Scan: maxTuned,
	})
	if err != nil {
		return nil, err
	}
	for _, record := range made {
		if tunedModel(record.Job) != "" {
			all.Data = append(all.Data, s.viewTuned(record.Job))
		}
	}
	return all, nil
}

// viewBase returns a base model. When it was made is not known, so it has the date of the
// catalogue.
func viewBase(known *catalogue.Catalogue, m *catalogue.Model) modelView {
	v := modelView{ID: m.ID, Object: "model", Created: known.AsOf.Unix(), OwnedBy: "google"}
	if publisher, _, ok := strings.Cut(m.ID, "/"); ok {
		v.OwnedBy = publisher
	}
	if m.Retirement != nil {
		v.ShutdownDate = new(m.Retirement.Value.Date.String())
	}
	return v
}

func (s *Service) viewTuned(j tuning.Job) modelView {
	return modelView{ID: tunedModel(j), Object: "model", Created: j.CreatedAt.Unix(), OwnedBy: s.Project}
}

// model returns a base model, or a tuned model by its endpoint or its version.
func (s *Service) model(r *http.Request, id string) (any, error) {
	ctx := r.Context()
	known := s.Catalogue.Current(ctx)
	if m := known.Lookup(id); m != nil {
		return viewBase(known, m), nil
	}
	var made []store.Record
	var err error
	switch {
	case endpointName.MatchString(id):
		made, err = s.Records.JobsOfEndpoint(ctx, id, s.Project)
	case versionName.MatchString(id):
		made, err = s.Records.JobsOfModel(ctx, id, s.Project)
	}
	if err != nil {
		return nil, err
	}
	if len(made) == 0 {
		return nil, fault.New(fault.NotFound, "There is no model %q. GET /v1/models lists the models.", id)
	}
	return s.viewTuned(made[len(made)-1].Job), nil
}
