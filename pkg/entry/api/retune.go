// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// retune starts a job that repeats another one on another base model. Its responses are those of a
// start.
func (a *API) retune(r *http.Request) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	name, baseModel := f.Text("job_name"), f.Text("base_model")
	maxCost, force, dry := f.Dollars("max_cost_usd"), f.Flag("force"), f.Flag("dry_run")
	faults := f.Faults()
	switch {
	case faults.Has("job_name"):
	case name == "":
		faults.Add("job_name", "REQUIRED", "must name the job to repeat.")
	default:
		checkJobName(&faults, "job_name", name)
	}
	if faults.Count > 0 {
		return nil, faults.Err()
	}
	record, err := a.Access.Find(r.Context(), name)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "There is no job %q. GET /api/v1/fine-tuning/jobs lists the jobs.", name)
	}
	if err != nil {
		return nil, err
	}
	request, err := a.Jobs.RetuneRequest(r.Context(), record.Job, baseModel)
	if err != nil {
		return nil, err
	}
	request.MaxCost, request.Force = maxCost, force
	return a.startOrPlan(r, jobs.StartRequest{Request: request, Caller: callerOf(r.Context())}, dry)
}
