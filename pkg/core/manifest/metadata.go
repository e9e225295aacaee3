// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/strictjson"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

const (
	wishKey     = "fine-tune"
	wishStart   = "start" // the only valid value
	labelPrefix = "label-"
)

// The names of objects in the body of POST /start. Metadata have no objects.
const (
	hyperparameters = "hyperparameters"
	promoteIf       = "promote_if"
)

// fieldsByKey lists the fields that metadata can have, by their keys, with the kinds of their
// values.
var fieldsByKey = map[string]field{
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
	"evaluate":                    {"evaluate", strictjson.Bool},
	"promote-if-metric":           {promoteIf + ".metric", strictjson.String},
	"promote-if-min-gain":         {promoteIf + ".min_gain", strictjson.Number},
}

// field is the path of a value in the body of POST /start, and its kind there.
type field struct {
	path string
	kind strictjson.Kind
}

// FromMetadata returns the start request in the metadata of an object and reports whether there is
// one. Keys are compared in lower case, and - and _ are equal. Foreign keys are ignored. A key that
// resembles one of ours is an error, because a start without that field might cost more than
// intended. The error is an InvalidArgument that names everything that is wrong, each fault by its
// key.
func FromMetadata(metadata map[string]string) (r tuning.Request, requested bool, err error) {
	m := reader{body: map[string]any{}, seenKeys: map[string]bool{}}
	keys := slices.Sorted(maps.Keys(metadata))
	for _, written := range keys {
		if key := canonical(written); requestfields.Letters(key) == requestfields.Letters(wishKey) {
			requested = true
			m.readStartValue(key, metadata[written])
		}
	}
	if !requested {
		return r, false, nil
	}
	for _, written := range keys {
		m.readKey(canonical(written), metadata[written])
	}
	text, err := json.Marshal(m.body)
	if err != nil {
		return r, true, fmt.Errorf("write the metadata as a body: %w", err)
	}
	f := requestfields.New("", text)
	r = tuning.ReadRequest(f)
	if e, ok := errors.AsType[*fault.Error](Keyed(f.Err())); ok {
		m.violations = append(m.violations, e.Violations...)
	}
	if len(m.violations) > 0 {
		return r, true, fault.Invalid(m.violations...)
	}
	return r, true, nil
}

// Keyed returns an error about a start in which the keys of metadata replace the field names of
// POST /start.
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
	for key, field := range fieldsByKey {
		if field.path == path {
			return key
		}
	}
	return path
}

// reader builds a body of POST /start from metadata.
type reader struct {
	body       map[string]any
	seenKeys   map[string]bool
	violations []fault.Violation
}

func (m *reader) add(key, reason, description string) {
	m.violations = append(m.violations, fault.Violation{Field: key, Reason: reason, Description: description})
}

// readStartValue reads the value that requests a start.
func (m *reader) readStartValue(key, value string) {
	switch {
	case key != wishKey:
		m.add(key, "UNKNOWN_FIELD", fmt.Sprintf("Did you mean %s?", wishKey))
	case !strings.EqualFold(strings.TrimSpace(value), wishStart):
		m.add(key, "UNKNOWN_WISH", fmt.Sprintf("must be %q. Leave the key out to start nothing.", wishStart))
	}
}

// readKey reads one key of the metadata.
func (m *reader) readKey(key, value string) {
	label, isLabel := strings.CutPrefix(key, labelPrefix)
	field, isKnown := fieldsByKey[key]
	switch {
	case (isLabel || isKnown || key == wishKey) && m.seenKeys[key]:
		m.add(key, "DUPLICATE", "is given twice: in keys, case does not matter, and - and _ are the same.")
	case isLabel:
		m.objectOf("labels")[label] = value
	case isKnown:
		in, name := m.body, field.path
		if object, inner, ok := strings.Cut(name, "."); ok {
			in, name = m.objectOf(object), inner
		}
		in[name] = field.value(value)
	default:
		m.unknownKey(key)
	}
	m.seenKeys[key] = true
}

// unknownKey handles an unknown key. It ignores the key unless the key resembles a field of a
// start.
func (m *reader) unknownKey(key string) {
	switch near := suggest(key); {
	case near == "":
	case near == dataLabels:
		m.add(key, "UNKNOWN_FIELD", fmt.Sprintf("Did you mean %sNAME? Each label has a key of its own.", labelPrefix))
	case fieldsByKey[near].path != "":
		m.add(key, "UNKNOWN_FIELD", fmt.Sprintf("Did you mean %s?", near))
	default:
		m.add(key, "NOT_IN_METADATA", "must be left out: "+notOfMetadata(near))
	}
}

// objectOf returns an object of the body and creates it if necessary.
func (m *reader) objectOf(name string) map[string]any {
	if m.body[name] == nil {
		m.body[name] = map[string]any{}
	}
	object, _ := m.body[name].(map[string]any)
	return object
}

// value converts a text to JSON of the field's kind. A text of another kind stays a string, which
// the reader of the body then rejects.
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

// canonical returns the canonical form of a key. In one of Cloud Storage's APIs, metadata are HTTP
// headers, whose case does not matter.
func canonical(key string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "_", "-")
}
