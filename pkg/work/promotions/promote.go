// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// Promote makes the tuned model of a job the active version of a model. If it is the active one
// already, nothing changes. A document that does not exist is created.
func (s *Service) Promote(ctx context.Context, o Order, r promotion.Request) (promotion.Move, error) {
	if s.checkModelID(ctx, o.ModelID, &o.Faults); o.Faults.Count > 0 {
		return promotion.Move{}, o.Faults.Err()
	}
	wanted := o.move(promotion.Promoted, r)
	if wanted.Key != "" {
		// The answer is the same even if the job could not be promoted again.
		p, err := s.Records.Pointer(ctx, o.ModelID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return promotion.Move{}, err
		}
		if known, err := repeated(p.Pointer, wanted); known != nil || err != nil {
			return valueOf(known), err
		}
	}
	if err := s.version(ctx, o.ModelID, r, &wanted); err != nil {
		return promotion.Move{}, err
	}
	return s.move(ctx, o.ModelID, func(p promotion.Pointer, _ bool) (promotion.Move, bool, error) {
		if known, err := repeated(p, wanted); known != nil || err != nil {
			return valueOf(known), false, err
		}
		m, isNew := p.Promote(wanted)
		return m, isNew, nil
	})
}

// version adds to a move the version that a request names, and what the gate has measured of it.
func (s *Service) version(ctx context.Context, modelID string, r promotion.Request, m *promotion.Move) error {
	job, err := s.job(ctx, modelID, r.JobName)
	if err != nil {
		return err
	}
	if m.Version, err = versionOf(job, r.Checkpoint); err != nil {
		return err
	}
	if r.Require == nil {
		return nil
	}
	gain, err := s.required(ctx, m.Version, *r.Require)
	if err == nil {
		err = gain.Check()
	}
	if err != nil {
		return err
	}
	m.Gain = &gain
	return nil
}

// Plan is what a promotion would do.
type Plan struct {
	Move   promotion.Move
	IsNew  bool            // false if the version is active already
	Active *promotion.Move // now, or nil
}

// Plan does everything that Promote does before it writes, and changes nothing.
func (s *Service) Plan(ctx context.Context, o Order, r promotion.Request) (Plan, error) {
	if s.checkModelID(ctx, o.ModelID, &o.Faults); o.Faults.Count > 0 {
		return Plan{}, o.Faults.Err()
	}
	wanted := o.move(promotion.Promoted, r)
	if err := s.version(ctx, o.ModelID, r, &wanted); err != nil {
		return Plan{}, err
	}
	p, err := s.Records.Pointer(ctx, o.ModelID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Plan{}, err
	}
	plan := Plan{Active: p.Active()}
	plan.Move, plan.IsNew = p.Promote(wanted)
	return plan, nil
}

// job returns the job that a request names, if it may be promoted to the model.
func (s *Service) job(ctx context.Context, modelID, name string) (tuning.Job, error) {
	record, err := s.Records.FindJob(ctx, name)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return tuning.Job{}, fault.Refuse(fault.NotFound, "job_name", "UNKNOWN_JOB", "There is no job %q. GET /api/v1/fine-tuning/jobs lists the jobs.", name)
	case err != nil:
		return tuning.Job{}, err
	case record.ModelID != "" && record.ModelID != modelID:
		return tuning.Job{}, fault.Refuse(fault.FailedPrecondition, "job_name", "WRONG_MODEL",
			"Job %s was started for the model %q. Promote it there, or name a job of this model.", record.ID, record.ModelID)
	}
	return record.Job, nil
}

// versionOf returns the version that a job has made. Without a checkpoint it is the one that the
// job's endpoint serves.
func versionOf(job tuning.Job, checkpoint string) (promotion.Version, error) {
	v := promotion.Version{
		JobID: job.ID, JobName: job.Name, JobCreatedAt: job.CreatedAt, BaseModel: job.BaseModel,
		TunedModel: job.TunedModel, Checkpoint: checkpoint, Endpoint: job.TunedEndpoint,
	}
	switch {
	case job.State != tuning.Succeeded:
		return v, fault.Refuse(fault.FailedPrecondition, "job_name", "JOB_NOT_SUCCEEDED",
			"Only a job that has succeeded has a model to promote. The state of job %s is %s.", job.ID, job.State)
	case job.TunedEndpoint == "" || job.TunedModel == "":
		return v, fault.Refuse(fault.FailedPrecondition, "job_name", "MODEL_NOT_SERVED",
			"The tuned model of job %s has no endpoint, so no application could call it. Vertex AI serves only tuned Gemini models by itself.", job.ID)
	}
	at := slices.IndexFunc(job.Checkpoints, func(c tuning.Checkpoint) bool {
		return c.Endpoint != "" && (c.ID == checkpoint || checkpoint == "" && c.Endpoint == job.TunedEndpoint)
	})
	switch {
	case at >= 0:
		v.Checkpoint, v.Endpoint = job.Checkpoints[at].ID, job.Checkpoints[at].Endpoint
	case checkpoint != "":
		return v, fault.Refuse(fault.InvalidArgument, "checkpoint_id", "UNKNOWN_CHECKPOINT", "%s", unknownCheckpoint(job))
	}
	return v, nil
}

func unknownCheckpoint(job tuning.Job) string {
	var ids []string
	for _, c := range job.Checkpoints {
		if c.Endpoint != "" {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return "The job has kept its last checkpoint only. Leave checkpoint_id out."
	}
	return "The job has no checkpoint of this ID with an endpoint. It has: " + strings.Join(ids, ", ") + "."
}

// evaluationField is the field of a request that names the evaluation of a gate.
const evaluationField = "require.evaluation"

// required returns what the evaluation of a gate has measured of a version. Without a name it is
// the newest one that asked the version.
func (s *Service) required(ctx context.Context, v promotion.Version, r promotion.Require) (promotion.Gain, error) {
	if r.Evaluation != "" {
		e, err := s.Records.Evaluation(ctx, r.Evaluation)
		if fault.KindOf(err) == fault.NotFound {
			return promotion.Gain{}, fault.Refuse(fault.NotFound, evaluationField, "UNKNOWN_EVALUATION", "There is no evaluation %q.", r.Evaluation)
		}
		if err != nil {
			return promotion.Gain{}, err
		}
		return s.gain(ctx, v, e.Run, r.Gate)
	}
	all, err := s.Records.EvaluationsOf(ctx, v.JobID)
	if err != nil {
		return promotion.Gain{}, err
	}
	for _, e := range all {
		if sideOf(v, e.Run) > 0 {
			return s.gain(ctx, v, e.Run, r.Gate)
		}
	}
	return promotion.Gain{}, fault.Refuse(fault.FailedPrecondition, evaluationField, "UNKNOWN_EVALUATION",
		"No evaluation has asked this version, and the gate needs one. Start it with POST /api/v1/fine-tuning/evaluations%s.", checkpointsOf(v))
}

// sideOf returns the index of the side of an evaluation that is the version. The first side, with
// which the others are compared, does not count: the result is 0 or less if there is none.
func sideOf(v promotion.Version, run evalrun.Run) int {
	return slices.IndexFunc(run.Sides, func(s evalrun.Side) bool { return s.JobID == v.JobID && s.Model == v.Endpoint })
}

func checkpointsOf(v promotion.Version) string {
	if v.Checkpoint == "" {
		return ""
	}
	return fmt.Sprintf(" and \"checkpoints\": [%q]", v.Checkpoint)
}

// gain returns what an evaluation has measured of a version.
func (s *Service) gain(ctx context.Context, v promotion.Version, run evalrun.Run, gate promotion.Gate) (promotion.Gain, error) {
	at := sideOf(v, run)
	wrong := func(reason, format string, args ...any) (promotion.Gain, error) {
		return promotion.Gain{}, fault.Refuse(fault.FailedPrecondition, evaluationField, reason, format, args...)
	}
	switch {
	case run.JobID != v.JobID:
		return wrong("WRONG_EVALUATION", "The evaluation %s is of job %s, not of job %s. Name one of this job, or leave it out for the newest one.", run.ID, run.JobID, v.JobID)
	case at < 1:
		return wrong("WRONG_EVALUATION", "The evaluation %s did not ask this checkpoint of the job. Start one with job_name%s.", run.ID, checkpointsOf(v))
	case !run.Finished:
		return wrong("EVALUATION_NOT_SUCCEEDED", "The evaluation %s has not ended: it is %s. Try again after its end.", run.ID, run.State)
	case run.Result == nil:
		return wrong("EVALUATION_NOT_SUCCEEDED", "The evaluation %s has failed. Start another one with POST /api/v1/fine-tuning/evaluations.", run.ID)
	}
	report, err := s.report(ctx, run)
	if errors.Is(err, gcs.ErrNotFound) {
		return wrong("UNKNOWN_EVALUATION", "The report of the evaluation %s was deleted from the data bucket. Start another evaluation.", run.ID)
	}
	if err != nil {
		return promotion.Gain{}, err
	}
	gain, applies := gate.Measure(report, run.Sides[at].Name)
	gain.Evaluation = run.ID
	if !applies {
		return gain, fault.Refuse(fault.FailedPrecondition, "require.metric", "METRIC_DOES_NOT_APPLY",
			"The metric %s applies to no example of the evaluation %s. Leave it out for the metric that decided the verdict.", gain.Metric, run.ID)
	}
	return gain, nil
}

// report reads the report of an evaluation that has succeeded. The record has the figures of one
// metric and one side only.
func (s *Service) report(ctx context.Context, run evalrun.Run) (report evaluation.Report, err error) {
	bucket, name, ok := tuning.ParseURI(run.Result.Report)
	if !ok {
		return report, fmt.Errorf("read the report of evaluation %s: %q is no object", run.ID, run.Result.Report)
	}
	object, err := s.Objects.ReadLive(ctx, bucket, name)
	if err != nil {
		return report, err
	}
	defer func() { _ = object.Close() }() // nothing is lost by a failing close after reading
	if err := json.NewDecoder(object).Decode(&report); err != nil {
		return report, fmt.Errorf("decode the report of evaluation %s: %w", run.ID, err)
	}
	return report, nil
}
