// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// filledForm is a form with what is wrong in it.
type filledForm struct {
	Form url.Values
	// Problem is why the form cannot be used, and Faults say it by the name of the field. Others
	// are those of no field.
	Problem string
	Faults  map[string]string
	Others  []fault.Violation
	Remedy  string
}

// formField is a field of a form.
type formField struct {
	Name, Label, Value, Hint, Fault string
	Options                         []choice // of a field that offers a choice
}

// Of returns a field of the form, with what is wrong with it.
func (f filledForm) Of(name string) formField {
	field := formField{Name: name, Value: f.Form.Get(name), Fault: f.Faults[name], Hint: hints[name], Label: labels[name]}
	if name == "metric" || strings.HasSuffix(name, ".metric") {
		field.Options = metricChoices()
	}
	return field
}

// metricChoices are the metrics that can decide.
func metricChoices() []choice {
	all := []choice{{"", "the one that suits the answers"}}
	for _, name := range evaluation.QualityMetrics() {
		all = append(all, choice{name, name})
	}
	return all
}

// hiddenField carries a value of a form to its next step.
type hiddenField struct{ Name, Value string }

// hidden returns the values of the fields with these names that are filled in.
func hidden(form url.Values, names ...string) (all []hiddenField) {
	for _, name := range names {
		if value := form.Get(name); value != "" {
			all = append(all, hiddenField{name, value})
		}
	}
	return all
}

// formLimit is the longest form, in bytes.
const formLimit = 4 << 20

// posted reads a form.
func (c *call) posted() (url.Values, error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formLimit)
	if err := c.r.ParseForm(); err != nil {
		return nil, fault.Wrap(fault.InvalidArgument, err, "The form could not be read. It may have more than 4 MiB.")
	}
	return c.r.PostForm, nil //nolint:forbidigo // it is the form that was read
}

// jobForm returns the job that the address names, and the form that was sent for it.
func (c *call) jobForm() (store.Record, url.Values, error) {
	record, err := c.find()
	if err != nil {
		return record, nil, err
	}
	form, err := c.posted()
	return record, form, err
}

// formKey returns the key of a form, which makes sure that it does one thing only.
func formKey(form url.Values) (string, error) {
	key := form.Get("key")
	if key == "" || len(key) > 64 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fault.New(fault.InvalidArgument, "The form has lost its key. Open it again.")
	}
	return key, nil
}

// number matches what JSON takes as a number.
var number = lazyregexp.New(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// object is the body of a request that a form becomes. What is no number stays a text, which the
// reader of the request then names.
type object map[string]any

func (o object) text(name, value string) {
	if value = strings.TrimSpace(value); value != "" {
		o[name] = value
	}
}

func (o object) number(name, value string) {
	if value = strings.TrimSpace(value); number.MatchString(value) {
		o[name] = json.Number(value)
	} else {
		o.text(name, value)
	}
}

func (o object) box(name, value string) {
	if value != "" {
		o[name] = true
	}
}

// reader returns the reader that the endpoint has for its body, so that both refuse the same with
// the same words.
func (o object) reader() (*requestfields.Reader, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err //nolint:wrapcheck // strings can always be encoded
	}
	return requestfields.Parse("The form", text) //nolint:wrapcheck // the error already names the form
}

// refusal returns a form with its faults, next to the shown fields, and the HTTP code of its page.
// If the error is not one of a form, isForm is false, and the error gets its own page.
func (c *call) refusal(form url.Values, shown []string, err error) (f filledForm, code int, isForm bool) {
	e := c.Explain(err)
	switch e.Kind {
	case fault.InvalidArgument, fault.FailedPrecondition, fault.NotFound, fault.ResourceExhausted, fault.Conflict, fault.AlreadyExists, fault.TooLarge:
	default:
		return f, 0, false
	}
	f = filledForm{Form: form, Problem: e.Message, Faults: map[string]string{}, Remedy: e.Metadata["remedy"]}
	for _, v := range e.Violations {
		name := strings.TrimPrefix(v.Field, "hyperparameters.")
		if !slices.Contains(shown, name) {
			name, _, _ = strings.Cut(name, "[")
			name, _, _ = strings.Cut(name, ".")
		}
		if !slices.Contains(shown, name) {
			f.Others = append(f.Others, v)
			continue
		}
		f.Faults[name] = strings.TrimSpace(f.Faults[name] + " " + v.Description)
	}
	if len(e.Violations) > 0 {
		f.Problem = "The form cannot be used as it is."
		if e.Kind != fault.InvalidArgument {
			f.Problem = e.Message
		}
	}
	return f, e.Kind.HTTP().Code, true
}

// labels and hints are the texts at the fields of a form.
var labels = map[string]string{
	fromSession: "The messages of a session", fromMessages: "These messages", fromFile: "A file in Cloud Storage", fromAll: "All messages",
	"base_model": "Base model", "model_id": "Model entry", "epoch_count": "Epochs", "learning_rate_multiplier": "Learning rate multiplier",
	"adapter_size": "Adapter size", "learning_rate": "Learning rate", "batch_size": "Batch size", "tuning_mode": "Tuning mode",
	"pre_tuned_model": "Continue this tuned model", "output_uri": "Folder for the result", "validation_split": "Share for validation",
	"validation_data": "Validation file", "max_cost_usd": "Maximum cost, in dollars", "priority": "Priority", "timeout": "Timeout",
	"display_name": "Name of the job", "labels": "Labels", "system_instruction": "System instruction",
	"evaluate": "Compare the tuned model with its base at the end", "cancel_when_stalled": "Cancel the job if it stalls",
	promoteIf: "Make the tuned model the active version if it gains enough", promoteIf + ".metric": "Metric that decides",
	promoteIf + ".min_gain": "Minimum gain, in percentage points", "checkpoint_id": "Checkpoint", "require": "Only if an evaluation shows enough gain",
	"require.metric": "Metric that decides", "require.min_gain": "Minimum gain, in percentage points",
	"evaluation_data": "Dataset", "max_examples": "Maximum number of examples", "against": "Compare with the model of another job", "metric": "Metric that decides",
	"judge":          "Let a judge compare the answers too",
	"continue_model": "Continue the newest tuned version of the model entry", "force": "Try it even if the catalogue says that it will fail",
}

var hints = map[string]string{
	fromSession: "The ID of the session", fromMessages: "IDs, with spaces or commas between them", fromFile: "gs://bucket/name.jsonl",
	"model_id": "The ID of a document in the collection models. It gives values for empty fields", "epoch_count": "If empty, Vertex AI chooses",
	"validation_split": "Such as 0.2, at most 0.5", "validation_data": "gs://bucket/name.jsonl, in place of a share",
	"learning_rate": "Open models only", "batch_size": "Open models only", "tuning_mode": "Open models only: PEFT_ADAPTER or FULL",
	"output_uri": "Open models only: gs://bucket/folder/", "priority": "From -1000 to 1000; a higher number starts first", "timeout": "Such as 3600s",
	"labels": "One on each line, such as team: support", "system_instruction": "It is added to each example that has none",
	"evaluation_data": "gs://bucket/name.jsonl. If empty, the validation data of the job", "max_examples": fmt.Sprintf("If empty, %d", evaluation.DefaultExamples),
	"against": "The ID of a job. If empty, the base model", "judge": "A base model decides which answer is better. This does not change the verdict",
	"evaluate": "This needs validation data", promoteIf: "This compares it with its base model first, and needs a model entry and validation data",
	promoteIf + ".min_gain": "Such as 2.5. If empty, 0", "require.min_gain": "Such as 2.5. If empty, 0",
	"pre_tuned_model": "projects/…/models/…, in place of a base model",
}

// sourceField is one of the sources of training data.
type sourceField struct {
	F        formField
	Chosen   string
	HasInput bool
}
