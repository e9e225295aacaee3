// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotion

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// Request is a request to promote a job.
type Request struct {
	JobName    string   `json:"job_name"`
	Checkpoint string   `json:"checkpoint_id,omitempty"`
	Require    *Require `json:"require,omitempty"`
}

// Require is the gate of a request. Without an evaluation, the newest one of the job counts.
type Require struct {
	Gate
	Evaluation string `json:"evaluation,omitempty"`
}

// maxPoints is the largest gain that is possible, in percentage points.
const maxPoints = 100

// ReadRequest reads a request from the body of POST /models/MODEL_ID/promote.
func ReadRequest(f *requestfields.Reader) Request {
	r := Request{JobName: f.Text("job_name"), Checkpoint: f.Text("checkpoint_id")}
	if !f.Given("job_name") {
		f.Add("job_name", "REQUIRED", "must name the job whose tuned model is promoted.")
	}
	f.Object("require", func(o *requestfields.Reader) {
		gate := ReadGate(o)
		r.Require = &Require{Gate: *gate, Evaluation: o.Text("evaluation")}
	})
	return r
}

// ReadGate reads the fields of a gate.
func ReadGate(f *requestfields.Reader) *Gate {
	gate := &Gate{Metric: f.Text("metric")}
	if n := f.Number("min_gain"); n != nil {
		gate.MinGain = *n
		if !(math.Abs(*n) <= maxPoints) { // this form also refuses NaN
			f.Add("min_gain", "OUT_OF_RANGE", "must be a number of percentage points, from -100 to 100.")
		}
	}
	if metrics := evaluation.QualityMetrics(); gate.Metric != "" && !slices.Contains(metrics, gate.Metric) {
		f.Add("metric", "INVALID_METRIC", requestfields.OneOf(metrics...))
	}
	return gate
}

// ReadRollback reads the number of the version to leave from the body of POST
// /models/MODEL_ID/rollback; 0 means the active one.
func ReadRollback(f *requestfields.Reader) (leave int64) {
	if n := f.Integer("version"); n != nil {
		leave = *n
		if *n < 1 {
			f.Add("version", "OUT_OF_RANGE", "must be the number of the version to leave, at least 1.")
		}
	}
	return leave
}

// Hash returns a hash of what was requested, which distinguishes a repetition from a reused key.
func Hash(action Action, modelID string, request any) string {
	return requestfields.Hash([]any{action, modelID, request})
}

// KeyOf returns the form of a caller's idempotency key that is kept. It is a hash, because a key
// may be guessable.
func KeyOf(caller, key string) string {
	sum := sha256.Sum256([]byte("promotion\x00" + caller + "\x00" + key))
	return hex.EncodeToString(sum[:16])
}
