// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const pipelines = "projects/acme/locations/us-central1/trainingPipelines/"

// pipeline adds a training pipeline to Vertex AI.
func (s *system) pipeline(t *testing.T, p *aiplatformpb.TrainingPipeline) {
	t.Helper()
	if err := s.Run.Vertex.AddPipeline(p); err != nil {
		t.Fatal(err)
	}
}

func TestJobStatus_of_a_training_pipeline(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	at := func(hour int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2024, 3, 1, hour, 0, 0, 0, time.UTC))
	}
	s.pipeline(t, &aiplatformpb.TrainingPipeline{
		Name: pipelines + "5", DisplayName: "tune text-bison", State: aiplatformpb.PipelineState_PIPELINE_STATE_SUCCEEDED,
		CreateTime: at(1), StartTime: at(2), EndTime: at(3), UpdateTime: at(4), Labels: map[string]string{"team": "a"},
		ModelToUpload: &aiplatformpb.Model{Name: "projects/1/locations/us-central1/models/7", VersionId: "1"},
	})
	s.pipeline(t, &aiplatformpb.TrainingPipeline{
		Name: pipelines + "6", DisplayName: "no quota", State: aiplatformpb.PipelineState_PIPELINE_STATE_FAILED,
		CreateTime: at(1), UpdateTime: at(1), Error: &spb.Status{Code: int32(codes.ResourceExhausted), Message: "No quota."},
	})
	s.pipeline(t, &aiplatformpb.TrainingPipeline{Name: pipelines + "7", DisplayName: "odd", State: 77, CreateTime: at(1), UpdateTime: at(1)})
	for _, name := range []string{pipelines + "5", strings.Replace(pipelines, "acme", "112233", 1) + "5"} {
		got := s.status(t, name)
		want := jobStatus{
			Name: got.Name, DisplayName: "tune text-bison", Status: "PIPELINE_STATE_SUCCEEDED", CreatedAt: "2024-03-01T01:00:00.000000Z",
			StartedAt: "2024-03-01T02:00:00.000000Z", EndedAt: "2024-03-01T03:00:00.000000Z", UpdatedAt: "2024-03-01T04:00:00.000000Z",
			TunedModel: "projects/1/locations/us-central1/models/7@1", Labels: map[string]string{"team": "a"}, Warnings: got.Warnings,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if !strings.HasSuffix(got.Name, "/locations/us-central1/trainingPipelines/5") || len(got.Warnings) != 1 {
			t.Errorf("%s: it is %s, warnings %q", name, got.Name, got.Warnings)
		}
	}
	failed := s.status(t, pipelines+"6")
	if failed.Status != "PIPELINE_STATE_FAILED" || failed.Failure == nil || failed.Failure.Message != "No quota." ||
		failed.Remedy == nil || failed.Remedy.Code != "QUOTA" || failed.TunedModel != "" {
		t.Errorf("got %+v", failed)
	}
	if odd := s.status(t, pipelines+"7"); odd.Status != "PIPELINE_STATE_UNSPECIFIED" {
		t.Errorf("an unknown state is shown as %s", odd.Status)
	}
}

// TestJobStatus_of_no_training_pipeline: only pipelines of our own project are read from Vertex AI.
func TestJobStatus_of_no_training_pipeline(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct {
		name, path string
		calls      int
	}{
		{"unknown", pipelines + "5", 1},
		{"unknown_by_number", strings.Replace(pipelines, "acme", "112233", 1) + "5", 1},
		{"another_project", strings.Replace(pipelines, "acme", "other", 1) + "5", 0},
		{"our_id", pipelines + "vt-20261201-143022-abcdefghij", 0},
		{"a_tuning_job", strings.Replace(pipelines, "trainingPipelines", "tuningJobs", 1) + "5", 0},
		{"short", "5", 0},
	}
	for _, test := range tests {
		before := s.vertexCalls()
		f := s.get(t, base+"/job-status/"+test.path).failed(http.StatusNotFound)
		if !strings.Contains(f.Message, test.path[strings.LastIndexByte(test.path, '/')+1:]) {
			t.Errorf("%s: the job is not named: %s", test.name, f.Message)
		}
		if n := s.vertexCalls() - before; n != test.calls {
			t.Errorf("%s: Vertex AI was asked %d times, want %d", test.name, n, test.calls)
		}
	}
	s.fail(faults.Vertex, status.Error(codes.Unavailable, hidden))
	s.get(t, base+"/job-status/"+pipelines+"5").failed(http.StatusServiceUnavailable)
	s.fail(faults.Vertex, status.Error(codes.PermissionDenied, hidden))
	s.get(t, base+"/job-status/"+pipelines+"5").failed(http.StatusBadGateway)
}
