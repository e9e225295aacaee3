// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evalrun

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Limits of a request.
const (
	MaxExamples    = 1000
	maxCheckpoints = 10 // Vertex AI keeps about ten of a job
)

// Request is a request to evaluate a job.
type Request struct {
	JobName     string     `json:"job_name"`
	Data        string     `json:"evaluation_data,omitempty"`
	Checkpoints []string   `json:"checkpoints,omitempty"`
	Against     string     `json:"against,omitempty"` // another job
	MaxExamples int64      `json:"max_examples,omitempty"`
	Metric      string     `json:"metric,omitempty"`
	Judge       bool       `json:"judge,omitempty"`
	MaxCost     usd.Amount `json:"max_cost_usd,omitempty"`
}

// ReadRequest reads a request from the body of POST /evaluations.
func ReadRequest(f *requestfields.Reader) Request {
	r := Request{
		JobName: f.Text("job_name"), Data: f.Text("evaluation_data"),
		Checkpoints: f.Texts("checkpoints", maxCheckpoints, ""), Against: f.Text("against"),
		Metric: f.Text("metric"), Judge: f.Flag("judge"), MaxCost: f.Dollars("max_cost_usd"),
	}
	if n := f.Integer("max_examples"); n != nil {
		r.MaxExamples = *n
		if *n < 1 || *n > MaxExamples {
			f.Add("max_examples", "OUT_OF_RANGE", fmt.Sprintf("must be from 1 to %d.", MaxExamples))
		}
	}
	return r
}

// Check adds what is wrong with the request to the faults that were found when it was read.
func (r Request) Check(faults fault.Faults) fault.Faults {
	add := func(field, reason, description string) {
		if !faults.Has(field) {
			faults.Add(field, reason, description)
		}
	}
	if r.JobName == "" {
		add("job_name", "REQUIRED", "must name the job to evaluate.")
	}
	if r.Data != "" {
		if _, _, ok := tuning.ParseURI(r.Data); !ok || !strings.HasSuffix(r.Data, ".jsonl") {
			add("evaluation_data", "INVALID_URI", "must be a JSONL file in Cloud Storage: gs://BUCKET/NAME.jsonl.")
		}
	}
	if metrics := evaluation.QualityMetrics(); r.Metric != "" && !slices.Contains(metrics, r.Metric) {
		add("metric", "INVALID_METRIC", requestfields.OneOf(metrics...))
	}
	if r.MaxCost < 0 {
		add("max_cost_usd", "OUT_OF_RANGE", "must not be negative.")
	}
	for i, id := range r.Checkpoints {
		if slices.Contains(r.Checkpoints[:i], id) {
			add(fmt.Sprintf("checkpoints[%d]", i), "DUPLICATE", "must be named once.")
		}
	}
	return faults
}

// Hash returns a hash of the request.
func (r Request) Hash() string { return requestfields.Hash(r) }
