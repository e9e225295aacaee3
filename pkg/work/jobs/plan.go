// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// plan returns the job that an order asks for. The values of the request come first, then those of
// the model that it names, then the service's defaults. The verdict is the catalogue's; it may
// contain refusals.
//
// A step that depends on an invalid field is skipped.
func (s *Service) plan(ctx context.Context, o StartRequest, faults fault.Faults) (tuning.Job, catalogue.Verdict, error) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: s.Location, StartedBy: o.Caller, ModelID: o.ModelID,
		DisplayName: o.DisplayName, BaseModel: o.BaseModel, Hyperparameters: o.Hyperparameters,
		OpenAI: o.OpenAI, Priority: o.Priority, Timeout: o.Timeout, CancelWhenStalled: o.CancelWhenStalled,
		Evaluate: o.Evaluate || o.PromoteIf != nil, PromoteIf: o.PromoteIf, RetunedFrom: o.RetunedFrom,
		CreatedAt: now, UpdatedAt: now,
		Spec: tuning.Spec{
			PreTunedModel: o.PreTunedModel, Labels: o.Labels, ServiceAccount: o.ServiceAccount, KMSKeyName: o.KMSKeyName,
		},
	}
	job.TrainingData = s.trainingURI(job.ID) // the file does not exist yet
	if o.PromoteIf != nil && s.Training.Catalogue.Current(ctx).Lookup(o.ModelID) != nil {
		return job, catalogue.Verdict{}, fault.Invalid(fault.Violation{
			Field: "model_id", Reason: "BASE_MODEL_NAME", Description: "is the name of a base model, so nothing can be promoted to it. Use another document.",
		})
	}
	if o.ModelID != "" && !faults.Has("model_id") {
		model, err := s.Records.Model(ctx, o.ModelID)
		if err != nil {
			return job, catalogue.Verdict{}, err
		}
		if err := applyModelDefaults(&job, o, model); err != nil {
			return job, catalogue.Verdict{}, err
		}
	}
	if job.Spec.PreTunedModel != "" && !faults.Has("pre_tuned_model") {
		var err error
		if job, err = s.applyPreTunedModel(ctx, job); err != nil {
			return job, catalogue.Verdict{}, err
		}
	}
	job.DisplayName = cmp.Or(job.DisplayName, tuning.DisplayName(now))
	job.BaseModel = cmp.Or(job.BaseModel, s.Config.BaseModel)
	if faults.Has("base_model") || faults.Has("model_id") || faults.Has("pre_tuned_model") {
		return job, catalogue.Verdict{}, nil // without these, the base model is unknown
	}
	return s.checkCatalogue(ctx, o, job)
}

// applyPreTunedModel copies values from the job that created the tuned model: the location, the
// base model, the encryption key and, so that the next model is a version of the same model, the
// display name. A tuned model without a record can be continued too. Source: "Continuous tuning" of
// the guide to tuning Gemini models.
func (s *Service) applyPreTunedModel(ctx context.Context, job tuning.Job) (tuning.Job, error) {
	name := job.Spec.PreTunedModel
	job.Location, _ = tuning.ModelLocation(name)
	made, err := s.Records.JobsOfModel(ctx, name, s.Project)
	if err != nil {
		return job, err
	}
	if len(made) > 0 {
		newest := made[len(made)-1]
		job.BaseModel = newest.BaseModel
		job.DisplayName = cmp.Or(job.DisplayName, newest.DisplayName)
		job.Spec.KMSKeyName = cmp.Or(job.Spec.KMSKeyName, newest.Spec.KMSKeyName)
	}
	job.BaseModel = cmp.Or(job.BaseModel, name)
	return job, nil
}

// notContinued is the error for continuing an open model. Vertex AI expects the folder of its
// checkpoints for that, in a field that this service does not fill in. Source: custom_base_model of
// TuningJob in the v1beta1 API.
func notContinued(o StartRequest) error {
	field := "pre_tuned_model"
	if o.ContinueModel {
		field = "continue_model"
	}
	return fault.Invalid(fault.Violation{
		Field: field, Reason: "OPEN_MODEL", Description: "Only Gemini models can be continued. Remove the field to tune the open model from its base model.",
	})
}

// applyModelDefaults fills the fields that the request leaves open with the values of the model.
func applyModelDefaults(job *tuning.Job, o StartRequest, model store.Model) error {
	if bad := model.Hyperparameters.Check("hyperparameters").Kept; len(bad) > 0 {
		return fault.New(fault.FailedPrecondition,
			"The document models/%s is not usable: %s %s", o.ModelID, bad[0].Field, bad[0].Description)
	}
	job.Hyperparameters = job.Hyperparameters.WithDefaults(model.Hyperparameters)
	job.DisplayName = cmp.Or(job.DisplayName, model.DisplayName)
	if job.Spec.PreTunedModel == "" {
		job.BaseModel = cmp.Or(job.BaseModel, model.BaseModel)
	}
	if !o.ContinueModel {
		return nil
	}
	if model.TunedModel == "" {
		e := fault.New(fault.FailedPrecondition, "The model %q has no tuned version to continue from.", o.ModelID)
		e.Violations = []fault.Violation{{Field: "continue_model", Reason: "NO_TUNED_VERSION", Description: "Start a job of this model without continue_model first."}}
		return e
	}
	job.Spec.PreTunedModel = model.TunedModel
	return nil
}

// checkCatalogue checks the job against the catalogue, and takes from it how to call Vertex AI.
func (s *Service) checkCatalogue(ctx context.Context, o StartRequest, job tuning.Job) (tuning.Job, catalogue.Verdict, error) {
	h := job.Hyperparameters
	verdict := s.Training.Catalogue.Current(ctx).Check(catalogue.Request{
		BaseModel: job.BaseModel, Location: job.Location, KMSKey: job.Spec.KMSKeyName, Today: s.Now(), Force: o.Force,
		Hyperparameters: catalogue.Hyperparameters{
			EpochCount: h.EpochCount, LearningRateMultiplier: h.LearningRateMultiplier, LearningRate: h.LearningRate,
			AdapterSize: h.AdapterSize, BatchSize: h.BatchSize, TuningMode: o.TuningMode, ExportLastCheckpointOnly: o.ExportLastCheckpointOnly,
		},
	})
	if job.Spec.PreTunedModel != "" && verdict.Family == catalogue.Open {
		return job, verdict, notContinued(o)
	}
	job.Spec.APIVersion, job.Spec.NotSent = verdict.APIVersion, verdict.Unsupported
	if !slices.Contains(verdict.Unsupported, catalogue.TuningMode) {
		job.Spec.TuningMode = verdict.TuningMode
	}
	if !slices.Contains(verdict.Unsupported, catalogue.ExportLastCheckpointOnly) {
		job.Spec.ExportLastCheckpointOnly = o.ExportLastCheckpointOnly != nil && *o.ExportLastCheckpointOnly
	}
	job.Warnings = verdict.Texts()
	if verdict.Family == catalogue.Open {
		// Each job needs a separate folder: jobs that share one overwrite each other's files.
		folder := cmp.Or(strings.TrimSuffix(o.OutputURI, "/"), gcs.URI(s.Config.DataBucket, "models"))
		job.Spec.OutputURI = folder + "/" + job.ID
	} else if o.OutputURI != "" {
		job.Warnings = append(job.Warnings, "output_uri is not sent to Vertex AI: only open models are written to Cloud Storage.")
	}
	return job, verdict, nil
}

// buildVersion is the commit from which the program was built, or else the version of its module.
var buildVersion = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
})

// converter names the program that writes the dataset. On Cloud Run it contains the revision, which
// identifies one image with its settings.
func (s *Service) converter() string {
	return "vertextune " + cmp.Or(s.Config.Revision, buildVersion())
}
