// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
)

// Hyperparameters are what the caller asked for; a nil field was left to the service.
type Hyperparameters struct {
	EpochCount   *int64   `json:"epoch_count,omitempty" firestore:"epoch_count,omitempty"`
	BatchSize    *int64   `json:"batch_size,omitempty" firestore:"batch_size,omitempty"`
	LearningRate *float64 `json:"learning_rate,omitempty" firestore:"learning_rate,omitempty"`
}

// Over returns h with what it leaves open taken from base.
func (h Hyperparameters) Over(base Hyperparameters) Hyperparameters {
	if h.EpochCount == nil {
		h.EpochCount = base.EpochCount
	}
	if h.BatchSize == nil {
		h.BatchSize = base.BatchSize
	}
	if h.LearningRate == nil {
		h.LearningRate = base.LearningRate
	}
	return h
}

// Failure is why a job failed or was cancelled: a google.rpc code and a text, Vertex AI's or ours.
type Failure struct {
	Code       int32             `json:"code" firestore:"code"`
	Message    string            `json:"message" firestore:"message"`
	Violations []fault.Violation `json:"field_violations,omitempty" firestore:"violations,omitempty"`
	// Kind, Reason and Metadata are those of our own error, for a repeated start to be answered as the first was.
	Kind     string            `json:"-" firestore:"kind,omitempty"`
	Reason   string            `json:"-" firestore:"reason,omitempty"`
	Metadata map[string]string `json:"-" firestore:"metadata,omitempty"`
}

// How many places a record keeps of a request that was refused, and how many bytes of what is said of them. A document
// holds 1 MiB and has them twice, in the failure and in its event.
const (
	keptViolations = 1000
	keptBytes      = 200 << 10
)

// FailureOf returns an error as a record keeps it, with the google.rpc code of its cause.
func FailureOf(err error, code int32) Failure {
	e := fault.Of(err)
	n, size := 0, 0
	for ; n < min(len(e.Violations), keptViolations); n++ {
		v := e.Violations[n]
		if size += len(v.Field) + len(v.Reason) + len(v.Description); size > keptBytes {
			break
		}
	}
	return Failure{
		Code: code, Message: e.Message, Violations: e.Violations[:n], Kind: e.Kind.String(), Reason: e.Reason, Metadata: e.Metadata,
	}
}

// Err returns the error that a failed start was answered with.
func (f Failure) Err() error {
	kind, _ := fault.ParseKind(f.Kind)
	return &fault.Error{Kind: kind, Message: f.Message, Violations: f.Violations, Reason: f.Reason, Metadata: f.Metadata}
}

// Job is the record of a tuning job, one Firestore document each. Its ID is ours and is there before
// Vertex AI knows of the job; Name is Vertex AI's and is empty until the job was accepted.
type Job struct {
	ID                string          `firestore:"-"`
	Name              string          `firestore:"name"`
	Number            string          `firestore:"number"` // last segment of Name, to find a job by it
	Location          string          `firestore:"location"`
	DisplayName       string          `firestore:"display_name"`
	BaseModel         string          `firestore:"base_model"`
	ModelID           string          `firestore:"model_id,omitempty"`
	Hyperparameters   Hyperparameters `firestore:"hyperparameters"`
	Priority          int64           `firestore:"priority"`
	Timeout           time.Duration   `firestore:"timeout,omitempty"` // of running, 0 for none
	CancelWhenStalled bool            `firestore:"cancel_when_stalled,omitempty"`
	StartedBy         string          `firestore:"started_by"`

	// Request is what the dataset is to be made of, as JSON, until it is written. A long one is an object of
	// Cloud Storage instead, whose gs:// URI is RequestData.
	Request     []byte `firestore:"request,omitempty"`
	RequestData string `firestore:"request_data,omitempty"`

	TrainingData string   `firestore:"training_data"` // gs:// URI
	Pairs        int64    `firestore:"pairs"`
	Merged       int64    `firestore:"merged,omitempty"`
	LeftOut      *LeftOut `firestore:"left_out,omitempty"`
	Warnings     []string `firestore:"warnings,omitempty"`

	Step            Step      `firestore:"step"`
	LeaseUntil      time.Time `firestore:"lease_until"`
	Submissions     int64     `firestore:"submissions,omitempty"` // how often Vertex AI was asked for it
	Refusals        int64     `firestore:"refusals,omitempty"`    // how often it had no room
	Detail          string    `firestore:"detail,omitempty"`      // why it has not come further, for people
	CancelRequested *Wish     `firestore:"cancel_requested,omitempty"`
	StalledAt       time.Time `firestore:"stalled_at,omitempty"`
	FirstAnswer     *Answer   `firestore:"first_answer,omitempty"`

	State       State    `firestore:"state"`
	VertexState string   `firestore:"vertex_state"` // Vertex AI's own word, JOB_STATE_*
	Finished    bool     `firestore:"finished"`
	Failure     *Failure `firestore:"failure,omitempty"`

	TunedModel    string       `firestore:"tuned_model,omitempty"`
	TunedEndpoint string       `firestore:"tuned_endpoint,omitempty"`
	Checkpoints   []Checkpoint `firestore:"checkpoints,omitempty"`
	Stats         *Stats       `firestore:"stats,omitempty"`

	// Events is all that happened to the job; the first Told of them were published. Watched is set while
	// there is anything left to do about the job: it has not finished, or not everything was told.
	Events  []Event `firestore:"events"`
	Told    int64   `firestore:"told"`
	Watched bool    `firestore:"watched"`

	CreatedAt time.Time `firestore:"created_at"`
	UpdatedAt time.Time `firestore:"updated_at"`
	StartedAt time.Time `firestore:"started_at"`
	EndedAt   time.Time `firestore:"ended_at"`
}

// LeftOut counts the messages that are in no pair, and names the first of them.
type LeftOut struct {
	Count    int64            `json:"count" firestore:"count"`
	Reasons  map[string]int64 `json:"reasons" firestore:"reasons"`
	Messages []LeftOutMessage `json:"messages" firestore:"messages"`
}

// LeftOutMessage is one of them.
type LeftOutMessage struct {
	ID     string `json:"message_id" firestore:"message_id"`
	Reason string `json:"reason" firestore:"reason"`
}

// Checkpoint is one of a job's intermediate models, deployed to an endpoint of its own.
type Checkpoint struct {
	ID       string `json:"checkpoint_id" firestore:"checkpoint_id"`
	Epoch    int64  `json:"epoch" firestore:"epoch"`
	Step     int64  `json:"step" firestore:"step"`
	Endpoint string `json:"endpoint,omitempty" firestore:"endpoint,omitempty"`
}

// Stats is what Vertex AI counted in the training data, from tuning_data_stats.
type Stats struct {
	Examples       int64 `json:"examples" firestore:"examples"`
	BillableTokens int64 `json:"billable_tokens" firestore:"billable_tokens"`
	Steps          int64 `json:"steps" firestore:"steps"`
	// Dropped examples: Vertex AI's field total_truncated_example_count counts those it left out.
	Dropped int64 `json:"dropped" firestore:"dropped"`
}

// Observation is what Vertex AI said of a job at one time.
type Observation struct {
	Name          string
	Label         string // our job's ID, from the label on the job
	VertexState   string
	Failure       *Failure
	TunedModel    string
	TunedEndpoint string
	Checkpoints   []Checkpoint
	Stats         *Stats
	CreatedAt     time.Time
	UpdatedAt     time.Time
	StartedAt     time.Time
	EndedAt       time.Time
}
