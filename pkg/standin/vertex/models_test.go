// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"strings"
	"testing"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func (w *world) registry() *aiplatform.ModelClient {
	w.t.Helper()
	client, err := aiplatform.NewModelClient(w.t.Context(), at(w.server.Addr())...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = client.Close() })
	return client
}

func (w *world) setDefault(model, checkpoint string, mask ...string) error {
	w.t.Helper()
	_, err := w.registry().UpdateModel(w.t.Context(), &pb.UpdateModelRequest{
		Model: &pb.Model{Name: model, DefaultCheckpointId: checkpoint}, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask},
	})
	return err
}

// TestUpdateModel: the model's endpoint is that of the default checkpoint, also after a restart.
func TestUpdateModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inDir(t.TempDir()))
	job := w.finish(w.mustCreate().GetName()).GetTunedModel()
	last := job.GetCheckpoints()[len(job.GetCheckpoints())-1]
	got, err := w.registry().GetModel(t.Context(), &pb.GetModelRequest{Name: job.GetModel()})
	if err != nil || got.GetDefaultCheckpointId() != last.GetCheckpointId() || got.GetVersionId() != "1" || got.GetName()+"@1" != job.GetModel() {
		t.Errorf("%v, %v", got, err)
	}
	first := job.GetCheckpoints()[0]
	if err := w.setDefault(job.GetModel(), first.GetCheckpointId(), "default_checkpoint_id"); err != nil {
		t.Fatal(err)
	}
	w.restart()
	for _, j := range w.server.Jobs() {
		if j.GetTunedModel().GetEndpoint() != first.GetEndpoint() || last.GetEndpoint() == first.GetEndpoint() {
			t.Errorf("the endpoint is %s", j.GetTunedModel().GetEndpoint())
		}
	}
	if got, err = w.registry().GetModel(t.Context(), &pb.GetModelRequest{Name: got.GetName()}); err != nil || got.GetDefaultCheckpointId() != first.GetCheckpointId() {
		t.Errorf("%v, %v", got, err)
	}
}

func TestUpdateModel_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inDir(t.TempDir()))
	model := w.finish(w.mustCreate().GetName()).GetTunedModel()
	const mask = "default_checkpoint_id"
	for name, tt := range map[string]struct {
		err  error
		want codes.Code
	}{
		"checkpoint": {w.setDefault(model.GetModel(), "99", mask), codes.InvalidArgument},
		"no_mask":    {w.setDefault(model.GetModel(), "1"), codes.InvalidArgument},
		"mask":       {w.setDefault(model.GetModel(), "1", "display_name"), codes.Unimplemented},
		"version":    {w.setDefault(strings.Replace(model.GetModel(), "@1", "@2", 1), "1", mask), codes.NotFound},
		"location":   {w.setDefault(strings.Replace(model.GetModel(), "us-central1", "europe-west4", 1), "1", mask), codes.NotFound},
		"form":       {w.setDefault("models/1", "1", mask), codes.InvalidArgument},
	} {
		if code := status.Code(tt.err); code != tt.want {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	if err := w.server.DeleteModel(model.GetModel()); err != nil {
		t.Fatal(err)
	}
	w.restart()
	if err := w.setDefault(model.GetModel(), "1", mask); status.Code(err) != codes.NotFound {
		t.Errorf("deleted: %v", err)
	}
	if _, err := w.ask(model.GetEndpoint(), "Hello?"); status.Code(err) != codes.NotFound {
		t.Errorf("the endpoint of a deleted model: %v", err)
	}
	if err := w.server.DeleteModel(model.GetModel()); status.Code(err) != codes.NotFound {
		t.Errorf("deleted again: %v", err)
	}
}
