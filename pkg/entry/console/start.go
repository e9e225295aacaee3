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

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// startPage is the content of the form that starts a job.
type startPage struct {
	filledForm
	Models  []string // that can be tuned
	Default string   // the base model of a start that names none
	Again   string   // the name of the job that is started again
}

// checkedPage shows what a start would do, before it is done.
type checkedPage struct {
	Fields   []hiddenField
	Job      tuning.Job
	Estimate estimate.Estimate
	Refusals []fault.Violation
	Request  string // to Vertex AI, as JSON
	Key      string // makes sure that the form starts one job only
}

// startForm shows the form, empty or with the values of an earlier job.
func (c *call) startForm() error {
	page := startPage{filledForm: filledForm{Form: url.Values{"source": {fromSession}, "epoch_count": {"3"}}}}
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
	form, err := c.posted()
	if err != nil {
		return err
	}
	if form.Get("step") == "change" {
		return c.showForm(http.StatusOK, startPage{filledForm: filledForm{Form: form}})
	}
	request, faults, err := requestOf(form)
	if err != nil {
		return c.refused(form, err)
	}
	order := jobs.StartRequest{Request: request, Caller: c.caller.Name, Faults: faults}
	if form.Get("step") == "start" {
		if order.Key, err = formKey(form); err != nil {
			return err
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
	page := checkedOf(plan)
	page.Fields = hidden(form, slices.Concat([]string{"source", fromSession, fromMessages, fromFile, "labels"}, textFields, numbers, hypernumber, boxes, gateFields)...)
	return c.show(http.StatusOK, "checked", view{Title: "What this start would do", Active: Root + "/start", Body: page})
}

func checkedOf(plan jobs.Plan) checkedPage {
	page := checkedPage{Job: plan.Job, Refusals: plan.Refusals, Key: rand.Text()}
	page.Estimate, _ = estimateOf(plan.Job)
	var indented bytes.Buffer
	if json.Indent(&indented, plan.Request, "", "  ") == nil {
		page.Request = readable(indented.String())
	}
	return page
}

// refused shows the form again, with what is wrong in it. Other errors get their own page.
func (c *call) refused(form url.Values, err error) error {
	filled, code, isForm := c.refusal(form, shownFields, err)
	if !isForm {
		return err
	}
	return c.showForm(code, startPage{filledForm: filled})
}

// shownFields are the fields of the form, next to which a fault is shown.
var shownFields = slices.Concat([]string{fromSession, fromMessages, fromFile, fromAll, "labels"}, textFields, numbers, hypernumber, boxes, gateFields)
