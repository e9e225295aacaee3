// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import "time"

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

// Failure is why a job failed or was cancelled, as Vertex AI said it: a google.rpc code and its text.
type Failure struct {
	Code    int32  `json:"code" firestore:"code"`
	Message string `json:"message" firestore:"message"`
}

// Job is the record of a tuning job, one Firestore document each. Its ID is ours and is there before
// Vertex AI knows of the job; Name is Vertex AI's and is empty until the job was accepted.
type Job struct {
	ID              string          `firestore:"-"`
	Name            string          `firestore:"name"`
	Number          string          `firestore:"number"` // last segment of Name, to find a job by it
	Location        string          `firestore:"location"`
	DisplayName     string          `firestore:"display_name"`
	BaseModel       string          `firestore:"base_model"`
	ModelID         string          `firestore:"model_id,omitempty"`
	Hyperparameters Hyperparameters `firestore:"hyperparameters"`
	TrainingData    string          `firestore:"training_data"` // gs:// URI
	Pairs           int64           `firestore:"pairs"`
	StartedBy       string          `firestore:"started_by"`
	Warnings        []string        `firestore:"warnings,omitempty"`

	State       State    `firestore:"state"`
	VertexState string   `firestore:"vertex_state"` // Vertex AI's own word, JOB_STATE_*
	Finished    bool     `firestore:"finished"`
	Failure     *Failure `firestore:"failure,omitempty"`

	TunedModel    string       `firestore:"tuned_model,omitempty"`
	TunedEndpoint string       `firestore:"tuned_endpoint,omitempty"`
	Checkpoints   []Checkpoint `firestore:"checkpoints,omitempty"`
	Stats         *Stats       `firestore:"stats,omitempty"`

	CreatedAt time.Time `firestore:"created_at"`
	UpdatedAt time.Time `firestore:"updated_at"`
	StartedAt time.Time `firestore:"started_at"`
	EndedAt   time.Time `firestore:"ended_at"`
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
