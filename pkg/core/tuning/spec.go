// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// Limits of Vertex AI on names and labels. Source: TuningJob in the v1 API: a display name has up
// to 128 characters; labels have up to 64, lower-case letters, digits, underscores and dashes.
const (
	displayNameLimit = 128
	labelsLimit      = 63 // of 64; one is ours
	labelLimit       = 64 // characters of a key, and of a value
	instructionLimit = 100_000
)

var (
	labelKey       = lazyregexp.New(`^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]*$`) // lengths are checked separately, see maxModel
	labelValue     = lazyregexp.New(`^[\p{Ll}\p{Lo}\p{N}_-]*$`)
	modelName      = lazyregexp.New(`^projects/[^/]+/locations/[a-z0-9-]+/models/[A-Za-z0-9_-]+(@[a-z0-9-]+)?$`)
	serviceAccount = lazyregexp.New(`^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$`)
	kmsKey         = lazyregexp.New(`^projects/[^/]+/locations/[a-z0-9-]+/keyRings/[^/]+/cryptoKeys/[^/]+$`)
)

// Modes are the tuning modes of open models, as Vertex AI names them. Source:
// SupervisedTuningSpec.TuningMode in the v1beta1 API.
var Modes = []string{"PEFT_ADAPTER", "FULL"}

// spec checks the fields besides the data and the hyperparameters.
func (c *check) spec(r Request) {
	c.matches("pre_tuned_model", r.PreTunedModel, modelName, "a tuned model: projects/P/locations/L/models/M or …/M@VERSION")
	c.matches("service_account", r.ServiceAccount, serviceAccount, "the e-mail address of a service account")
	c.matches("kms_key_name", r.KMSKeyName, kmsKey, "a key: projects/P/locations/L/keyRings/R/cryptoKeys/K")
	if n := utf8.RuneCountInString(r.DisplayName); n > displayNameLimit || !utf8.ValidString(r.DisplayName) {
		c.Add("display_name", "TOO_LONG", fmt.Sprintf("must be at most %d characters.", displayNameLimit))
	}
	if len(r.SystemInstruction) > instructionLimit || (r.SystemInstruction != "" && strings.TrimSpace(r.SystemInstruction) == "") {
		c.Add("system_instruction", "INVALID_TEXT", fmt.Sprintf("must not be blank, and must have at most %d bytes.", instructionLimit))
	}
	if r.TuningMode != "" && !slices.Contains(Modes, r.TuningMode) {
		c.Add("tuning_mode", "INVALID_TUNING_MODE", requestfields.OneOf(Modes...))
	}
	if r.OutputURI != "" {
		if _, _, ok := ParseURI(strings.TrimSuffix(r.OutputURI, "/") + "/x"); !ok {
			c.Add("output_uri", "INVALID_URI", "must be a folder in Cloud Storage: gs://BUCKET/FOLDER.")
		}
	}
	if r.MaxCost < 0 {
		c.Add("max_cost_usd", "OUT_OF_RANGE", "must not be negative.")
	}
	c.labels(r.Labels)
	c.validation(r)
	c.continuation(r)
}

func (c *check) matches(field, value string, pattern *lazyregexp.Regexp, what string) {
	if value != "" && !pattern.MatchString(value) {
		c.Add(field, "INVALID_NAME", "must be "+what+".")
	}
}

func (c *check) labels(labels map[string]string) {
	if len(labels) > labelsLimit {
		c.Add("labels", "TOO_MANY", fmt.Sprintf("must be at most %d.", labelsLimit))
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		switch field := "labels." + key; {
		case strings.HasPrefix(key, "vertextune"):
			c.Add(field, "RESERVED", "must not begin with vertextune: those labels are the service's own.")
		case !labelKey.MatchString(key), utf8.RuneCountInString(key) > labelLimit:
			c.Add(field, "INVALID_LABEL", "must be named with at most 64 lower-case letters, digits, _ and -, a letter first.")
		case !labelValue.MatchString(labels[key]), utf8.RuneCountInString(labels[key]) > labelLimit:
			c.Add(field, "INVALID_LABEL", "must be at most 64 lower-case letters, digits, _ and -.")
		}
	}
}

// maxValidationSplit is the largest share of the conversations that may be used for validation.
const maxValidationSplit = 0.5

func (c *check) validation(r Request) {
	if !(r.ValidationSplit >= 0 && r.ValidationSplit <= maxValidationSplit) { // this form also refuses NaN
		c.Add("validation_split", "OUT_OF_RANGE", fmt.Sprintf("must be from 0 (no validation) to %v.", maxValidationSplit))
	}
	if field := r.evaluation(); field != "" && r.ValidationData == "" && r.ValidationSplit == 0 {
		c.Add(field, "NO_EVALUATION_DATA", "needs examples that the job is not trained on: give validation_split or validation_data.")
	}
	if r.PromoteIf != nil && r.ModelID == "" {
		c.Add("promote_if", "NO_MODEL", "needs model_id: the tuned model becomes the active version of that model.")
	}
	if r.ValidationData == "" {
		return
	}
	if r.ValidationSplit != 0 {
		c.Add("validation_data", "AMBIGUOUS_VALIDATION_DATA", "Name only one source of validation data: validation_data or validation_split.")
	}
	if _, _, ok := ParseURI(r.ValidationData); !ok || !strings.HasSuffix(r.ValidationData, ".jsonl") {
		c.Add("validation_data", "INVALID_URI", "must be a JSONL file in Cloud Storage: gs://BUCKET/NAME.jsonl.")
	}
}

// evaluation returns the field that asks for an evaluation, or "".
func (r Request) evaluation() string {
	switch {
	case r.PromoteIf != nil:
		return "promote_if"
	case r.Evaluate:
		return "evaluate"
	}
	return ""
}

func (c *check) continuation(r Request) {
	switch {
	case r.ContinueModel && r.ModelID == "":
		c.Add("continue_model", "NO_MODEL", "needs model_id: it continues from the last tuned version of that model.")
	case r.PreTunedModel != "" && (r.BaseModel != "" || r.ContinueModel):
		c.Add("pre_tuned_model", "AMBIGUOUS_MODEL", "Name only one model to tune: base_model, pre_tuned_model, or continue_model with model_id.")
	case r.ContinueModel && r.BaseModel != "":
		c.Add("base_model", "AMBIGUOUS_MODEL", "must not be given with continue_model: the base model is that of the tuned version.")
	}
}
