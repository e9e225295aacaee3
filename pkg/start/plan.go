// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"cmp"
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// plan decides what the job is to be: the request first, then the model it names, then our own defaults. The
// verdict is the catalogue's; it may refuse.
//
// What depends on a field that has a fault is left out.
func (s *Starter) plan(ctx context.Context, o Order, faults fault.Faults) (tuning.Job, catalogue.Verdict, error) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: s.Location, StartedBy: o.Caller, ModelID: o.ModelID,
		DisplayName: o.DisplayName, BaseModel: o.BaseModel, Hyperparameters: o.Hyperparameters,
		Priority: o.Priority, Timeout: o.Timeout, CancelWhenStalled: o.CancelWhenStalled,
		CreatedAt: now, UpdatedAt: now,
		Spec: tuning.Spec{
			PreTunedModel: o.PreTunedModel, Labels: o.Labels, ServiceAccount: o.ServiceAccount, KMSKeyName: o.KMSKeyName,
		},
	}
	job.TrainingData = s.trainingURI(job.ID) // where it will be
	if o.ModelID != "" && !faults.Has("model_id") {
		model, err := s.Records.Model(ctx, o.ModelID)
		if err != nil {
			return job, catalogue.Verdict{}, err
		}
		if err := over(&job, o, model); err != nil {
			return job, catalogue.Verdict{}, err
		}
	}
	if job.Spec.PreTunedModel != "" && !faults.Has("pre_tuned_model") {
		var err error
		if job, err = s.continued(ctx, job); err != nil {
			return job, catalogue.Verdict{}, err
		}
	}
	job.DisplayName = cmp.Or(job.DisplayName, tuning.DisplayName(now))
	job.BaseModel = cmp.Or(job.BaseModel, s.Config.BaseModel)
	if faults.Has("base_model") || faults.Has("model_id") || faults.Has("pre_tuned_model") {
		return job, catalogue.Verdict{}, nil // it is not known what is to be tuned
	}
	return s.judged(ctx, o, job)
}

// continued takes from the job that made the tuned model what the next one must have of it: where it is, what it was
// tuned from, its key and, for the next one to be a version of the same model, its name. A model that is on no record
// is tried all the same. Source: "Continuous tuning" of the guide to tuning Gemini models.
func (s *Starter) continued(ctx context.Context, job tuning.Job) (tuning.Job, error) {
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

// notContinued refuses to continue an open model. Vertex AI takes the folder of its checkpoints for that, in a field
// that this service does not fill in. Source: custom_base_model of TuningJob in the v1beta1 API.
func notContinued(o Order) error {
	field := "pre_tuned_model"
	if o.ContinueModel {
		field = "continue_model"
	}
	return fault.Invalid(fault.Violation{
		Field: field, Reason: "OPEN_MODEL", Description: "Only Gemini models can be continued. Tune the open model anew: leave the field out.",
	})
}

// over takes from the model what the request leaves open.
func over(job *tuning.Job, o Order, model store.Model) error {
	if bad := model.Hyperparameters.Check("hyperparameters").Kept; len(bad) > 0 {
		return fault.New(fault.FailedPrecondition,
			"The document models/%s is not usable: %s %s", o.ModelID, bad[0].Field, bad[0].Description)
	}
	job.Hyperparameters = job.Hyperparameters.Over(model.Hyperparameters)
	job.DisplayName = cmp.Or(job.DisplayName, model.DisplayName)
	if job.Spec.PreTunedModel == "" {
		job.BaseModel = cmp.Or(job.BaseModel, model.BaseModel)
	}
	if !o.ContinueModel {
		return nil
	}
	if model.TunedModel == "" {
		e := fault.New(fault.FailedPrecondition, "The model %q has no tuned version to continue from.", o.ModelID)
		e.Violations = []fault.Violation{{Field: "continue_model", Reason: "NO_TUNED_VERSION", Description: "Start a job of it first, without continue_model."}}
		return e
	}
	job.Spec.PreTunedModel = model.TunedModel
	return nil
}

// judged holds the job against the catalogue, which also knows how Vertex AI is to be asked for it.
func (s *Starter) judged(ctx context.Context, o Order, job tuning.Job) (tuning.Job, catalogue.Verdict, error) {
	h := job.Hyperparameters
	verdict := s.Facts.Current(ctx).Check(catalogue.Request{
		BaseModel: job.BaseModel, Location: job.Location, KMSKey: job.Spec.KMSKeyName, Today: s.Now(), Force: o.Force,
		Hyperparameters: catalogue.Hyperparameters{
			EpochCount: h.EpochCount, LearningRateMultiplier: h.LearningRateMultiplier, LearningRate: h.LearningRate,
			AdapterSize: h.AdapterSize, BatchSize: h.BatchSize, TuningMode: o.TuningMode, ExportLastCheckpointOnly: o.ExportLastCheckpointOnly,
		},
	})
	if job.Spec.PreTunedModel != "" && verdict.Family == catalogue.Open {
		return job, verdict, notContinued(o)
	}
	job.Spec.APIVersion, job.Spec.NotSent = verdict.APIVersion, verdict.NotTaken
	if !slices.Contains(verdict.NotTaken, catalogue.TuningMode) {
		job.Spec.TuningMode = verdict.TuningMode
	}
	if !slices.Contains(verdict.NotTaken, catalogue.ExportLastCheckpointOnly) {
		job.Spec.ExportLastCheckpointOnly = o.ExportLastCheckpointOnly != nil && *o.ExportLastCheckpointOnly
	}
	job.Warnings = verdict.Texts()
	if verdict.Family == catalogue.Open {
		// What several jobs write into one folder overwrites each other.
		folder := cmp.Or(strings.TrimSuffix(o.OutputURI, "/"), object.URI(s.Config.DataBucket, "models"))
		job.Spec.OutputURI = folder + "/" + job.ID
	} else if o.OutputURI != "" {
		job.Warnings = append(job.Warnings, "output_uri is not sent to Vertex AI: only open models are written to Cloud Storage.")
	}
	return job, verdict, nil
}

// built is the version control that the program was built from, or else its module's version.
var built = sync.OnceValue(func() string {
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

// converter names the program that makes a dataset. On Cloud Run that is the revision, which stands for one image and
// its settings.
func (s *Starter) converter() string { return "vertextune " + cmp.Or(s.Config.Revision, built()) }
