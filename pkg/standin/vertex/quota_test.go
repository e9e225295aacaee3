// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"strings"
	"testing"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

func TestQuota_refuses(t *testing.T) {
	t.Parallel()
	b := newBeta(t, func(c *vertex.Config) { c.ConcurrentJobs = 0 }) // Vertex AI's default: one
	w := b.world
	first := w.mustCreate()
	if _, err := b.create(parent); err != nil {
		t.Errorf("a job on an open model, which has a quota of its own: %v", err)
	}
	_, err := b.create(global)
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "managed_oss_model_fine_tuning_jobs") {
		t.Errorf("another one: %v", err)
	}
	// The quota is global: another location does not help.
	other := strings.Replace(parent, "us-central1", "europe-west4", 1)
	_, err = w.client.CreateTuningJob(t.Context(), &pb.CreateTuningJobRequest{Parent: other, TuningJob: newJob()})
	if status.Code(err) != codes.ResourceExhausted ||
		!strings.Contains(err.Error(), "The following quota metrics exceed quota limits: aiplatform.googleapis.com/global_concurrent_tuning_jobs") {
		t.Fatalf("second job: %v", err)
	}
	var failure *errdetails.QuotaFailure
	for _, d := range status.Convert(err).Details() {
		failure, _ = d.(*errdetails.QuotaFailure)
	}
	if v := failure.GetViolations(); len(v) != 1 || v[0].GetQuotaValue() != 1 {
		t.Errorf("quota failure %v", failure)
	}
	w.finish(first.GetName())
	if _, err := w.create(); err != nil {
		t.Errorf("after the first job: %v", err)
	}
}

func TestContinuousTuning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first := w.finish(w.mustCreate().GetName())
	model := first.GetTunedModel().GetModel()
	next := w.mustCreate(continueFrom(model), func(j *pb.TuningJob) { j.TunedModelDisplayName = "" })
	if next.GetTunedModelDisplayName() != "support bot" || next.GetPreTunedModel().GetBaseModel() != "gemini-3.1-flash-lite" {
		t.Errorf("inherited: %v", next)
	}
	if got := w.finish(next.GetName()).GetTunedModel().GetModel(); got != strings.TrimSuffix(model, "1")+"2" {
		t.Errorf("model %s after %s, want the next version", got, model)
	}
	renamed := w.mustCreate(continueFrom(strings.TrimSuffix(model, "@1")), func(j *pb.TuningJob) {
		j.TunedModelDisplayName = "other bot"
		j.GetPreTunedModel().CheckpointId = "2"
	})
	if got := w.finish(renamed.GetName()).GetTunedModel().GetModel(); !strings.HasSuffix(got, "@1") || got == model {
		t.Errorf("model %s under a new name", got)
	}
	for name, change := range map[string]func(*pb.TuningJob){
		"version":    continueFrom(strings.TrimSuffix(model, "1") + "3"),
		"checkpoint": func(j *pb.TuningJob) { continueFrom(model)(j); j.GetPreTunedModel().CheckpointId = "5" },
	} {
		if _, err := w.create(change); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
}
