// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

// violations gathers field errors and renders them as Vertex AI does: one message that lists all,
// and a BadRequest detail.
type violations []*errdetails.BadRequest_FieldViolation

func (v *violations) add(field, format string, args ...any) {
	*v = append(*v, &errdetails.BadRequest_FieldViolation{Field: field, Description: fmt.Sprintf(format, args...)})
}

func (v violations) err() error {
	if len(v) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("List of found errors:\t")
	for i, f := range v {
		fmt.Fprintf(&b, "%d.Field: %s; Message: %s\t", i+1, f.GetField(), f.GetDescription())
	}
	return withDetail(codes.InvalidArgument, b.String(), &errdetails.BadRequest{FieldViolations: v})
}

func invalidField(field, format string, args ...any) error {
	var v violations
	v.add(field, format, args...)
	return v.err()
}

const (
	quotaMetric     = "aiplatform.googleapis.com/global_concurrent_tuning_jobs"
	openQuotaMetric = "aiplatform.googleapis.com/global_concurrent_managed_oss_model_fine_tuning_jobs_per_project"
)

func quotaError(p pool, limit int) error {
	metric, name, id := quotaMetric, "Global concurrent tuning jobs", "GlobalConcurrentTuningJobsPerProject"
	if p.open {
		metric, name, id = openQuotaMetric, "Global concurrent managed OSS model fine-tuning jobs per project",
			"GlobalConcurrentManagedOssModelFineTuningJobsPerProject"
	}
	return withDetail(codes.ResourceExhausted, "The following quota metrics exceed quota limits: "+metric,
		&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{
			Subject:         "projects/" + projectNumber(p.project),
			Description:     fmt.Sprintf("%s: the limit of %d is reached.", name, limit),
			ApiService:      "aiplatform.googleapis.com",
			QuotaMetric:     metric,
			QuotaId:         id,
			QuotaDimensions: map[string]string{},
			QuotaValue:      int64(limit),
		}}})
}

func publisherModelNotFound(p place, model string) error {
	return status.Errorf(codes.NotFound, "Publisher Model `%s/publishers/google/models/%s` was not found or your "+
		"project does not have access to it. Please ensure you are using a valid model version. For more "+
		"information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions", p, model)
}

func globalRefused() error {
	return status.Error(codes.FailedPrecondition,
		"Tuning of Gemini models is not supported in location `global`. Please use a regional endpoint.")
}

func permissionDenied(permission string, p place) error {
	return status.Errorf(codes.PermissionDenied,
		"Permission '%s' denied on resource '//aiplatform.googleapis.com/%s' (or it may not exist).", permission, p)
}

func withDetail(code codes.Code, message string, detail protoadapt.MessageV1) error {
	s, err := status.New(code, message).WithDetails(detail)
	if err != nil {
		return status.Error(code, message)
	}
	return s.Err()
}

// jobError is the error of a job, not of a call.
func jobError(code codes.Code, format string, args ...any) *spb.Status {
	return &spb.Status{Code: int32(code), Message: fmt.Sprintf(format, args...)}
}
