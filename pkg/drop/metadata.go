// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package drop

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/fields"
	"github.com/vertextune/vertextune/pkg/strictjson"
	"github.com/vertextune/vertextune/pkg/tuning"
)

const (
	wishKey     = "fine-tune"
	wishStart   = "start" // the only wish there is
	labelPrefix = "label-"
)

// hyperparameters is the object that holds them in the body of POST /start; metadata have no objects.
const hyperparameters = "hyperparameters"

// known are the fields that metadata can have, by their keys, with the kinds of their values.
var known = map[string]field{
	"base-model":                  {"base_model", strictjson.String},
	"model-id":                    {"model_id", strictjson.String},
	"continue-model":              {"continue_model", strictjson.Bool},
	"pre-tuned-model":             {"pre_tuned_model", strictjson.String},
	"display-name":                {"display_name", strictjson.String},
	"epoch-count":                 {hyperparameters + ".epoch_count", strictjson.Number},
	"learning-rate-multiplier":    {hyperparameters + ".learning_rate_multiplier", strictjson.Number},
	"adapter-size":                {hyperparameters + ".adapter_size", strictjson.Number},
	"batch-size":                  {hyperparameters + ".batch_size", strictjson.Number},
	"learning-rate":               {hyperparameters + ".learning_rate", strictjson.Number},
	"tuning-mode":                 {"tuning_mode", strictjson.String},
	"export-last-checkpoint-only": {"export_last_checkpoint_only", strictjson.Bool},
	"system-instruction":          {"system_instruction", strictjson.String},
	"validation-data":             {"validation_data", strictjson.String},
	"validation-split":            {"validation_split", strictjson.Number},
	"output-uri":                  {"output_uri", strictjson.String},
	"service-account":             {"service_account", strictjson.String},
	"kms-key-name":                {"kms_key_name", strictjson.String},
	"max-cost-usd":                {"max_cost_usd", strictjson.Number},
	"force":                       {"force", strictjson.Bool},
	"priority":                    {"priority", strictjson.Number},
	"timeout":                     {"timeout", strictjson.String},
	"cancel-when-stalled":         {"cancel_when_stalled", strictjson.Bool},
}

// field is where a value goes in the body of POST /start, and what it is there.
type field struct {
	path string
	kind strictjson.Kind
}

// FromMetadata returns the start that an object's metadata ask for, and whether they ask for one. Keys are read in
// lower case, with - for _. What belongs to somebody else is passed over; what is close to a field of ours is not,
// as a start without it might cost more than was meant. The error is an InvalidArgument that names all that is wrong,
// each by its key.
func FromMetadata(metadata map[string]string) (r tuning.Request, asked bool, err error) {
	m := reader{body: map[string]any{}, seen: map[string]bool{}}
	keys := slices.Sorted(maps.Keys(metadata))
	for _, written := range keys {
		if key := canonical(written); fields.Letters(key) == fields.Letters(wishKey) {
			asked = true
			m.wish(key, metadata[written])
		}
	}
	if !asked {
		return r, false, nil
	}
	for _, written := range keys {
		m.take(canonical(written), metadata[written])
	}
	text, err := json.Marshal(m.body)
	if err != nil {
		return r, true, fmt.Errorf("write the metadata as a body: %w", err)
	}
	f := fields.New("", text)
	r = tuning.ReadRequest(f)
	if e, ok := errors.AsType[*fault.Error](Keyed(f.Err())); ok {
		m.violations = append(m.violations, e.Violations...)
	}
	if len(m.violations) > 0 {
		return r, true, fault.Invalid(m.violations...)
	}
	return r, true, nil
}

// Keyed returns an error about a start with the keys of metadata in the place of the fields of POST /start.
func Keyed(err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	keyed := *e
	keyed.Violations = slices.Clone(e.Violations)
	for i := range keyed.Violations {
		v := &keyed.Violations[i]
		key := keyOf(v.Field)
		keyed.Message = strings.ReplaceAll(keyed.Message, v.Field+":", key+":")
		v.Field = key
	}
	return &keyed
}

func keyOf(path string) string {
	if name, ok := strings.CutPrefix(path, "labels."); ok {
		return labelPrefix + name
	}
	for key, field := range known {
		if field.path == path {
			return key
		}
	}
	return path
}

// reader makes a body of POST /start from metadata.
type reader struct {
	body       map[string]any
	seen       map[string]bool
	violations []fault.Violation
}

func (m *reader) add(key, reason, description string) {
	m.violations = append(m.violations, fault.Violation{Field: key, Reason: reason, Description: description})
}

// wish reads what is asked for.
func (m *reader) wish(key, value string) {
	switch {
	case key != wishKey:
		m.add(key, "UNKNOWN_FIELD", fmt.Sprintf("Did you mean %s?", wishKey))
	case !strings.EqualFold(strings.TrimSpace(value), wishStart):
		m.add(key, "UNKNOWN_WISH", fmt.Sprintf("must be %q. Leave the key out to start nothing.", wishStart))
	}
}

// take reads one of the metadata.
func (m *reader) take(key, value string) {
	label, isLabel := strings.CutPrefix(key, labelPrefix)
	field, isKnown := known[key]
	switch {
	case (isLabel || isKnown || key == wishKey) && m.seen[key]:
		m.add(key, "DUPLICATE", "is there twice: keys are the same whether they are written with - or _, in capitals or not.")
	case isLabel:
		m.into("labels")[label] = value
	case isKnown:
		in, name := m.body, field.path
		if inner, ok := strings.CutPrefix(name, hyperparameters+"."); ok {
			in, name = m.into(hyperparameters), inner
		}
		in[name] = field.value(value)
	default:
		m.other(key)
	}
	m.seen[key] = true
}

// other deals with a key that is no field of metadata. It belongs to somebody else unless it is like a field of a start.
func (m *reader) other(key string) {
	switch near := meant(key); {
	case near == "":
	case near == dataLabels:
		m.add(key, "UNKNOWN_FIELD", fmt.Sprintf("Did you mean %sNAME? Each label has a key of its own.", labelPrefix))
	case known[near].path != "":
		m.add(key, "UNKNOWN_FIELD", fmt.Sprintf("Did you mean %s?", near))
	default:
		m.add(key, "NOT_IN_METADATA", "must be left out: "+notOfMetadata(near))
	}
}

// into returns an object of the body.
func (m *reader) into(name string) map[string]any {
	if m.body[name] == nil {
		m.body[name] = map[string]any{}
	}
	object, _ := m.body[name].(map[string]any)
	return object
}

// value returns a text as the JSON that it is to be. What is of another kind stays a text, which the reader of the
// body refuses.
func (f field) value(text string) any {
	if f.kind == strictjson.String {
		return text
	}
	raw := []byte(strings.ToLower(strings.TrimSpace(text)))
	if strictjson.Validate(raw) == nil && strictjson.KindOf(raw) == f.kind {
		return json.RawMessage(raw)
	}
	return text
}

// canonical writes a key as we do. Cloud Storage's metadata are headers of HTTP in one of its APIs, where case means
// nothing.
func canonical(key string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "_", "-")
}
