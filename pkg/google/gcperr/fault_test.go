// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcperr_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

const serviceText = "words of the service"

// answer is what the official gRPC clients return: an APIError around the status.
func answer(t *testing.T, code codes.Code, details ...protoadapt.MessageV1) error {
	t.Helper()
	s, err := status.New(code, serviceText).WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, ok := apierror.FromError(s.Err())
	if !ok {
		t.Fatalf("no APIError of %v", s)
	}
	return wrapped
}

func TestFault(t *testing.T) {
	t.Parallel()
	timeout := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "secret-host"}}
	tests := []struct {
		name    string
		err     error
		kind    fault.Kind
		code    codes.Code
		message string
	}{
		{"grpc_invalid", answer(t, codes.InvalidArgument), fault.InvalidArgument, codes.InvalidArgument, "Vertex AI refused to make it: " + serviceText},
		{"grpc_out_of_range", answer(t, codes.OutOfRange), fault.InvalidArgument, codes.OutOfRange, "Vertex AI refused to make it: " + serviceText},
		{"grpc_precondition", answer(t, codes.FailedPrecondition), fault.FailedPrecondition, codes.FailedPrecondition, "Vertex AI refused to make it: " + serviceText},
		{"grpc_not_found", answer(t, codes.NotFound), fault.NotFound, codes.NotFound, "Vertex AI refused to make it: " + serviceText},
		{"grpc_exists", answer(t, codes.AlreadyExists), fault.AlreadyExists, codes.AlreadyExists, "Vertex AI refused to make it: " + serviceText},
		{"grpc_quota", answer(t, codes.ResourceExhausted), fault.ResourceExhausted, codes.ResourceExhausted, "Vertex AI has no quota left to make it: " + serviceText},
		{"grpc_denied", answer(t, codes.PermissionDenied), fault.UpstreamFailed, codes.PermissionDenied, "Vertex AI failed to make it. The cause is in the service's log."},
		{"grpc_unauthenticated", answer(t, codes.Unauthenticated), fault.UpstreamFailed, codes.Unauthenticated, "Vertex AI failed to make it. The cause is in the service's log."},
		{"grpc_internal", answer(t, codes.Internal), fault.UpstreamFailed, codes.Internal, "Vertex AI failed to make it. The cause is in the service's log."},
		{"grpc_unknown", answer(t, codes.Unknown), fault.UpstreamFailed, codes.Unknown, "Vertex AI failed to make it. The cause is in the service's log."},
		{"grpc_unimplemented", answer(t, codes.Unimplemented), fault.UpstreamFailed, codes.Unimplemented, "Vertex AI failed to make it. The cause is in the service's log."},
		{"grpc_data_loss", answer(t, codes.DataLoss), fault.UpstreamFailed, codes.DataLoss, "Vertex AI failed to make it. The cause is in the service's log."},
		{"grpc_unavailable", answer(t, codes.Unavailable), fault.Unavailable, codes.Unavailable, "Vertex AI is not available to make it. Try again later."},
		{"grpc_aborted", answer(t, codes.Aborted), fault.Unavailable, codes.Aborted, "Vertex AI is not available to make it. Try again later."},
		{"grpc_deadline", answer(t, codes.DeadlineExceeded), fault.DeadlineExceeded, codes.DeadlineExceeded, "Vertex AI took too long to make it. Try again later."},
		{"grpc_cancelled", answer(t, codes.Canceled), fault.Canceled, codes.Canceled, "The request was cancelled before it could make it."},
		{"bare_status", status.Error(codes.NotFound, serviceText), fault.NotFound, codes.NotFound, "Vertex AI refused to make it: " + serviceText},
		{"wrapped_status", fmt.Errorf("client: %w", status.Error(codes.NotFound, serviceText)), fault.NotFound, codes.NotFound, "Vertex AI refused to make it: " + serviceText},
		{"wrapped_answer", fmt.Errorf("client: %w", answer(t, codes.InvalidArgument)), fault.InvalidArgument, codes.InvalidArgument, "Vertex AI refused to make it: " + serviceText},
		{"http_400", &googleapi.Error{Code: 400, Message: serviceText}, fault.InvalidArgument, codes.InvalidArgument, "Vertex AI refused to make it: " + serviceText},
		{"http_401", &googleapi.Error{Code: 401, Message: serviceText}, fault.UpstreamFailed, codes.Unauthenticated, "Vertex AI failed to make it. The cause is in the service's log."},
		{"http_403", &googleapi.Error{Code: 403, Message: serviceText, Body: serviceText}, fault.UpstreamFailed, codes.PermissionDenied, "Vertex AI failed to make it. The cause is in the service's log."},
		{"http_404_wrapped", fmt.Errorf("client: %w", &googleapi.Error{Code: 404, Message: serviceText}), fault.NotFound, codes.NotFound, "Vertex AI refused to make it: " + serviceText},
		{"http_409", &googleapi.Error{Code: 409, Message: serviceText}, fault.AlreadyExists, codes.AlreadyExists, "Vertex AI refused to make it: " + serviceText},
		{"http_412", &googleapi.Error{Code: 412, Message: serviceText}, fault.FailedPrecondition, codes.FailedPrecondition, "Vertex AI refused to make it: " + serviceText},
		{"http_429", &googleapi.Error{Code: 429, Message: serviceText}, fault.ResourceExhausted, codes.ResourceExhausted, "Vertex AI has no quota left to make it: " + serviceText},
		{"http_500", &googleapi.Error{Code: 500, Message: serviceText}, fault.UpstreamFailed, codes.Internal, "Vertex AI failed to make it. The cause is in the service's log."},
		{"http_503", &googleapi.Error{Code: 503, Message: serviceText}, fault.Unavailable, codes.Unavailable, "Vertex AI is not available to make it. Try again later."},
		{"http_504", &googleapi.Error{Code: 504, Message: serviceText}, fault.DeadlineExceeded, codes.DeadlineExceeded, "Vertex AI took too long to make it. Try again later."},
		{"http_418", &googleapi.Error{Code: 418, Message: serviceText}, fault.UpstreamFailed, codes.Unknown, "Vertex AI failed to make it. The cause is in the service's log."},
		{"context_deadline", fmt.Errorf("%s: %w", serviceText, context.DeadlineExceeded), fault.DeadlineExceeded, codes.DeadlineExceeded, "Vertex AI took too long to make it. Try again later."},
		{"context_cancelled", fmt.Errorf("%s: %w", serviceText, context.Canceled), fault.Canceled, codes.Canceled, "The request was cancelled before it could make it."},
		{"network", fmt.Errorf("%s: %w", serviceText, timeout), fault.Unavailable, codes.Unavailable, "Vertex AI is not available to make it. Try again later."},
		{"anything", errors.New(serviceText), fault.UpstreamFailed, codes.Unknown, "Vertex AI failed to make it. The cause is in the service's log."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := gcperr.Code(tt.err); got != tt.code {
				t.Errorf("Code = %v, want %v", got, tt.code)
			}
			err := gcperr.Fault(tt.err, "Vertex AI", "make it")
			got := fault.From(err)
			if got.Kind != tt.kind {
				t.Errorf("kind = %d, want %d", got.Kind, tt.kind)
			}
			if got.Message != tt.message {
				t.Errorf("message = %q, want %q", got.Message, tt.message)
			}
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.err.Error()) {
				t.Errorf("the log does not get the cause: %v", err)
			}
			if code := gcperr.Code(fmt.Errorf("around: %w", err)); code != tt.code {
				t.Errorf("Code of the fault = %v, want %v", code, tt.code)
			}
			if again := gcperr.Fault(err, "Firestore", "do another thing"); again.Error() != err.Error() {
				t.Errorf("a fault was wrapped once more: %v", again)
			}
		})
	}
	if err := gcperr.Fault(nil, "Vertex AI", "make it"); err != nil {
		t.Errorf("Fault of nil = %v", err)
	}
	if code := gcperr.Code(nil); code != codes.OK {
		t.Errorf("Code of nil = %v", code)
	}
}

func TestFaultRetryAfter(t *testing.T) {
	t.Parallel()
	hint := &errdetails.RetryInfo{RetryDelay: durationpb.New(7 * time.Second)}
	tests := []struct {
		name string
		err  error
		want time.Duration
	}{
		{"of_the_service", answer(t, codes.ResourceExhausted, hint), 7 * time.Second},
		{"of_the_service_wrapped", fmt.Errorf("x: %w", answer(t, codes.Unavailable, hint)), 7 * time.Second},
		{"none_given", answer(t, codes.ResourceExhausted), 30 * time.Second},
		{"zero_given", answer(t, codes.Unavailable, &errdetails.RetryInfo{}), 30 * time.Second},
		{"over_http", &googleapi.Error{Code: 429}, 30 * time.Second},
		{"never_for_bad_input", answer(t, codes.InvalidArgument, hint), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := fault.From(gcperr.Fault(tt.err, "Vertex AI", "make it")).RetryAfter; got != tt.want {
				t.Errorf("RetryAfter = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFaultViolations(t *testing.T) {
	t.Parallel()
	bad := &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: "tuning_job.base_model", Description: "is not set."}, {Field: "tuning_job.labels", Description: "are too many."},
	}}
	want := []fault.Violation{
		{Field: "tuning_job.base_model", Reason: "REFUSED_BY_GOOGLE_CLOUD", Description: "is not set."},
		{Field: "tuning_job.labels", Reason: "REFUSED_BY_GOOGLE_CLOUD", Description: "are too many."},
	}
	got := fault.From(gcperr.Fault(answer(t, codes.InvalidArgument, bad), "Vertex AI", "make it"))
	if diff := cmp.Diff(want, got.Violations); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// TestFault_shows_nothing_of_a_denial: a denial names our service account and project, also in its
// details, so the caller's message must not quote it.
func TestFault_shows_nothing_of_a_denial(t *testing.T) {
	t.Parallel()
	const secret = "service-1@gcp-sa.iam.gserviceaccount.com"
	details := []protoadapt.MessageV1{
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: secret, Description: secret}}},
		&errdetails.ErrorInfo{Reason: "IAM_PERMISSION_DENIED", Metadata: map[string]string{"resource": secret}},
	}
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unauthenticated, codes.Internal} {
		s, err := status.New(code, secret+" lacks a permission").WithDetails(details...)
		if err != nil {
			t.Fatal(err)
		}
		got := fault.From(gcperr.Fault(s.Err(), "Vertex AI", "make it"))
		if shown := fmt.Sprintf("%+v", got.Body()); strings.Contains(shown, secret) {
			t.Errorf("the answer to %v shows %q: %s", code, secret, shown)
		}
	}
}
