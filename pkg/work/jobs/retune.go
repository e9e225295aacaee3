// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// RetuneRequest returns the request that repeats a job on another base model: with its dataset, its
// validation data and its hyperparameters. An empty baseModel is the successor that the catalogue
// names. If the job has validation data, the new model is compared with the old one at the end.
func (s *Service) RetuneRequest(ctx context.Context, job tuning.Job, baseModel string) (tuning.Request, error) {
	if job.State != tuning.Succeeded {
		return tuning.Request{}, fault.Refuse(fault.FailedPrecondition, "job_name", "JOB_NOT_SUCCEEDED",
			"Only a job that has succeeded can be repeated on another model. The state of job %s is %s.", job.ID, job.State)
	}
	if job.Spec.PreTunedModel != "" {
		return tuning.Request{}, fault.Refuse(fault.FailedPrecondition, "job_name", "CONTINUED_MODEL",
			"Job %s continued the model %s, and its own data alone would lose what that model had learned. "+
				"Retune the job of that model first, and then start a job on %s with pre_tuned_model.", job.ID, job.Spec.PreTunedModel, job.TrainingData)
	}
	if baseModel == "" {
		known := s.Training.Catalogue.Current(ctx)
		var next *catalogue.Model
		if old := known.Lookup(job.BaseModel); old != nil {
			next = known.Successor(old, s.Now())
		}
		if next == nil {
			return tuning.Request{}, fault.Refuse(fault.FailedPrecondition, "base_model", "NO_SUCCESSOR",
				"The catalogue names no successor of %s that can be tuned. Give base_model.", job.BaseModel)
		}
		baseModel = next.ID
	}
	if catalogue.ID(baseModel) == catalogue.ID(job.BaseModel) {
		return tuning.Request{}, fault.Refuse(fault.FailedPrecondition, "base_model", "SAME_MODEL", "Job %s was tuned on %s already.", job.ID, job.BaseModel)
	}
	r := tuning.Request{
		TrainingData: job.TrainingData, ValidationData: job.Spec.ValidationData, ModelID: job.ModelID, BaseModel: baseModel,
		Hyperparameters: job.Hyperparameters, TuningMode: job.Spec.TuningMode, DisplayName: job.DisplayName, Labels: job.Spec.Labels,
		ServiceAccount: job.Spec.ServiceAccount, KMSKeyName: job.Spec.KMSKeyName, Priority: job.Priority, Timeout: job.Timeout,
		CancelWhenStalled: job.CancelWhenStalled, Evaluate: job.Spec.ValidationData != "", RetunedFrom: job.ID,
	}
	if job.Spec.ExportLastCheckpointOnly {
		r.ExportLastCheckpointOnly = new(true)
	}
	return r, nil
}
