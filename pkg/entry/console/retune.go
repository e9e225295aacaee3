// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// retuneFields are the fields of the form that repeats a job on another base model.
var retuneFields = []string{"base_model", "max_cost_usd", "force"}

// retunePage shows what the repetition of a job would do.
type retunePage struct {
	filledForm
	Old       tuning.Job
	BaseModel string
	Choices   []choice
	Checked   *checkedPage // nil if there is a problem
}

// Models is the field that chooses the base model.
func (p retunePage) Models() formField {
	field := p.Of("base_model")
	field.Options = p.Choices
	return field
}

// confirmRetune makes a dry run on the successor of the base model, or on another one, and asks
// once.
func (c *call) confirmRetune() error {
	record, err := c.find()
	if err != nil {
		return err
	}
	form := url.Values{}
	for _, name := range retuneFields {
		form.Set(name, c.r.URL.Query().Get(name))
	}
	order, err := c.retuneOf(record.Job, form)
	if err != nil {
		return c.refuseRetune(record.Job, form, err)
	}
	plan, err := c.Access.Jobs.DryRun(c.ctx(), order)
	if err != nil {
		return c.refuseRetune(record.Job, form, err)
	}
	form.Set("base_model", order.BaseModel) // the catalogue can name another successor until the start
	checked := checkedOf(plan)
	checked.Fields = hidden(form, retuneFields...)
	page := retunePage{filledForm: filledForm{Form: form}, Old: record.Job, BaseModel: order.BaseModel, Checked: &checked}
	return c.showRetune(http.StatusOK, page)
}

// retuneOf reads the form as the endpoint reads its body.
func (c *call) retuneOf(job tuning.Job, form url.Values) (jobs.StartRequest, error) {
	body := object{}
	body.text("base_model", form.Get("base_model"))
	body.number("max_cost_usd", form.Get("max_cost_usd"))
	body.box("force", form.Get("force"))
	reader, err := body.reader()
	if err != nil {
		return jobs.StartRequest{}, err
	}
	name, limit, force := reader.Text("base_model"), reader.Dollars("max_cost_usd"), reader.Flag("force")
	if faults := reader.Faults(); faults.Count > 0 {
		return jobs.StartRequest{}, faults.Err()
	}
	request, err := c.Access.Jobs.RetuneRequest(c.ctx(), job, name)
	request.MaxCost, request.Force = limit, force
	return jobs.StartRequest{Request: request, Caller: c.caller.Name}, err
}

// refuseRetune shows what is wrong, and lets the caller choose another base model.
func (c *call) refuseRetune(job tuning.Job, form url.Values, err error) error {
	filled, code, isForm := c.refusal(form, retuneFields, err)
	if !isForm || job.State != tuning.Succeeded || job.Spec.PreTunedModel != "" {
		return err
	}
	return c.showRetune(code, retunePage{filledForm: filled, Old: job, BaseModel: form.Get("base_model")})
}

func (c *call) showRetune(code int, page retunePage) error {
	page.Choices = []choice{{"", "the successor of " + page.Old.BaseModel}}
	for _, id := range c.tunable() {
		if id != page.Old.BaseModel {
			page.Choices = append(page.Choices, choice{id, id})
		}
	}
	if page.BaseModel != "" && !slices.ContainsFunc(page.Choices, func(one choice) bool { return one.Value == page.BaseModel }) {
		page.Choices = append(page.Choices, choice{page.BaseModel, page.BaseModel})
	}
	return c.show(code, "retune", view{Title: "Retune this job?", Active: Root, Body: page})
}

// retune starts the job that the caller has confirmed.
func (c *call) retune() error {
	record, form, err := c.jobForm()
	if err != nil {
		return err
	}
	if form.Get("base_model") == "" {
		return fault.New(fault.InvalidArgument, "The form has lost its base model. Open it again.")
	}
	key, err := formKey(form)
	if err != nil {
		return err
	}
	order, err := c.retuneOf(record.Job, form)
	if err != nil {
		return c.refuseRetune(record.Job, form, err)
	}
	order.Key = key
	job, err := c.Start(c.ctx(), order)
	if err != nil {
		return c.refuseRetune(record.Job, form, err)
	}
	return c.redirect(Root + "/jobs/" + job.ID)
}
