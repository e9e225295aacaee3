// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"strings"
	"testing"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	locationpb "google.golang.org/genproto/googleapis/cloud/location"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestGetTrainingPipeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	client, err := aiplatform.NewPipelineClient(t.Context(), at(w.server.Addr())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	const name = "projects/acme/locations/us-central1/trainingPipelines/5"
	for _, wrong := range []string{"", "5", name + "/6"} {
		if err := w.server.AddPipeline(&v1.TrainingPipeline{Name: wrong}); err == nil {
			t.Errorf("a pipeline of the name %q was taken", wrong)
		}
	}
	if err := w.server.AddPipeline(&v1.TrainingPipeline{Name: name, DisplayName: "old"}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]codes.Code{
		name:       codes.OK,
		name + "0": codes.NotFound,
		strings.Replace(name, "us-central1", "europe-west4", 1): codes.NotFound,
		strings.Replace(name, "acme", "other", 1):               codes.PermissionDenied,
		"projects/acme/locations/us-central1/tuningJobs/5":      codes.InvalidArgument,
	}
	for name, code := range tests {
		got, err := client.GetTrainingPipeline(t.Context(), &v1.GetTrainingPipelineRequest{Name: name})
		if status.Code(err) != code || err == nil && got.GetDisplayName() != "old" {
			t.Errorf("%s: %v, %v, want %v", name, got, err, code)
		}
	}
	_, mixin := client.GetLocation(t.Context(), &locationpb.GetLocationRequest{Name: parent})
	for method, err := range map[string]error{
		"CancelTrainingPipeline":                      client.CancelTrainingPipeline(t.Context(), &v1.CancelTrainingPipelineRequest{Name: name}),
		"google.cloud.location.Locations/GetLocation": mixin,
	} {
		if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), method) {
			t.Errorf("%s: %v, want Unimplemented with the name", method, err)
		}
	}
}
