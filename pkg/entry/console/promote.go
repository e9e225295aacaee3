// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// gate is the box that asks for a gate, and begins the names of its fields.
const gate = "require"

// promoteFields are the fields of the form that promotes.
var promoteFields = []string{"model_id", "checkpoint_id", gate, gate + ".metric", gate + ".min_gain"}

// promotePage is the content of the form that promotes the tuned model of a job.
type promotePage struct {
	filledForm
	Job         tuning.Job
	Checkpoints []choice
}

// Checkpoint is the field that chooses a checkpoint.
func (p promotePage) Checkpoint() formField {
	field := p.Of("checkpoint_id")
	field.Options = p.Checkpoints
	return field
}

// ModelID is the field with the ID of the model.
func (p promotePage) ModelID() formField {
	field := p.Of("model_id")
	field.Label, field.Hint = "Model", "The ID by which applications ask for it, such as support-bot. A new one is created"
	return field
}

// promotedPage says what a promotion will do, before it is done.
type promotedPage struct {
	Fields  []hiddenField
	Key     string
	Job     tuning.Job
	ModelID string
	Plan    promotions.Plan
	Warning string // about the gain
}

// promoteForm shows the form that promotes.
func (c *call) promoteForm() error {
	record, err := c.find()
	if err != nil {
		return err
	}
	if !isServed(record.Job) {
		return fault.New(fault.FailedPrecondition, "Only a job that has succeeded, and whose tuned model Vertex AI serves, can be promoted.")
	}
	return c.showPromote(http.StatusOK, record.Job, filledForm{Form: url.Values{"model_id": {record.ModelID}}})
}

// isServed reports whether a job has a tuned model that can be asked.
func isServed(j tuning.Job) bool {
	return j.State == tuning.Succeeded && j.TunedModel != "" && j.TunedEndpoint != ""
}

func (c *call) showPromote(code int, job tuning.Job, form filledForm) error {
	page := promotePage{filledForm: form, Job: job, Checkpoints: checkpointsOf(job)}
	return c.show(code, "promote", view{Title: "Promote this model", Active: Root, Body: page})
}

// checkpointsOf returns the checkpoints that can be asked.
func checkpointsOf(j tuning.Job) (all []choice) {
	for _, p := range j.Checkpoints {
		if p.Endpoint == "" {
			continue
		}
		text := "Checkpoint " + readable(p.ID) + ", epoch " + count(p.Epoch)
		if p.Endpoint == j.TunedEndpoint {
			text += " (the default)"
		}
		all = append(all, choice{p.ID, text})
	}
	if len(all) > 0 {
		all = append([]choice{{"", "the default of the job's endpoint"}}, all...)
	}
	return all
}

// promote takes the form. Its first step says what will happen; the second one promotes.
func (c *call) promote() error {
	record, form, err := c.jobForm()
	if err != nil {
		return err
	}
	if form.Get("step") == "change" {
		return c.showPromote(http.StatusOK, record.Job, filledForm{Form: form})
	}
	request, order, err := c.promotionOf(record.Job, form)
	var plan promotions.Plan
	if err == nil && form.Get("step") == "promote" {
		if order.Key, err = formKey(form); err != nil {
			return err
		}
		if _, err = c.Promotions.Promote(c.ctx(), order, request); err == nil {
			return c.redirect(modelPath(order.ModelID))
		}
	} else if err == nil {
		plan, err = c.Promotions.Plan(c.ctx(), order, request)
	}
	if err != nil {
		filled, code, isForm := c.refusal(form, promoteFields, err)
		if !isForm {
			return err
		}
		return c.showPromote(code, record.Job, filled)
	}
	page := promotedPage{Fields: hidden(form, promoteFields...), Key: rand.Text(), Job: record.Job, ModelID: order.ModelID, Plan: plan}
	if plan.Move.Gain != nil {
		page.Warning = plan.Move.Gain.Warning()
	}
	return c.show(http.StatusOK, "promoted", view{Title: "Promote this model?", Active: Root, Body: page})
}

// promotionOf reads the form as the endpoint reads its body.
func (c *call) promotionOf(job tuning.Job, form url.Values) (promotion.Request, promotions.Order, error) {
	body := object{"job_name": job.ID}
	body.text("checkpoint_id", form.Get("checkpoint_id"))
	if form.Get(gate) != "" {
		body[gate] = gateOf(form, gate)
	}
	order := promotions.Order{ModelID: form.Get("model_id"), Caller: c.caller.Name}
	reader, err := body.reader()
	if err != nil {
		return promotion.Request{}, order, err
	}
	request := promotion.ReadRequest(reader)
	order.Faults = reader.Faults()
	return request, order, nil
}

// modelPath returns the address of the page of a model.
func modelPath(id string) string { return Root + "/models/" + url.PathEscape(id) }
