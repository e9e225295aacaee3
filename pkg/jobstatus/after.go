// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobstatus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	serving "github.com/vertextune/vertextune/pkg/endpoint"
	"github.com/vertextune/vertextune/pkg/estimate"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/provenance"
	"github.com/vertextune/vertextune/pkg/remedy"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// aftermath is what is told of a job beside its record: what became of its data and its money, how its model is
// called, and what is to be done where it failed.
type aftermath struct {
	Estimate     json.RawMessage      `json:"estimate,omitempty"`
	Billed       *estimate.Billed     `json:"billed,omitempty"`
	Dropped      []provenance.Dropped `json:"dropped_examples,omitempty"`
	EndpointCall *serving.Call        `json:"endpoint_call,omitempty"`
	Remedy       *Remedy              `json:"remedy,omitempty"`
}

// Remedy is what is to be done about a failure.
type Remedy struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
	Fix      string `json:"fix"`
	Operator bool   `json:"for_operator"`
	Passes   bool   `json:"may_pass"`
}

// after tells what there is to tell, and warns of what is not.
func (t *Teller) after(ctx context.Context, job tuning.Job) (told aftermath, warnings []string) {
	told.Remedy = t.Remedy(job)
	if len(job.Estimate) > 0 {
		var e estimate.Estimate
		if err := json.Unmarshal(job.Estimate, &e); err != nil {
			t.Log.ErrorContext(ctx, "estimate on record is none", "job_id", job.ID, "error", err)
		} else {
			told.Estimate, told.Billed = job.Estimate, billed(job, e)
		}
	}
	if len(job.Dropped) > 0 {
		var err error
		if told.Dropped, err = t.dropped(ctx, job); err != nil {
			t.Log.WarnContext(ctx, "sources of dropped examples not known", "job_id", job.ID, "error", err)
			warnings = append(warnings, "What the dropped examples were made of could not be found out just now, or was never written down.")
		}
	}
	if job.TunedEndpoint != "" {
		call, err := serving.Ready(job.TunedEndpoint, t.Facts.Current(ctx).Lookup(job.BaseModel))
		if err != nil {
			t.Log.WarnContext(ctx, "no call of the tuned endpoint", "job_id", job.ID, "error", err)
		} else {
			told.EndpointCall = &call
		}
	}
	return told, warnings
}

// billed compares what Vertex AI has counted with the estimate.
func billed(job tuning.Job, e estimate.Estimate) *estimate.Billed {
	if job.Stats == nil || job.Stats.BillableTokens == 0 {
		return nil
	}
	return new(e.Against(job.Stats.BillableTokens, epochsOf(job)))
}

// epochsOf returns the epochs that a job was asked for or, of one that has succeeded, that it came to; 0 if that is
// not known.
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

// dropped names the examples that Vertex AI left out. The index is read here and nowhere else: most jobs drop none.
// With an error they are returned without their sources.
func (t *Teller) dropped(ctx context.Context, job tuning.Job) ([]provenance.Dropped, error) {
	indices, reasons := make([]int64, len(job.Dropped)), make([]string, len(job.Dropped))
	for i, d := range job.Dropped {
		indices[i], reasons[i] = d.Index, d.Reason
	}
	none := strings.NewReader("")
	bucket, name, ok := strings.Cut(strings.TrimPrefix(job.Lineage.Index, "gs://"), "/")
	if !ok {
		all, _ := provenance.Name(none, indices, reasons) // that nothing can be read is known
		return all, errNoIndex
	}
	attrs, err := t.Objects.Attrs(ctx, bucket, name)
	if err == nil {
		index, openErr := t.Objects.Read(ctx, bucket, name, attrs.Generation)
		if err = openErr; err == nil {
			defer func() { _ = index.Close() }() // it was read as far as it is needed
			return provenance.Name(index, indices, reasons)
		}
	}
	if errors.Is(err, object.ErrNotFound) {
		err = errNoIndex
	}
	all, _ := provenance.Name(none, indices, reasons)
	return all, fmt.Errorf("read %s: %w", job.Lineage.Index, err)
}

// Remedy returns what is to be done about a job's failure, if that is known. Whoever may see the job sees the
// words of its error, so the fix is told too where it is for the operator.
func (t *Teller) Remedy(job tuning.Job) *Remedy {
	if job.Failure == nil {
		return nil
	}
	answer := remedy.Answer{Service: job.Failure.Metadata["service"], Code: job.Failure.Code, Message: job.Failure.Message}
	if job.Name != "" {
		answer.Service = remedy.Vertex
	}
	ours := answer.Service == ""
	if ours {
		answer.Reason = job.Failure.Reason
	}
	for _, v := range job.Failure.Violations {
		answer.Fields = append(answer.Fields, remedy.Field{Name: v.Field, Description: v.Description})
	}
	known := t.Known
	known.Location, known.BaseModel = job.Location, job.BaseModel
	r, ok := remedy.For(answer, known)
	// A service's words that are not on record can leave another remedy than they had: that is none. Errors of our
	// own can be worded like a service's.
	meant := job.Failure.Reason == r.Code || job.Failure.Reason == "" && !ours
	if !ok || !meant {
		return nil
	}
	return &Remedy{Code: r.Code, Sentence: r.Sentence, Fix: r.Fix, Operator: r.Operator, Passes: r.Passes}
}
