// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcperr_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/vertextune/vertextune/pkg/core/remedy"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

func TestRemedy(t *testing.T) {
	t.Parallel()
	detailed := func(code codes.Code, message string, details ...protoadapt.MessageV1) error {
		s, err := status.New(code, message).WithDetails(details...)
		if err != nil {
			t.Fatal(err)
		}
		return s.Err()
	}
	disabled := []any{
		map[string]any{"@type": "type.googleapis.com/google.rpc.Help"},
		"no object",
		map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
			"metadata": map[string]any{"service": "storage.googleapis.com", "odd": 5},
		},
	}
	tests := []struct {
		name    string
		err     error
		service string
		want    string
		fix     string
	}{
		{"none", nil, remedy.Vertex, "", ""},
		{"unknown", errors.New("odd"), remedy.Vertex, "", ""},
		{"grpc", status.Error(codes.InvalidArgument, "The adapter size is not supported for this base model."), remedy.Vertex, "ADAPTER_SIZE", ""},
		{
			"grpc_wrapped", gcperr.Fault(fmt.Errorf("create: %w", status.Error(codes.PermissionDenied, "Missing or insufficient permissions.")), "Firestore", "write"),
			remedy.Firestore, "FIRESTORE_ROLE_MISSING", "",
		},
		{
			"grpc_fields", detailed(codes.InvalidArgument, "List of found errors", &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
				{Field: "tuning_job.supervised_tuning_spec.training_dataset_uri", Description: "training_dataset_uri should be a GCS object of type JSONL."},
			}}), remedy.Vertex, "DATASET_NOT_JSONL", "",
		},
		{
			"grpc_reason", detailed(codes.PermissionDenied, "Not enabled.", &errdetails.ErrorInfo{
				Reason: "SERVICE_DISABLED", Metadata: map[string]string{"service": "aiplatform.googleapis.com"},
			}), remedy.Vertex, "API_DISABLED", "gcloud services enable aiplatform.googleapis.com --project=acme",
		},
		{
			"http_reason", &googleapi.Error{Code: http.StatusForbidden, Message: "Not enabled.", Details: disabled},
			remedy.Storage, "API_DISABLED", "gcloud services enable storage.googleapis.com --project=acme",
		},
		{
			"http", fmt.Errorf("read: %w", &googleapi.Error{Code: http.StatusNotFound, Message: "The specified bucket does not exist."}),
			remedy.Storage, "BUCKET_MISSING", "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := gcperr.Remedy(tt.err, tt.service, remedy.Context{Project: "acme"})
			if ok != (tt.want != "") || got.Code != tt.want || tt.fix != "" && got.Fix != tt.fix {
				t.Errorf("Remedy = %+v, want %q with the fix %q", got, tt.want, tt.fix)
			}
		})
	}
}
