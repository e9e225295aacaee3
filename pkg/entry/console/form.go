// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// The sources of training data, of which a start names one.
const (
	fromSession  = "session_id"
	fromMessages = "message_ids"
	fromFile     = "training_data"
	fromAll      = "all_messages"
)

// startFields are the fields of the form that are texts in the request, numbers in it, numbers
// among the hyperparameters, and boxes.
var (
	textFields  = []string{"base_model", "model_id", "display_name", "system_instruction", "validation_data", "tuning_mode", "pre_tuned_model", "output_uri", "timeout"}
	numbers     = []string{"validation_split", "max_cost_usd", "priority"}
	hypernumber = []string{"epoch_count", "learning_rate_multiplier", "adapter_size", "learning_rate", "batch_size"}
	boxes       = []string{"evaluate", "cancel_when_stalled", "continue_model", "force"}
)

// number matches what JSON takes as a number.
var number = lazyregexp.New(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// requestOf reads the form as the endpoint reads its body, so that both refuse the same with the
// same words. What is no number stays a text, which the reader then names.
func requestOf(form url.Values) (tuning.Request, fault.Faults, error) {
	body := map[string]any{}
	put := func(to map[string]any, name string, isNumber bool) {
		value := strings.TrimSpace(form.Get(name))
		switch {
		case value == "":
		case isNumber && number.MatchString(value):
			to[name] = json.Number(value)
		default:
			to[name] = value
		}
	}
	switch source := form.Get("source"); source {
	case fromAll:
		body[fromAll] = true
	case fromMessages:
		if ids := strings.FieldsFunc(form.Get(fromMessages), isSeparator); len(ids) > 0 {
			body[fromMessages] = ids
		}
	case fromSession, fromFile:
		put(body, source, false)
	}
	for _, name := range textFields {
		put(body, name, false)
	}
	for _, name := range numbers {
		put(body, name, true)
	}
	hyper := map[string]any{}
	for _, name := range hypernumber {
		put(hyper, name, true)
	}
	if len(hyper) > 0 {
		body["hyperparameters"] = hyper
	}
	for _, name := range boxes {
		if form.Get(name) != "" {
			body[name] = true
		}
	}
	if labels := labelsOf(form.Get("labels")); len(labels) > 0 {
		body["labels"] = labels
	}
	text, err := json.Marshal(body)
	if err != nil {
		return tuning.Request{}, fault.Faults{}, err //nolint:wrapcheck // strings can always be encoded
	}
	reader, err := requestfields.Parse("The form", text)
	if err != nil {
		return tuning.Request{}, fault.Faults{}, err //nolint:wrapcheck // the error already names the form
	}
	request := tuning.ReadRequest(reader)
	return request, reader.Faults(), nil
}

func isSeparator(r rune) bool { return r == ',' || r == ';' || r <= ' ' }

// labelsOf reads lines such as team: support.
func labelsOf(text string) map[string]any {
	labels := map[string]any{}
	for line := range strings.Lines(text) {
		if key, value, _ := strings.Cut(strings.TrimSpace(line), ":"); key != "" {
			labels[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return labels
}

// againOf fills in the form so that it starts the same job again, on the same data.
func againOf(j tuning.Job) url.Values {
	form := url.Values{"source": {fromFile}, fromFile: {j.TrainingData}}
	set := func(name, value string) {
		if value != "" {
			form.Set(name, value)
		}
	}
	set("validation_data", j.Spec.ValidationData)
	set("base_model", j.BaseModel)
	set("pre_tuned_model", j.Spec.PreTunedModel)
	if j.Spec.PreTunedModel != "" {
		form.Del("base_model")
	}
	set("tuning_mode", j.Spec.TuningMode)
	h := j.Hyperparameters
	for name, value := range map[string]any{
		"epoch_count": h.EpochCount, "learning_rate_multiplier": h.LearningRateMultiplier, "adapter_size": h.AdapterSize,
		"learning_rate": h.LearningRate, "batch_size": h.BatchSize,
	} {
		if text, err := json.Marshal(value); err == nil && string(text) != "null" {
			form.Set(name, string(text))
		}
	}
	var labels []string
	for key, value := range j.Spec.Labels {
		if !strings.HasPrefix(key, "vertextune") {
			labels = append(labels, key+": "+value)
		}
	}
	set("labels", strings.Join(labels, "\n"))
	return form
}
