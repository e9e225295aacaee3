// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// plan decides what the job is to be: the request first, then the model it names, then our own defaults.
func (s *Starter) plan(ctx context.Context, o Order) (tuning.Job, error) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: s.Location, StartedBy: o.Caller, ModelID: o.ModelID,
		DisplayName: tuning.DisplayName(now), BaseModel: o.BaseModel, Hyperparameters: o.Hyperparameters,
		Priority: o.Priority, Timeout: o.Timeout, CancelWhenStalled: o.CancelWhenStalled,
		CreatedAt: now, UpdatedAt: now,
	}
	job.TrainingData = object.URI(s.Config.DataBucket, datasetName(job)) // where it will be
	if o.ModelID != "" {
		model, err := s.Records.Model(ctx, o.ModelID)
		if err != nil {
			return tuning.Job{}, err
		}
		if bad := model.Hyperparameters.Check("hyperparameters"); len(bad) > 0 {
			return tuning.Job{}, fault.New(fault.FailedPrecondition,
				"The document models/%s is not usable: %s %s", o.ModelID, bad[0].Field, bad[0].Description)
		}
		job.Hyperparameters = job.Hyperparameters.Over(model.Hyperparameters)
		if job.BaseModel == "" {
			job.BaseModel = model.BaseModel
		}
		if model.DisplayName != "" {
			job.DisplayName = model.DisplayName
		}
	}
	if job.BaseModel == "" {
		job.BaseModel = s.BaseModel
	}
	job.Warnings = job.Hyperparameters.Ignored(job.BaseModel)
	return job, nil
}
