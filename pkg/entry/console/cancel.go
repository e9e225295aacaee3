// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// cancelPage is the content of the page that asks before it cancels.
type cancelPage struct {
	Job     tuning.Job
	Effects []string
}

// confirmCancel says what a cancellation will do, and asks once.
func (c *call) confirmCancel() error {
	record, err := c.cancellable()
	if err != nil {
		return err
	}
	body := cancelPage{Job: record.Job, Effects: effectsOf(record.Job)}
	return c.show(http.StatusOK, "cancel", view{Title: "Cancel this job?", Active: Root, Body: body})
}

func (c *call) cancellable() (store.Record, error) {
	record, err := c.find()
	if err != nil {
		return record, err
	}
	if record.Finished {
		return record, fault.New(fault.Conflict, "The job has already ended: there is nothing to cancel.")
	}
	return record, c.Access.MayCancel(record.Job, c.caller.Name)
}

// effectsOf says what the cancellation of a job will do.
func effectsOf(j tuning.Job) []string {
	if j.Step == tuning.Preparing || j.Step == tuning.Waiting {
		return []string{
			"The job leaves the queue at once. It is never sent to Vertex AI, and costs nothing.",
			"Its record stays in the list, as cancelled.",
		}
	}
	return []string{
		"Vertex AI is asked to end the job. That can take some minutes, and the job may still succeed.",
		"The training that was done until then may be billed.",
		"There will be no tuned model, and a cancelled job cannot be continued. Its record stays in the list.",
	}
}

func (c *call) cancel() error {
	record, err := c.cancellable()
	if err != nil {
		return err
	}
	if _, err := c.Access.Cancel(c.ctx(), record, c.caller.Name); err != nil {
		return err
	}
	return c.redirect(Root + "/jobs/" + record.ID)
}
