// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// jobPrefix begins the ID of a job. The rest is the ID of its record.
const jobPrefix = "ftjob-"

// jobView is a job in OpenAI's shape, with a few members of our own at its end.
type jobView struct {
	Object          string            `json:"object"`
	ID              string            `json:"id"`
	CreatedAt       int64             `json:"created_at"`
	Error           *jobError         `json:"error"`
	FineTunedModel  *string           `json:"fine_tuned_model"`
	FinishedAt      *int64            `json:"finished_at"`
	Hyperparameters hyperparameters   `json:"hyperparameters"`
	Model           string            `json:"model"`
	OrganizationID  string            `json:"organization_id"`
	ResultFiles     []string          `json:"result_files"`
	Seed            int64             `json:"seed"`
	Status          string            `json:"status"`
	TrainedTokens   *int64            `json:"trained_tokens"`
	TrainingFile    string            `json:"training_file"`
	ValidationFile  *string           `json:"validation_file"`
	EstimatedFinish *int64            `json:"estimated_finish"`
	Integrations    []string          `json:"integrations"` // always null
	Metadata        map[string]string `json:"metadata"`
	Method          method            `json:"method"`

	JobName      string   `json:"job_name,omitempty"`
	StatusDetail string   `json:"status_detail,omitempty"`
	Warnings     []string `json:"warnings,omitempty"`
	*planView
}

// planView has the members of the answer to a dry run.
type planView struct {
	DryRun   bool              `json:"dry_run"`
	Estimate json.RawMessage   `json:"estimate"`
	Refusals []fault.Violation `json:"refusals,omitempty"`
	Request  json.RawMessage   `json:"vertex_request"`
}

type jobError struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
}

type method struct {
	Type       string     `json:"type"`
	Supervised supervised `json:"supervised"`
}

type supervised struct {
	Hyperparameters hyperparameters `json:"hyperparameters"`
}

// hyperparameters are numbers, or "auto" for those that Vertex AI chooses.
type hyperparameters struct {
	Epochs                 any `json:"n_epochs"`
	BatchSize              any `json:"batch_size"`
	LearningRateMultiplier any `json:"learning_rate_multiplier"`
}

func orAuto[T any](p *T) any {
	if p == nil {
		return "auto"
	}
	return *p
}

// Statuses of OpenAI's.
const (
	validating   = "validating_files"
	queued       = "queued"
	running      = "running"
	succeeded    = "succeeded"
	jobFailed    = "failed"
	jobCancelled = "cancelled"
)

func statusOf(j tuning.Job) string {
	switch j.State {
	case tuning.Queued:
		if j.Step == tuning.Preparing {
			return validating
		}
		return queued
	case tuning.Pending:
		return queued
	case tuning.Succeeded:
		return succeeded
	case tuning.Failed:
		return jobFailed
	case tuning.Cancelled:
		return jobCancelled
	default:
		return running
	}
}

// tunedModel returns what the next call needs: the endpoint of the tuned model or, for an open
// model, the folder with its files.
func tunedModel(j tuning.Job) string {
	if j.State != tuning.Succeeded {
		return ""
	}
	return cmp.Or(j.TunedEndpoint, j.TunedModel, j.Spec.OutputURI)
}

// viewJob returns a job in OpenAI's shape. A job that was started through the other API has
// the URIs of its data as its files.
func (s *Service) viewJob(j tuning.Job) jobView {
	h := hyperparameters{orAuto(j.Hyperparameters.EpochCount), orAuto(j.Hyperparameters.BatchSize), orAuto(j.Hyperparameters.LearningRateMultiplier)}
	v := jobView{
		Object: "fine_tuning.job", ID: jobPrefix + j.ID, CreatedAt: j.CreatedAt.Unix(), Error: viewFailure(j),
		FineTunedModel: optionalText(tunedModel(j)), FinishedAt: seconds(j.EndedAt), Hyperparameters: h, Model: j.BaseModel,
		OrganizationID: s.Project, ResultFiles: []string{}, Status: statusOf(j), TrainingFile: j.TrainingData,
		ValidationFile: optionalText(j.Spec.ValidationData), EstimatedFinish: estimatedFinish(j), Method: method{"supervised", supervised{h}},
		JobName: j.PublicName(s.Project), StatusDetail: j.Detail,
	}
	for _, text := range j.Warnings {
		v.Warnings = append(v.Warnings, fieldNames.Replace(text))
	}
	if j.Stats != nil && j.Stats.BillableTokens > 0 {
		v.TrainedTokens = &j.Stats.BillableTokens
	}
	own := j.OpenAI
	if own == nil {
		return v
	}
	v.Seed, v.TrainingFile, v.ValidationFile = own.Seed, own.TrainingFile, optionalText(own.ValidationFile)
	v.Warnings = append(slices.Clip(own.Warnings), v.Warnings...)
	_ = json.Unmarshal(own.Metadata, &v.Metadata) // it was encoded by us; absent metadata stay null
	for _, id := range []string{own.TrainingFile, own.ValidationFile} {
		if _, isFile := fileTime(id); isFile && j.Finished {
			v.ResultFiles = append(v.ResultFiles, id+reportSuffix)
		}
	}
	return v
}

func optionalText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func seconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.Unix())
}

// viewFailure returns why a job failed, or nil.
func viewFailure(j tuning.Job) *jobError {
	if j.Failure == nil {
		return nil
	}
	code := cmp.Or(j.Failure.Reason, j.Failure.Kind, fmt.Sprint(codes.Code(j.Failure.Code)))
	e := jobError{Message: fieldNames.Replace(j.Failure.Message)}
	if len(j.Failure.Violations) > 0 {
		first := j.Failure.Violations[0]
		code = cmp.Or(first.Reason, code)
		for _, file := range []string{"training_file", "validation_file"} {
			if strings.HasPrefix(fieldNames.Replace(first.Field), file) {
				e.Param = new(file)
			}
		}
	}
	e.Code = strings.ToLower(code)
	return &e
}

// estimatedFinish returns the time at which a running job will likely have ended, or nil.
func estimatedFinish(j tuning.Job) *int64 {
	var e estimate.Estimate
	if j.Finished || j.StartedAt.IsZero() || json.Unmarshal(j.Estimate, &e) != nil || e.Duration == nil {
		return nil
	}
	return new(j.StartedAt.Unix() + e.Duration.High)
}

// viewPlan returns the answer to a dry run. It has a final status, so that a client does not wait
// for the job: failed if the start would be refused, else cancelled.
func (s *Service) viewPlan(p jobs.Plan) jobView {
	v := s.viewJob(p.Job)
	v.ID, v.JobName, v.Status = jobPrefix+"dry-run", "", jobCancelled
	v.planView = &planView{DryRun: true, Estimate: p.Job.Estimate, Refusals: p.Refusals, Request: p.Request}
	if len(p.Refusals) > 0 {
		first := p.Refusals[0]
		v.Status = jobFailed
		v.Error = &jobError{
			Code: strings.ToLower(first.Reason), Message: first.Description, Param: optionalText(fieldNames.Replace(first.Field)),
		}
	}
	return v
}
