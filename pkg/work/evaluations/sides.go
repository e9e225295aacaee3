// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// The names of the sides. That of a checkpoint has its ID.
const (
	baseSide       = "base"
	tunedSide      = "tuned"
	againstSide    = "against"
	checkpointSide = "checkpoint-"
)

// checkServed refuses a job whose tuned model cannot be asked.
func checkServed(field string, job tuning.Job) error {
	switch {
	case job.State != tuning.Succeeded:
		return fault.Refuse(fault.FailedPrecondition, field, "JOB_NOT_SUCCEEDED",
			"Only a job that has succeeded has a model to evaluate. The state of job %s is %s.", job.ID, job.State)
	case job.TunedEndpoint == "":
		return fault.Refuse(fault.FailedPrecondition, field, "MODEL_NOT_SERVED",
			"The tuned model of job %s has no endpoint, so it cannot be asked. Vertex AI serves only tuned Gemini models by itself.", job.ID)
	}
	return nil
}

var endpointLocation = lazyregexp.New(`^projects/[^/]+/locations/([a-z0-9-]+)/endpoints/`)

// sides returns the models to ask. The first one is the base model of the job, or the tuned model
// of the job to compare with. The base model is asked at the location of the tuned one.
func (s *Service) sides(models *catalogue.Catalogue, r evalrun.Request, job tuning.Job, against *tuning.Job) ([]evalrun.Side, error) {
	tuned, err := tunedModel(models, tunedSide, job, job.TunedEndpoint)
	if err != nil {
		return nil, err
	}
	first, err := s.first(models, tuned.Location, job, against)
	if err != nil {
		return nil, err
	}
	if len(r.Checkpoints) == 0 {
		return []evalrun.Side{first, tuned}, nil
	}
	all := []evalrun.Side{first}
	for i, id := range r.Checkpoints {
		at := slices.IndexFunc(job.Checkpoints, func(c tuning.Checkpoint) bool { return c.ID == id && c.Endpoint != "" })
		if at < 0 {
			return nil, fault.Refuse(fault.InvalidArgument, fmt.Sprintf("checkpoints[%d]", i), "UNKNOWN_CHECKPOINT",
				"The job has no checkpoint of this ID with an endpoint. It has: %s.", strings.Join(checkpointIDs(job), ", "))
		}
		side, err := tunedModel(models, checkpointSide+id, job, job.Checkpoints[at].Endpoint)
		if err != nil {
			return nil, err
		}
		side.Checkpoint = id
		all = append(all, side)
	}
	return all, nil
}

// baseModelID matches the IDs of Google's models. The base of a job that continues a model without
// a record is the name of that model instead.
var baseModelID = lazyregexp.New(`^[a-z0-9][a-z0-9.-]*$`)

// first returns the side with which the others are compared.
func (s *Service) first(known *catalogue.Catalogue, location string, job tuning.Job, against *tuning.Job) (evalrun.Side, error) {
	if against != nil {
		return tunedModel(known, againstSide, *against, against.TunedEndpoint)
	}
	id := catalogue.ID(job.BaseModel)
	if !baseModelID.MatchString(id) {
		return evalrun.Side{}, fault.Refuse(fault.FailedPrecondition, "job_name", "MODEL_NOT_SERVED",
			"The base model of job %s is %s, which cannot be asked. Name another job in against.", job.ID, job.BaseModel)
	}
	return withFacts(known.Lookup(job.BaseModel), evalrun.Side{Name: baseSide, Model: s.Vertex.BaseModelName(location, id), Location: location}), nil
}

func checkpointIDs(job tuning.Job) (ids []string) {
	for _, c := range job.Checkpoints {
		if c.Endpoint != "" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func tunedModel(known *catalogue.Catalogue, name string, job tuning.Job, endpoint string) (evalrun.Side, error) {
	m := endpointLocation.FindStringSubmatch(endpoint)
	if m == nil {
		return evalrun.Side{}, fmt.Errorf("evaluate job %s: %q is not the name of an endpoint", job.ID, endpoint)
	}
	return withFacts(known.Lookup(job.BaseModel), evalrun.Side{Name: name, Model: endpoint, Location: m[1], JobID: job.ID}), nil
}

// withFacts returns a side with the prices of the model and its setting for the least thinking. The
// catalogue has the prices of tuned models, which are an upper bound of those of their base.
func withFacts(model *catalogue.Model, side evalrun.Side) evalrun.Side {
	if model == nil {
		return side
	}
	if price := model.InferencePrice; price != nil {
		side.Priced, side.InputPrice, side.OutputPrice = true, int64(price.Value.Input), int64(price.Value.Output)
	}
	if thinking := model.Thinking; thinking != nil {
		side.ThinkingLevel, side.ThinkingBudget = thinking.Value.Level, thinking.Value.Budget
	}
	return side
}
