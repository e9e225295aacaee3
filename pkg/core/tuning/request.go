// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Request is a caller's request to start a job. Exactly one source of training data is set:
// messages (by their IDs, by their session, or both), all messages, or a file.
//
// It is recorded as JSON until the dataset is written. Its hash shows whether a repeated start has
// the same request.
type Request struct {
	MessageIDs      []string        `json:"message_ids,omitempty"`
	SessionID       string          `json:"session_id,omitempty"`
	AllMessages     bool            `json:"all_messages,omitempty"`
	TrainingData    string          `json:"training_data,omitempty"` // gs:// URI of a dataset
	ModelID         string          `json:"model_id,omitempty"`      // document of the collection models with defaults
	BaseModel       string          `json:"base_model,omitempty"`
	Hyperparameters Hyperparameters `json:"hyperparameters"`

	DisplayName              string            `json:"display_name,omitempty"`
	Labels                   map[string]string `json:"labels,omitempty"`
	SystemInstruction        string            `json:"system_instruction,omitempty"` // added to every example without one
	ValidationData           string            `json:"validation_data,omitempty"`    // gs:// URI of a dataset
	ValidationSplit          float64           `json:"validation_split,omitempty"`   // share of the conversations, 0 for none
	TuningMode               string            `json:"tuning_mode,omitempty"`
	ExportLastCheckpointOnly *bool             `json:"export_last_checkpoint_only,omitempty"`
	OutputURI                string            `json:"output_uri,omitempty"` // gs:// folder for tuned open models
	PreTunedModel            string            `json:"pre_tuned_model,omitempty"`
	ContinueModel            bool              `json:"continue_model,omitempty"` // continue from the last tuned version of model_id
	ServiceAccount           string            `json:"service_account,omitempty"`
	KMSKeyName               string            `json:"kms_key_name,omitempty"`
	MaxCost                  usd.Amount        `json:"max_cost_usd,omitempty"`
	Force                    bool              `json:"force,omitempty"` // start even if the catalogue refuses the job

	// TrainingGeneration is the generation of TrainingData to train on, in any of the formats; 0
	// means the current generation of a .jsonl file. It is set for files that start a job by
	// themselves; callers cannot set it.
	TrainingGeneration int64 `json:"training_generation,omitempty"`

	// RetunedFrom is the ID of the job whose data and settings this start repeats on another base
	// model. Callers cannot set it.
	RetunedFrom string `json:"retuned_from,omitempty"`

	// OpenAI is set for a start by a client of OpenAI's.
	OpenAI *OpenAI `json:"openai,omitempty"`

	// Priority orders the queue before age does: a job with a higher priority is submitted first. 0
	// is the default.
	Priority int64 `json:"priority,omitempty"`
	// Timeout is how long the job may run before it counts as stalled; 0 means no limit.
	Timeout time.Duration `json:"timeout,omitempty"`
	// CancelWhenStalled requests that a stalled job is cancelled, in addition to the event that
	// reports it.
	CancelWhenStalled bool `json:"cancel_when_stalled,omitempty"`
	// Evaluate requests that the tuned model is compared with its base when the job has succeeded.
	Evaluate bool `json:"evaluate,omitempty"`
	// PromoteIf requests that the tuned model becomes the active version of ModelID, if that
	// comparison meets the gate.
	PromoteIf *promotion.Gate `json:"promote_if,omitempty"`
}

// Check returns everything that is wrong with the request, without reading any data: the faults
// that its reader has found, and the faults of its values. It adds no second fault to a field.
func (r Request) Check(read fault.Faults) fault.Faults {
	c := check{read: read, Faults: fault.Faults{Kept: slices.Clip(read.Kept), Count: read.Count}}
	c.source(r)
	seen := make(map[string]int, len(r.MessageIDs))
	for i, id := range r.MessageIDs {
		first, twice := seen[id]
		if !twice {
			seen[id] = i
		}
		if IsDocumentID(id) && !twice {
			continue
		}
		field := "message_ids[" + strconv.Itoa(i) + "]"
		if id == "" && (read.Has(field) || read.Count > int64(len(read.Kept))) {
			continue // the reader has already reported that it is no string
		}
		if c.documentID(field, id); twice {
			c.Add(field, "DUPLICATE", fmt.Sprintf("is the same as message_ids[%d]. Name each message once.", first))
		}
	}
	if len(r.SessionID) > idLimit || !utf8.ValidString(r.SessionID) {
		c.Add("session_id", "INVALID_SESSION_ID", fmt.Sprintf("must be at most %d bytes of UTF-8.", idLimit))
	}
	if r.ModelID != "" {
		c.documentID("model_id", r.ModelID)
	}
	if r.BaseModel != "" && (len(r.BaseModel) > maxModel || !modelPattern.MatchString(r.BaseModel)) {
		c.Add("base_model", "INVALID_BASE_MODEL", "must be the name of a model, such as gemini-3.1-flash-lite.")
	}
	if r.TrainingData != "" {
		if _, _, ok := ParseURI(r.TrainingData); !ok || r.TrainingGeneration == 0 && !strings.HasSuffix(r.TrainingData, ".jsonl") {
			c.Add("training_data", "INVALID_URI", "must be a JSONL file in Cloud Storage: gs://BUCKET/NAME.jsonl.")
		}
	}
	for _, v := range r.Hyperparameters.Check("hyperparameters").Kept {
		c.Add(v.Field, v.Reason, v.Description)
	}
	c.spec(r)
	if r.Priority < -maxPriority || r.Priority > maxPriority {
		c.Add("priority", "OUT_OF_RANGE", fmt.Sprintf("must be from %d to %d.", -maxPriority, maxPriority))
	}
	return c.Faults
}

// maxPriority is the largest absolute value of a priority.
const maxPriority = 1000

// Check returns the faults of the hyperparameters; field is their path in the request.
func (h Hyperparameters) Check(field string) fault.Faults {
	var c check
	if h.EpochCount != nil && (*h.EpochCount < 1 || *h.EpochCount > maxEpochs) {
		c.Add(field+".epoch_count", "OUT_OF_RANGE", fmt.Sprintf("must be from 1 to %d.", maxEpochs))
	}
	if h.BatchSize != nil && *h.BatchSize < 1 {
		c.Add(field+".batch_size", "OUT_OF_RANGE", "must be at least 1.")
	}
	c.rate(field+".learning_rate", h.LearningRate)
	c.rate(field+".learning_rate_multiplier", h.LearningRateMultiplier)
	if h.AdapterSize != nil && !slices.Contains(adapterSizes, *h.AdapterSize) {
		c.Add(field+".adapter_size", "OUT_OF_RANGE", requestfields.OneOf(adapterSizes...))
	}
	return c.Faults
}

// maxEpochs is the largest number of epochs. Vertex AI publishes no limit. Its own choice is at
// most 40, and no tuning is known that needs more than maxEpochs.
const maxEpochs = 1000

// rate checks a learning rate. A model's document can contain NaN or an infinity, although JSON
// cannot.
func (c *check) rate(field string, rate *float64) {
	if rate != nil && (math.IsNaN(*rate) || math.IsInf(*rate, 0) || *rate <= 0) {
		c.Add(field, "OUT_OF_RANGE", "must be a number greater than 0.")
	}
}

// adapterSizes are the values of Vertex AI's enum. The catalogue knows which of them a model
// accepts. Source: SupervisedHyperParameters.AdapterSize in the v1 API.
var adapterSizes = []int64{1, 2, 4, 8, 16, 32}

// ParseURI splits a gs:// URI into bucket and object name.
func ParseURI(uri string) (bucket, name string, ok bool) {
	rest, ok := strings.CutPrefix(uri, "gs://")
	if !ok || !utf8.ValidString(uri) || strings.ContainsFunc(uri, unicode.IsControl) {
		return "", "", false
	}
	bucket, name, ok = strings.Cut(rest, "/")
	return bucket, name, ok && len(bucket) <= maxBucket && bucketPattern.MatchString(bucket) && name != "" && len(name) <= 1024
}

// Lengths are checked separately, because a pattern that counts to hundreds takes a millisecond to
// compile, at every start of the process.
const (
	maxModel  = 256
	maxBucket = 222
)

var (
	modelPattern  = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._@/-]*$`)
	bucketPattern = lazyregexp.New(`^[a-z0-9][a-z0-9._-]+[a-z0-9]$`)
)

// idLimit is the longest ID of a Firestore document, in bytes.
const idLimit = 1500

// check collects the faults of a request, in addition to those that its reader found.
type check struct {
	fault.Faults
	read fault.Faults
}

// Add adds a fault to a field that has none yet.
func (c *check) Add(field, reason, description string) {
	if !c.read.Has(field) {
		c.Faults.Add(field, reason, description)
	}
}

// Sources are the fields that name the training data.
var Sources = []string{"message_ids", "session_id", "all_messages", "training_data"}

// source checks that the request names exactly one source of training data. Training on every
// message needs an explicit all_messages.
func (c *check) source(r Request) {
	messages := len(r.MessageIDs) > 0 || r.SessionID != ""
	given := 0
	for _, set := range []bool{messages, r.AllMessages, r.TrainingData != ""} {
		if set {
			given++
		}
	}
	switch {
	case given == 0 && !slices.ContainsFunc(Sources, c.read.Has):
		c.Add("message_ids", "NO_TRAINING_DATA",
			"Name the training data: message_ids, session_id, training_data (a gs:// URI), or \"all_messages\": true for every message.")
	case given > 1:
		c.Add("message_ids", "AMBIGUOUS_TRAINING_DATA",
			"Name only one source of training data: messages (message_ids, session_id or both), all_messages, or training_data.")
	}
}

// IsDocumentID implements Firestore's rules for the ID of a document.
func IsDocumentID(id string) bool {
	return id != "" && len(id) <= idLimit && utf8.ValidString(id) &&
		!strings.ContainsRune(id, '/') && !strings.ContainsFunc(id, unicode.IsControl) && id != "." && id != ".." &&
		!(strings.HasPrefix(id, "__") && strings.HasSuffix(id, "__"))
}

func (c *check) documentID(field, id string) {
	switch {
	case id == "", len(id) > idLimit, !utf8.ValidString(id):
		c.Add(field, "INVALID_ID", fmt.Sprintf("must be 1 to %d bytes of UTF-8.", idLimit))
	case !IsDocumentID(id):
		c.Add(field, "INVALID_ID", "must be the ID of a document: no slash, no control character, not \".\", \"..\" or __x__.")
	}
}

// Hash returns a hash of the whole request: equal requests have equal hashes.
func (r Request) Hash() string { return requestfields.Hash(r) }

// Encode returns the request as JSON; DecodeRequest reads it.
func (r Request) Encode() []byte {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings, booleans and numbers that were read from JSON can always be encoded
	}
	return text
}

// DecodeRequest decodes the output of Encode.
func DecodeRequest(text []byte) (Request, error) {
	var r Request
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("decode a recorded request: %w", err)
	}
	return r, nil
}
