// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// checkedJob returns the job that an order asks for, or an error that lists everything that is
// wrong with the order.
func (s *Service) checkedJob(ctx context.Context, o StartRequest) (tuning.Job, error) {
	job, verdict, err := s.check(ctx, o)
	if err != nil || len(verdict.Refusals) == 0 {
		return job, err
	}
	if o.TrainingGeneration == 0 { // function convert has checked a dropped file
		err = s.checkData(ctx, job.BaseModel, o.Request)
	}
	return job, joinFaults(fault.Faults{}, err, verdict.Err())
}

// check returns the job that an order asks for, with the verdict of the catalogue. If anything else
// is wrong with the order, the error lists all of it: the faults found while reading the request,
// its fields, its model, the refusals of the catalogue, and its data as far as the order identifies
// them.
func (s *Service) check(ctx context.Context, o StartRequest) (tuning.Job, catalogue.Verdict, error) {
	faults := o.Check(o.Faults)
	s.checkAllowed(o.Request, &faults)
	job, verdict, err := s.plan(ctx, o, faults)
	if faults.Count == 0 && err == nil {
		return job, verdict, nil
	}
	if faults.Count == 0 && fault.ShouldRedeliver(err) {
		return job, verdict, err
	}
	var dataErr error
	if o.TrainingGeneration == 0 && !slices.ContainsFunc(tuning.Sources, faults.Has) {
		r := o.Request
		if faults.Has("validation_data") {
			r.ValidationData = ""
		}
		if faults.Has("validation_split") {
			r.ValidationSplit = 0
		}
		dataErr = s.checkData(ctx, job.BaseModel, r)
	}
	return job, verdict, joinFaults(faults, err, dataErr, verdict.Err())
}

// checkData returns what is wrong with the data of a request.
func (s *Service) checkData(ctx context.Context, baseModel string, r tuning.Request) error {
	_, release, err := s.Training.Preview(ctx, baseModel, r)
	release()
	return err
}

// checkAllowed adds a fault for each bucket, service account or key in the request that the
// operator's list does not contain. An empty list allows all.
func (s *Service) checkAllowed(r tuning.Request, faults *fault.Faults) {
	check := func(field, name, setting string, list []string) {
		if name != "" && len(list) > 0 && !slices.Contains(list, name) && !faults.Has(field) {
			faults.Add(field, "NOT_ALLOWED", "must be one that this service allows ("+setting+"): "+strings.Join(list, ", ")+".")
		}
	}
	for _, uri := range []struct{ field, value string }{
		{"training_data", r.TrainingData}, {"validation_data", r.ValidationData}, {"output_uri", strings.TrimSuffix(r.OutputURI, "/") + "/x"},
	} {
		if bucket, _, ok := tuning.ParseURI(uri.value); ok && r.TrainingGeneration == 0 && bucket != s.Config.DataBucket {
			check(uri.field, bucket, "START_BUCKETS", s.Config.Buckets)
		}
	}
	check("service_account", r.ServiceAccount, "START_SERVICE_ACCOUNTS", s.Config.Accounts)
	check("kms_key_name", r.KMSKeyName, "START_KMS_KEYS", s.Config.Keys)
}

// joinFaults joins everything that is wrong with a request in one error. A single error is returned
// unchanged. An error that is not the caller's is returned only if there is no other.
func joinFaults(faults fault.Faults, found ...error) error {
	var alone error
	var callers []*fault.Error
	for _, err := range found {
		if err != nil && alone == nil {
			alone = err
		}
		if e, ok := errors.AsType[*fault.Error](err); ok && !fault.ShouldRedeliver(e) {
			callers = append(callers, e)
		}
	}
	switch {
	case faults.Count == 0 && len(callers) == 0:
		return alone
	case faults.Count == 0 && len(callers) == 1:
		return callers[0]
	}
	all := fault.Faults{Kept: slices.Clip(faults.Kept), Count: faults.Count}
	for _, e := range callers {
		e := *e
		listed := int64(len(e.Violations))
		e.Violations = slices.DeleteFunc(slices.Clone(e.Violations), func(v fault.Violation) bool { return faults.Has(v.Field) })
		if listed > 0 && len(e.Violations) == 0 {
			continue // each of these fields has a fault already
		}
		e.Count = max(e.Count, listed) - listed + int64(len(e.Violations))
		all.Of(&e, "training_data")
	}
	return all.Err()
}
