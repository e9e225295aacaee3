// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	serving "github.com/vertextune/vertextune/pkg/core/endpoint"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/remedy"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// outcome is the part of a status that the record does not have: the estimate and the bill, the
// dropped examples, how to call the tuned model, and how to fix a failure.
type outcome struct {
	Estimate     json.RawMessage       `json:"estimate,omitempty"`
	Billed       *estimate.Billed      `json:"billed,omitempty"`
	Dropped      []sourceindex.Dropped `json:"dropped_examples,omitempty"`
	EndpointCall *serving.Call         `json:"endpoint_call,omitempty"`
	Remedy       *Remedy               `json:"remedy,omitempty"`
}

// Remedy says how to fix a failure.
type Remedy struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
	Fix      string `json:"fix"`
	Operator bool   `json:"for_operator"`
	Passes   bool   `json:"may_pass"`
}

// after returns the outcome of a job, with a warning for each part that could not be found out.
func (t *Presenter) after(ctx context.Context, job tuning.Job) (out outcome, warnings []string) {
	out.Remedy = t.Remedy(job)
	if len(job.Estimate) > 0 {
		var e estimate.Estimate
		if err := json.Unmarshal(job.Estimate, &e); err != nil {
			t.Log.ErrorContext(ctx, "the recorded estimate cannot be decoded", "job_id", job.ID, "error", err)
		} else {
			out.Estimate, out.Billed = job.Estimate, billed(job, e)
		}
	}
	if job.Metrics != nil && job.Metrics.Memorized != "" {
		warnings = append(warnings, job.Metrics.Memorized)
	}
	if len(job.Dropped) > 0 {
		var err error
		if out.Dropped, err = t.dropped(ctx, job); err != nil {
			t.Log.WarnContext(ctx, "the sources of the dropped examples were not read", "job_id", job.ID, "error", err)
			warnings = append(warnings, "The sources of the dropped examples could not be read, or were never recorded.")
		}
	}
	if job.TunedEndpoint != "" {
		call, err := serving.Ready(job.TunedEndpoint, t.Catalogue.Current(ctx).Lookup(job.BaseModel))
		if err != nil {
			t.Log.WarnContext(ctx, "the call of the tuned endpoint could not be built", "job_id", job.ID, "error", err)
		} else {
			out.EndpointCall = &call
		}
	}
	return out, warnings
}

// billed compares Vertex AI's count of tokens with the estimate.
func billed(job tuning.Job, e estimate.Estimate) *estimate.Billed {
	if job.Stats == nil || job.Stats.BillableTokens == 0 {
		return nil
	}
	return new(e.Against(job.Stats.BillableTokens, epochsOf(job)))
}

// TuningCost returns what a job was expected to cost, and what it was billed if Vertex AI's count
// of tokens agrees with the estimate.
func TuningCost(job tuning.Job) (cost evaluation.TuningCost) {
	var e estimate.Estimate
	if len(job.Estimate) == 0 || json.Unmarshal(job.Estimate, &e) != nil {
		return cost
	}
	if e.Cost != nil {
		cost.Estimated = e.Cost.Expected
	}
	switch b := billed(job, e); {
	case b == nil:
	case b.Fits == estimate.OneEpoch:
		cost.Billed = b.OneEpoch.Cost
	case b.Fits == estimate.AllEpochs:
		cost.Billed = b.AllEpochs.Cost
	}
	return cost
}

// epochsOf returns the epochs that the request asked for or, for a job that succeeded without, the
// last epoch of its checkpoints; 0 means unknown.
func epochsOf(job tuning.Job) (epochs int64) {
	if asked := job.Hyperparameters.EpochCount; asked != nil {
		return *asked
	}
	if job.State != tuning.Succeeded {
		return 0
	}
	for _, c := range job.Checkpoints {
		epochs = max(epochs, c.Epoch)
	}
	return epochs
}

var errNoIndex = errors.New("there is no index of sources")

// dropped returns the examples that Vertex AI left out, with their sources. It reads the index of
// sources, which nothing else needs, because most jobs drop no examples. With an error the examples
// are returned without their sources.
func (t *Presenter) dropped(ctx context.Context, job tuning.Job) ([]sourceindex.Dropped, error) {
	indices, reasons := make([]int64, len(job.Dropped)), make([]string, len(job.Dropped))
	for i, d := range job.Dropped {
		indices[i], reasons[i] = d.Index, d.Reason
	}
	none := strings.NewReader("")
	bucket, name, ok := tuning.ParseURI(job.Lineage.Index)
	if !ok {
		all, _ := sourceindex.Name(none, indices, reasons) // an empty index is no news
		return all, errNoIndex
	}
	index, err := t.Objects.ReadLive(ctx, bucket, name)
	if err == nil {
		defer func() { _ = index.Close() }() // nothing is lost by a failing close after reading
		return sourceindex.Name(index, indices, reasons)
	}
	if errors.Is(err, gcs.ErrNotFound) {
		err = errNoIndex
	}
	all, _ := sourceindex.Name(none, indices, reasons)
	return all, fmt.Errorf("read %s: %w", job.Lineage.Index, err)
}

// Remedy returns how to fix a job's failure, or nil if that is not known. It also returns fixes for
// the operator, because a caller who may see the job also sees Vertex AI's message.
func (t *Presenter) Remedy(job tuning.Job) *Remedy {
	if job.Failure == nil {
		return nil
	}
	answer := remedy.Answer{Service: job.Failure.Metadata["service"], Code: job.Failure.Code, Message: job.Failure.Message}
	if job.Name != "" {
		answer.Service = remedy.Vertex
	}
	isOurs := answer.Service == ""
	if isOurs {
		answer.Reason = job.Failure.Reason
	}
	for _, v := range job.Failure.Violations {
		answer.Fields = append(answer.Fields, remedy.Field{Name: v.Field, Description: v.Description})
	}
	known := t.RemedyContext
	known.Location, known.BaseModel = job.Location, job.BaseModel
	r, ok := remedy.For(answer, known)
	// If the recorded reason differs from the remedy's code, the recorded message was too short to
	// match reliably. An error of this service can have the words of another service's error.
	matches := job.Failure.Reason == r.Code || job.Failure.Reason == "" && !isOurs
	if !ok || !matches {
		return nil
	}
	return &Remedy{Code: r.Code, Sentence: r.Sentence, Fix: r.Fix, Operator: r.Operator, Passes: r.Passes}
}
