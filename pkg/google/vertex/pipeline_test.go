// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func TestPipeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const name = "projects/acme/locations/us-central1/trainingPipelines/5"
	at := time.Date(2024, 3, 1, 1, 0, 0, 123456789, time.UTC)
	if err := w.cloud.Run.Vertex.AddPipeline(&aiplatformpb.TrainingPipeline{
		Name: name, DisplayName: "old", State: aiplatformpb.PipelineState_PIPELINE_STATE_FAILED, Labels: map[string]string{"a": "b"},
		CreateTime: timestamppb.New(at), StartTime: timestamppb.New(at), EndTime: timestamppb.New(at), UpdateTime: timestamppb.New(at),
		ModelToUpload: &aiplatformpb.Model{Name: "projects/1/locations/us-central1/models/7"}, Error: &spb.Status{Code: 3, Message: "bad"},
	}); err != nil {
		t.Fatal(err)
	}
	got, err := w.Pipeline(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	kept := at.Truncate(time.Microsecond)
	want := vertex.Pipeline{
		Name: got.Name, DisplayName: "old", State: "PIPELINE_STATE_FAILED", Labels: map[string]string{"a": "b"},
		Model: "projects/1/locations/us-central1/models/7", Failure: &tuning.Failure{Code: 3, Message: "bad"},
		CreatedAt: kept, StartedAt: kept, EndedAt: kept, UpdatedAt: kept,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pipeline (-want +got):\n%s", diff)
	}
	if c := w.taken(); len(c) != 1 || c[0].left <= 10*time.Second || c[0].left > 20*time.Second {
		t.Errorf("calls: %+v, want one with a deadline of 20s", c)
	}
	if _, err := w.Pipeline(t.Context(), name+"0"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Pipeline of a missing name: %v, want NotFound", err)
	}
	if _, err := w.Pipeline(t.Context(), "5"); err == nil {
		t.Error("Pipeline of an incomplete name returns no error")
	}
	w.cloud.OnAny(faults.Fail(codes.PermissionDenied))
	if _, err := w.Pipeline(t.Context(), name); fault.KindOf(err) != fault.UpstreamFailed {
		t.Errorf("Pipeline without permission: %v", err)
	}
}
