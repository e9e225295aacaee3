// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"cmp"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
)

// Hyperparameters are those that the caller asked for. The service or Vertex AI chooses the value
// of a nil field.
type Hyperparameters struct {
	EpochCount             *int64   `json:"epoch_count,omitempty" firestore:"epoch_count,omitempty"`
	LearningRateMultiplier *float64 `json:"learning_rate_multiplier,omitempty" firestore:"learning_rate_multiplier,omitempty"`
	AdapterSize            *int64   `json:"adapter_size,omitempty" firestore:"adapter_size,omitempty"`
	BatchSize              *int64   `json:"batch_size,omitempty" firestore:"batch_size,omitempty"`
	LearningRate           *float64 `json:"learning_rate,omitempty" firestore:"learning_rate,omitempty"`
}

// WithDefaults returns h with its nil fields taken from base.
func (h Hyperparameters) WithDefaults(base Hyperparameters) Hyperparameters {
	return Hyperparameters{
		EpochCount:             cmp.Or(h.EpochCount, base.EpochCount),
		LearningRateMultiplier: cmp.Or(h.LearningRateMultiplier, base.LearningRateMultiplier),
		AdapterSize:            cmp.Or(h.AdapterSize, base.AdapterSize),
		BatchSize:              cmp.Or(h.BatchSize, base.BatchSize),
		LearningRate:           cmp.Or(h.LearningRate, base.LearningRate),
	}
}

// Failure is why a job failed or was cancelled: a google.rpc code and a text, either Vertex AI's or
// ours.
type Failure struct {
	Code       int32             `json:"code" firestore:"code"`
	Message    string            `json:"message" firestore:"message"`
	Violations []fault.Violation `json:"field_violations,omitempty" firestore:"violations,omitempty"`
	// Kind, Reason and Metadata are those of our own error, so that a repeated start gets the same
	// answer as the first.
	Kind     string            `json:"-" firestore:"kind,omitempty"`
	Reason   string            `json:"-" firestore:"reason,omitempty"`
	Metadata map[string]string `json:"-" firestore:"metadata,omitempty"`
}

// These constants limit the violations that a record keeps of a refused request: their number, and
// their size in bytes. A document holds 1 MiB and has them twice, in the failure and in its event.
const (
	keptViolations = 1000
	keptBytes      = 200 << 10
	placeBytes     = 64 // of a place in records, without its pointer
)

// FailureOf returns the form of an error that a record keeps, with the google.rpc code of its
// cause.
func FailureOf(err error, code int32) Failure {
	e := fault.From(err)
	n, size := 0, 0
	for ; n < min(len(e.Violations), keptViolations); n++ {
		v := e.Violations[n]
		size += len(v.Field) + len(v.Reason) + len(v.Description)
		if v.Place != nil {
			size += len(v.Pointer) + placeBytes
		}
		if size > keptBytes {
			break
		}
	}
	return Failure{
		Code: code, Message: e.Message, Violations: e.Violations[:n], Kind: e.Kind.String(), Reason: e.Reason, Metadata: e.Metadata,
	}
}

// Err returns the error with which a failed start was answered.
func (f Failure) Err() error {
	kind, _ := fault.ParseKind(f.Kind)
	return &fault.Error{Kind: kind, Message: f.Message, Violations: f.Violations, Reason: f.Reason, Metadata: f.Metadata}
}

// Job is the record of a tuning job, one Firestore document for each job. Its ID is ours and exists
// before Vertex AI knows the job. Name is Vertex AI's and is empty until Vertex AI has accepted the
// job.
type Job struct {
	ID                string          `firestore:"-"`
	Name              string          `firestore:"name"`
	Number            string          `firestore:"number"` // last segment of Name, for looking up a job
	Location          string          `firestore:"location"`
	DisplayName       string          `firestore:"display_name"`
	BaseModel         string          `firestore:"base_model"`
	ModelID           string          `firestore:"model_id,omitempty"`
	Hyperparameters   Hyperparameters `firestore:"hyperparameters"`
	Spec              Spec            `firestore:"spec"`
	OpenAI            *OpenAI         `firestore:"openai,omitempty"` // if a client of OpenAI's has started the job
	Priority          int64           `firestore:"priority"`
	Timeout           time.Duration   `firestore:"timeout,omitempty"` // the longest running time, 0 for no limit
	CancelWhenStalled bool            `firestore:"cancel_when_stalled,omitempty"`
	Evaluate          bool            `firestore:"evaluate,omitempty"`     // compare the tuned model with its base at the end
	RetunedFrom       string          `firestore:"retuned_from,omitempty"` // ID of the job that this one repeats on another base model
	// PromoteIf is the gate with which the tuned model is promoted after its evaluation, if the
	// start asked for that. Promotion is nil until that is decided.
	PromoteIf *promotion.Gate    `firestore:"promote_if,omitempty"`
	Promotion *promotion.Outcome `firestore:"promotion,omitempty"`
	StartedBy string             `firestore:"started_by"`

	// Request is the start's request as JSON. It is kept until the dataset is written. A long one
	// is an object in Cloud Storage instead, whose gs:// URI is RequestData.
	Request     []byte `firestore:"request,omitempty"`
	RequestData string `firestore:"request_data,omitempty"`

	TrainingData string   `firestore:"training_data"` // gs:// URI
	Pairs        int64    `firestore:"pairs"`
	Merged       int64    `firestore:"merged,omitempty"`
	LeftOut      *LeftOut `firestore:"left_out,omitempty"`
	Warnings     []string `firestore:"warnings,omitempty"`
	Lineage      Lineage  `firestore:"lineage"`

	// Estimate is the estimate of tokens and cost from before the job was submitted, as the JSON of
	// package estimate.
	Estimate []byte `firestore:"estimate,omitempty"`
	// Cost is the upper bound of the job's cost, and Reserved is the part of it that is reserved in
	// a monthly budget, both in millionths of a US dollar. Month is the month of that budget, such
	// as 2006-01.
	Cost     int64  `firestore:"cost_micro_usd,omitempty"`
	Reserved int64  `firestore:"reserved_micro_usd,omitempty"`
	Month    string `firestore:"budget_month,omitempty"`

	// Tentative is set until the service has committed itself to the job, see Step.
	Tentative bool `firestore:"tentative,omitempty"`
	// Key is the document ID of the start's Idempotency-Key, if it has one.
	Key string `firestore:"key,omitempty"`

	Step            Step           `firestore:"step"`
	LeaseUntil      time.Time      `firestore:"lease_until"`
	Attempts        int64          `firestore:"attempts,omitempty"`    // how often the preparation was resumed
	Crashes         int64          `firestore:"crashes,omitempty"`     // attempts in a row that ended without recording a result
	Submissions     int64          `firestore:"submissions,omitempty"` // how often the job was submitted to Vertex AI
	Refusals        int64          `firestore:"refusals,omitempty"`    // how often Vertex AI had no quota left
	Detail          string         `firestore:"detail,omitempty"`      // why the job has not progressed, as a sentence for the caller
	CancelRequested *CancelRequest `firestore:"cancel_requested,omitempty"`
	StalledAt       time.Time      `firestore:"stalled_at,omitempty"`
	FirstAnswer     *Answer        `firestore:"first_answer,omitempty"`

	State       State    `firestore:"state"`
	VertexState string   `firestore:"vertex_state"` // Vertex AI's state, JOB_STATE_*
	Finished    bool     `firestore:"finished"`
	Failure     *Failure `firestore:"failure,omitempty"`

	TunedModel    string       `firestore:"tuned_model,omitempty"`
	TunedEndpoint string       `firestore:"tuned_endpoint,omitempty"`
	Checkpoints   []Checkpoint `firestore:"checkpoints,omitempty"`
	Stats         *Stats       `firestore:"stats,omitempty"`
	// Dropped are some of the examples that Vertex AI left out; Stats counts all.
	Dropped []Dropped `firestore:"dropped,omitempty"`
	// Experiment is Vertex AI's metadata context of the job's metrics. Metrics is nil until they
	// are read, after the job's end.
	Experiment string   `firestore:"experiment,omitempty"`
	Metrics    *Metrics `firestore:"metrics,omitempty"`

	// Events are all events of the job; the first Published of them were published. Watched is set
	// while the poller has work to do for the job: it has not finished, or not all events were
	// published, or its promotion is not decided.
	Events    []Event `firestore:"events"`
	Published int64   `firestore:"told"`
	Watched   bool    `firestore:"watched"`

	CreatedAt time.Time `firestore:"created_at"`
	UpdatedAt time.Time `firestore:"updated_at"`
	StartedAt time.Time `firestore:"started_at"`
	EndedAt   time.Time `firestore:"ended_at"`
}

// AwaitsPromotion reports whether the poller must still decide if the tuned model is promoted.
func (j Job) AwaitsPromotion() bool {
	return j.State == Succeeded && j.PromoteIf != nil && j.Promotion == nil
}

// Spec is the part of the request to Vertex AI without the data, the base model and the
// hyperparameters.
type Spec struct {
	APIVersion               string            `firestore:"api_version"` // version of the tuning API: v1 or v1beta1
	NotSent                  []string          `firestore:"not_sent,omitempty"`
	TuningMode               string            `firestore:"tuning_mode,omitempty"`
	ExportLastCheckpointOnly bool              `firestore:"export_last_checkpoint_only,omitempty"`
	OutputURI                string            `firestore:"output_uri,omitempty"`
	ValidationData           string            `firestore:"validation_data,omitempty"` // gs:// URI of the job's own file
	PreTunedModel            string            `firestore:"pre_tuned_model,omitempty"`
	Labels                   map[string]string `firestore:"labels,omitempty"`
	ServiceAccount           string            `firestore:"service_account,omitempty"`
	KMSKeyName               string            `firestore:"kms_key_name,omitempty"`
}

// OpenAI holds the fields of a start by a client of OpenAI's that no other start has. They do not
// change the job, and are returned as they were given.
type OpenAI struct {
	TrainingFile   string `json:"training_file" firestore:"training_file"`
	ValidationFile string `json:"validation_file,omitempty" firestore:"validation_file,omitempty"`
	Suffix         string `json:"suffix,omitempty" firestore:"suffix,omitempty"`
	Seed           int64  `json:"seed,omitempty" firestore:"seed,omitempty"`
	// Metadata is a JSON object of strings, because its keys need not be legal in a document.
	Metadata []byte `json:"metadata,omitempty" firestore:"metadata,omitempty"`
	// Warnings are about fields that have no effect.
	Warnings []string `json:"warnings,omitempty" firestore:"warnings,omitempty"`
}

// Lineage records what a dataset was made from.
type Lineage struct {
	Sources       []SourceObject `json:"sources,omitempty" firestore:"sources,omitempty"`
	SourceURIs    []string       `json:"-" firestore:"source_uris,omitempty"`                           // URIs of the Sources, for looking up the job
	Index         string         `json:"index,omitempty" firestore:"index,omitempty"`                   // gs:// URI of the index, which has the source of each line
	DatasetSHA256 string         `json:"dataset_sha256,omitempty" firestore:"dataset_sha256,omitempty"` // in hex
	Converter     string         `json:"converter,omitempty" firestore:"converter,omitempty"`           // version of this program
	// Options are the changes that were made to every example, by the field of the request.
	Options    map[string]string `json:"options,omitempty" firestore:"options,omitempty"`
	Request    string            `json:"request_sha256,omitempty" firestore:"request_sha256,omitempty"` // hash of the request
	Validation int64             `json:"validation_examples,omitempty" firestore:"validation,omitempty"`
}

// SourceObject is a file from which a dataset was made.
type SourceObject struct {
	URI        string `json:"uri" firestore:"uri"`
	Generation int64  `json:"generation,string" firestore:"generation"`
	SHA256     string `json:"sha256" firestore:"sha256"` // of the stored bytes, in hex
}

// LeftOut counts the messages that are in no pair, and names the first of them.
type LeftOut struct {
	Count    int64            `json:"count" firestore:"count"`
	Reasons  map[string]int64 `json:"reasons" firestore:"reasons"`
	Messages []LeftOutMessage `json:"messages" firestore:"messages"`
}

// LeftOutMessage is a message that is in no pair.
type LeftOutMessage struct {
	ID     string `json:"message_id" firestore:"message_id"`
	Reason string `json:"reason" firestore:"reason"`
}

// Checkpoint is one of a job's intermediate models, which has its own endpoint.
type Checkpoint struct {
	ID       string `json:"checkpoint_id" firestore:"checkpoint_id"`
	Epoch    int64  `json:"epoch" firestore:"epoch"`
	Step     int64  `json:"step" firestore:"step"`
	Endpoint string `json:"endpoint,omitempty" firestore:"endpoint,omitempty"`
	// The metrics are nil where they are not known, such as before the job's end.
	TrainLoss     *float64 `json:"train_loss,omitempty" firestore:"train_loss,omitempty"`
	EvalLoss      *float64 `json:"eval_loss,omitempty" firestore:"eval_loss,omitempty"`
	TrainAccuracy *float64 `json:"train_accuracy,omitempty" firestore:"train_accuracy,omitempty"`
	EvalAccuracy  *float64 `json:"eval_accuracy,omitempty" firestore:"eval_accuracy,omitempty"`
}

// same reports whether two descriptions by Vertex AI, which have no metrics, are equal.
func (c Checkpoint) same(other Checkpoint) bool {
	return c.ID == other.ID && c.Epoch == other.Epoch && c.Step == other.Step && c.Endpoint == other.Endpoint
}

// Metrics is what a record keeps of the metrics of a job that has ended.
type Metrics struct {
	URI       string `firestore:"uri,omitempty"`       // gs:// URI of the curves, or "" if there are none
	Detail    string `firestore:"detail,omitempty"`    // why there are none, as a sentence for the caller
	Memorized string `firestore:"memorized,omitempty"` // a sentence, if the model has memorized its data
}

// Stats are Vertex AI's counts of the training data. Source: tuning_data_stats of TuningJob.
type Stats struct {
	Examples       int64 `json:"examples" firestore:"examples"`
	BillableTokens int64 `json:"billable_tokens" firestore:"billable_tokens"`
	Steps          int64 `json:"steps" firestore:"steps"`
	// Dropped counts the examples that Vertex AI left out. Source: its field
	// total_truncated_example_count.
	Dropped int64 `json:"dropped" firestore:"dropped"`
}

// Dropped is a training example that Vertex AI left out. Index is its line in the dataset, counted
// from 1.
type Dropped struct {
	Index  int64  `firestore:"index"`
	Reason string `firestore:"reason,omitempty"`
}

// Observation is Vertex AI's description of a job at one time.
type Observation struct {
	Name          string
	Label         string // our ID of the job, from the label of the job on Vertex AI
	VertexState   string
	Failure       *Failure
	TunedModel    string
	TunedEndpoint string
	Checkpoints   []Checkpoint
	Stats         *Stats
	Dropped       []Dropped
	Experiment    string // the metadata context of the job's metrics
	CreatedAt     time.Time
	UpdatedAt     time.Time
	StartedAt     time.Time
	EndedAt       time.Time
}
