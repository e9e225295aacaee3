// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
)

// The fields of the form that evaluates. The boxes of the checkpoints have one name.
var (
	evaluateText    = []string{"evaluation_data", "against", "metric"}
	evaluateNumbers = []string{"max_examples", "max_cost_usd"}
	evaluateFields  = []string{"evaluation_data", "against", "metric", "max_examples", "max_cost_usd", "judge", checkpoints}
)

const checkpoints = "checkpoints"

// evaluatePage is the content of the form that evaluates a tuned model.
type evaluatePage struct {
	filledForm
	Job         tuning.Job
	Checkpoints []checkpointBox
}

// checkpointBox is a checkpoint that can be asked.
type checkpointBox struct {
	choice
	ID      string // of the element
	Checked bool
}

// evaluatedPage shows what an evaluation would do and cost, before it is done.
type evaluatedPage struct {
	Fields []hiddenField
	Key    string
	Job    tuning.Job
	Plan   evaluations.Plan
}

// evaluateForm shows the form that evaluates.
func (c *call) evaluateForm() error {
	record, err := c.find()
	if err != nil {
		return err
	}
	if !isServed(record.Job) {
		return fault.New(fault.FailedPrecondition, "Only a job that has succeeded, and whose tuned model Vertex AI serves, can be evaluated.")
	}
	return c.showEvaluate(http.StatusOK, record.Job, filledForm{Form: url.Values{"against": {record.RetunedFrom}}})
}

func (c *call) showEvaluate(code int, job tuning.Job, form filledForm) error {
	page := evaluatePage{filledForm: form, Job: job}
	for i, p := range checkpointsOf(job) {
		if p.Value == "" {
			continue
		}
		page.Checkpoints = append(page.Checkpoints, checkpointBox{
			choice: p, ID: checkpoints + "-" + count(i), Checked: slices.Contains(form.Form[checkpoints], p.Value),
		})
	}
	return c.show(code, "evaluate", view{Title: "Evaluate this model", Active: Root, Body: page})
}

// evaluate takes the form. Its first step is a dry run; the evaluation starts with the second one.
func (c *call) evaluate() error {
	record, form, err := c.jobForm()
	if err != nil {
		return err
	}
	if form.Get("step") == "change" {
		return c.showEvaluate(http.StatusOK, record.Job, filledForm{Form: form})
	}
	order, err := c.evaluationOf(record.Job, form)
	var plan evaluations.Plan
	if err == nil && form.Get("step") == "start" {
		if order.Key, err = formKey(form); err != nil {
			return err
		}
		if _, err = c.Evaluate(c.ctx(), order); err == nil {
			return c.redirect(Root + "/jobs/" + record.ID + "#evaluation")
		}
	} else if err == nil {
		plan, err = c.Evaluations.DryRun(c.ctx(), order)
	}
	if err != nil {
		filled, code, isForm := c.refusal(form, evaluateFields, err)
		if !isForm {
			return err
		}
		return c.showEvaluate(code, record.Job, filled)
	}
	page := evaluatedPage{Key: rand.Text(), Job: record.Job, Plan: plan, Fields: hidden(form, evaluateFields[:len(evaluateFields)-1]...)}
	for _, id := range form[checkpoints] {
		page.Fields = append(page.Fields, hiddenField{checkpoints, id})
	}
	return c.show(http.StatusOK, "evaluated", view{Title: "What this evaluation would do", Active: Root, Body: page})
}

// evaluationOf reads the form as the endpoint reads its body.
func (c *call) evaluationOf(job tuning.Job, form url.Values) (evaluations.StartRequest, error) {
	body := object{"job_name": job.ID}
	for _, name := range evaluateText {
		body.text(name, form.Get(name))
	}
	for _, name := range evaluateNumbers {
		body.number(name, form.Get(name))
	}
	body.box("judge", form.Get("judge"))
	if chosen := form[checkpoints]; len(chosen) > 0 {
		body[checkpoints] = chosen
	}
	reader, err := body.reader()
	if err != nil {
		return evaluations.StartRequest{}, err
	}
	return evaluations.StartRequest{Request: evalrun.ReadRequest(reader), Caller: c.caller.Name, Faults: reader.Faults()}, nil
}

// Asked names the models that are asked.
func (p evaluatedPage) Asked() string { return strings.Join(p.Plan.Names(), ", ") }
