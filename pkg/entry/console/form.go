// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
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
	gateFields  = []string{promoteIf, promoteIf + ".metric", promoteIf + ".min_gain"}
)

// promoteIf is the box that asks for a promotion after the job, and begins the names of its fields.
const promoteIf = "promote_if"

// requestOf reads the form as the endpoint reads its body.
func requestOf(form url.Values) (tuning.Request, fault.Faults, error) {
	body, hyper := object{}, object{}
	switch source := form.Get("source"); source {
	case fromAll:
		body[fromAll] = true
	case fromMessages:
		if ids := strings.FieldsFunc(form.Get(fromMessages), isSeparator); len(ids) > 0 {
			body[fromMessages] = ids
		}
	case fromSession, fromFile:
		body.text(source, form.Get(source))
	}
	for _, name := range textFields {
		body.text(name, form.Get(name))
	}
	for _, name := range numbers {
		body.number(name, form.Get(name))
	}
	for _, name := range hypernumber {
		hyper.number(name, form.Get(name))
	}
	if len(hyper) > 0 {
		body["hyperparameters"] = hyper
	}
	for _, name := range boxes {
		body.box(name, form.Get(name))
	}
	if form.Get(promoteIf) != "" {
		body[promoteIf] = gateOf(form, promoteIf)
	}
	if labels := labelsOf(form.Get("labels")); len(labels) > 0 {
		body["labels"] = labels
	}
	reader, err := body.reader()
	if err != nil {
		return tuning.Request{}, fault.Faults{}, err
	}
	request := tuning.ReadRequest(reader)
	return request, reader.Faults(), nil
}

// gateOf reads the fields of a gate.
func gateOf(form url.Values, name string) object {
	gate := object{}
	gate.text("metric", form.Get(name+".metric"))
	gate.number("min_gain", form.Get(name+".min_gain"))
	return gate
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
