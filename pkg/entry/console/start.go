// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// startPage is the content of the form that starts a job.
type startPage struct {
	Form    url.Values
	Models  []string // that can be tuned
	Default string   // the base model of a start that names none
	Again   string   // the name of the job that is started again
	// Problem is why the form cannot be used, and Faults say it by the name of the field. Others are
	// those of no field.
	Problem string
	Faults  map[string]string
	Others  []fault.Violation
	Remedy  string
}

// checkedPage shows what a start would do, before it is done.
type checkedPage struct {
	Form     url.Values
	Fields   []hiddenField
	Job      tuning.Job
	Estimate estimate.Estimate
	Refusals []fault.Violation
	Request  string // to Vertex AI, as JSON
	Key      string // makes sure that the form starts one job only
}

// hiddenField carries a value of the form to the next step.
type hiddenField struct{ Name, Value string }

// formLimit is the longest form, in bytes.
const formLimit = 4 << 20

// startForm shows the form, empty or with the values of an earlier job.
func (c *call) startForm() error {
	page := startPage{Form: url.Values{"source": {fromSession}, "epoch_count": {"3"}}}
	if id := c.r.URL.Query().Get("again"); id != "" {
		if !tuning.IsID(id) {
			return fault.New(fault.NotFound, "There is no job %q.", id)
		}
		record, err := c.Access.Find(c.ctx(), id)
		if err != nil {
			return err
		}
		page.Form, page.Again = againOf(record.Job), record.DisplayName
	}
	return c.showForm(http.StatusOK, page)
}

func (c *call) showForm(code int, page startPage) error {
	page.Default, page.Models = c.Config.BaseModel, c.tunable()
	return c.show(code, "start", view{Title: "Start a job", Active: Root + "/start", Body: page})
}

// tunable returns the models that can be tuned.
func (c *call) tunable() (all []string) {
	for _, m := range c.Catalogue.Current(c.ctx()).List(c.Now()).Models {
		if m.Status == catalogue.Tunable || m.Status == catalogue.Closing {
			all = append(all, m.ID)
		}
	}
	return all
}

// start takes the form. Its first step is a dry run; the job starts with the second one.
func (c *call) start() error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formLimit)
	if err := c.r.ParseForm(); err != nil {
		return fault.Wrap(fault.InvalidArgument, err, "The form could not be read. It may have more than 4 MiB.")
	}
	form := c.r.PostForm //nolint:forbidigo // it is the form that was read
	if form.Get("step") == "change" {
		return c.showForm(http.StatusOK, startPage{Form: form})
	}
	request, faults, err := requestOf(form)
	if err != nil {
		return c.refused(form, err)
	}
	order := jobs.StartRequest{Request: request, Caller: c.caller.Name, Faults: faults}
	if form.Get("step") == "start" {
		order.Key = form.Get("key")
		if order.Key == "" || len(order.Key) > 64 || strings.ContainsFunc(order.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fault.New(fault.InvalidArgument, "The form has lost its key. Open it again.")
		}
		job, err := c.Start(c.ctx(), order)
		if err != nil {
			return c.refused(form, err)
		}
		return c.redirect(Root + "/jobs/" + job.ID)
	}
	plan, err := c.Access.Jobs.DryRun(c.ctx(), order)
	if err != nil {
		return c.refused(form, err)
	}
	return c.showPlan(form, plan)
}

func (c *call) showPlan(form url.Values, plan jobs.Plan) error {
	page := checkedPage{Form: form, Job: plan.Job, Refusals: plan.Refusals, Key: rand.Text()}
	page.Estimate, _ = estimateOf(plan.Job)
	var indented bytes.Buffer
	if json.Indent(&indented, plan.Request, "", "  ") == nil {
		page.Request = readable(indented.String())
	}
	for _, name := range slices.Concat([]string{"source", fromSession, fromMessages, fromFile, "labels"}, textFields, numbers, hypernumber, boxes) {
		if value := form.Get(name); value != "" {
			page.Fields = append(page.Fields, hiddenField{name, value})
		}
	}
	return c.show(http.StatusOK, "checked", view{Title: "What this start would do", Active: Root + "/start", Body: page})
}

// refused shows the form again, with what is wrong in it. Other errors get their own page.
func (c *call) refused(form url.Values, err error) error {
	e := c.Explain(err)
	switch e.Kind {
	case fault.InvalidArgument, fault.FailedPrecondition, fault.NotFound, fault.ResourceExhausted, fault.Conflict, fault.AlreadyExists, fault.TooLarge:
	default:
		return err
	}
	page := startPage{Form: form, Problem: e.Message, Faults: map[string]string{}, Remedy: e.Metadata["remedy"]}
	for _, v := range e.Violations {
		name := strings.TrimPrefix(v.Field, "hyperparameters.")
		name, _, _ = strings.Cut(name, "[")
		name, _, _ = strings.Cut(name, ".")
		if !slices.Contains(shownFields, name) {
			page.Others = append(page.Others, v)
			continue
		}
		page.Faults[name] = strings.TrimSpace(page.Faults[name] + " " + v.Description)
	}
	if len(e.Violations) > 0 {
		page.Problem = "The form cannot be used as it is."
		if e.Kind != fault.InvalidArgument {
			page.Problem = e.Message
		}
	}
	return c.showForm(e.Kind.HTTP().Code, page)
}

// shownFields are the fields beside which a fault is shown.
var shownFields = slices.Concat([]string{fromSession, fromMessages, fromFile, fromAll, "labels"}, textFields, numbers, hypernumber, boxes)

// Of returns a field of the form, with what is wrong with it.
func (p startPage) Of(name string) formField {
	return formField{Name: name, Value: p.Form.Get(name), Fault: p.Faults[name], Hint: hints[name], Label: labels[name]}
}

// formField is a field of a form.
type formField struct{ Name, Label, Value, Hint, Fault string }

// labels and hints are what stands at the fields of the form.
var labels = map[string]string{
	fromSession: "The messages of a session", fromMessages: "These messages", fromFile: "A file in Cloud Storage", fromAll: "All messages that there are",
	"base_model": "Base model", "model_id": "Model entry", "epoch_count": "Epochs", "learning_rate_multiplier": "Learning rate multiplier",
	"adapter_size": "Adapter size", "learning_rate": "Learning rate", "batch_size": "Batch size", "tuning_mode": "Tuning mode",
	"pre_tuned_model": "Continue this tuned model", "output_uri": "Folder for the result", "validation_split": "Share for validation",
	"validation_data": "Validation file", "max_cost_usd": "Most that it may cost, in dollars", "priority": "Priority", "timeout": "Timeout",
	"display_name": "Name of the job", "labels": "Labels", "system_instruction": "System instruction",
	"evaluate": "Compare the tuned model with its base at the end", "cancel_when_stalled": "Cancel the job if it stalls",
	"continue_model": "Continue the newest tuned version of the model entry", "force": "Try although the catalogue says that it fails",
}

var hints = map[string]string{
	fromSession: "The ID of the session", fromMessages: "IDs, with spaces or commas between them", fromFile: "gs://bucket/name.jsonl",
	"model_id": "A document of the collection models, with values for what is left open", "epoch_count": "Left open, Vertex AI chooses",
	"validation_split": "Such as 0.2, at most 0.5", "validation_data": "gs://bucket/name.jsonl, in place of a share",
	"learning_rate": "Open models only", "batch_size": "Open models only", "tuning_mode": "Open models only: PEFT_ADAPTER or FULL",
	"output_uri": "Open models only: gs://bucket/folder/", "priority": "From -1000 to 1000; higher goes first", "timeout": "Such as 3600s",
	"labels": "One a line, such as team: support", "system_instruction": "Put into every example that has none",
	"pre_tuned_model": "projects/…/models/…, in place of a base model",
}

// sourceField is one of the sources of training data.
type sourceField struct {
	F        formField
	Chosen   string
	HasInput bool
}
