// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

func TestQuota_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *vertex.Config) { c.ConcurrentJobs = 0 }) // Vertex AI's default: one
	first := w.mustCreate()
	// The quota is global: another location does not help.
	other := strings.Replace(parent, "us-central1", "europe-west4", 1)
	_, err := w.client.CreateTuningJob(t.Context(), &pb.CreateTuningJobRequest{Parent: other, TuningJob: newJob()})
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

func TestStart_refuses(t *testing.T) {
	t.Parallel()
	if _, err := vertex.Start(vertex.Config{}); err == nil || !strings.Contains(err.Error(), "Storage") {
		t.Errorf("without storage: %v", err)
	}
	w := newWorld(t, nil)
	taken := w.cfg
	taken.Addr = w.server.Addr()
	if _, err := vertex.Start(taken); err == nil {
		t.Error("a taken address was accepted")
	}
}

// Many callers at once, with the real clock: nothing deadlocks, races, or goes over the quota.
func TestConcurrentCallers(t *testing.T) {
	t.Parallel()
	const limit = 5
	w := newWorld(t, func(c *vertex.Config) { c.Now, c.JobDuration, c.ConcurrentJobs = nil, 30*time.Millisecond, limit })
	var group sync.WaitGroup
	var created atomic.Int64
	for i := range 8 {
		group.Go(func() {
			for k := range 20 {
				job, err := w.create(numbered(i, nil))
				if err == nil {
					created.Add(1)
					if k%3 == 0 {
						_ = w.cancel(job.GetName())
					}
				} else if status.Code(err) != codes.ResourceExhausted {
					t.Error(err)
				}
				if n := unfinished(w.server.Jobs()); n > limit {
					t.Errorf("%d unfinished jobs", n)
				}
			}
		})
	}
	group.Wait()
	for _, job := range w.server.Jobs() {
		w.until(job.GetName(), "it ends", func(j *pb.TuningJob) bool { return j.GetEndTime() != nil })
	}
	if int64(len(w.server.Jobs())) != created.Load() {
		t.Errorf("%d jobs, %d created", len(w.server.Jobs()), created.Load())
	}
}

func unfinished(jobs []*pb.TuningJob) int {
	n := 0
	for _, job := range jobs {
		if job.GetEndTime() == nil {
			n++
		}
	}
	return n
}
