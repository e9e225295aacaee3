// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotions_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

const bucket = cloudtest.Data

// world is a local cloud with a service of promotions.
type world struct {
	*cloudtest.Cloud
	*promotions.Service
	jobs   *jobs.Service
	poller *poll.Poller
	evals  *evaluations.Service
	models *aiplatform.ModelClient // of a bystander
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := cloudtest.Start(t, func(c *cloud.Config) { c.JobDuration = 10 * time.Millisecond })
	back := c.NewBackend(jobs.Config{BaseModel: "gemini-3.1-flash-lite"})
	w := &world{Cloud: c, jobs: back.Jobs, poller: c.NewPoller(t, back)}
	w.Service, w.evals = w.poller.Promotions, w.poller.Evaluations
	w.Upload(t, bucket, "train.jsonl", cloudtest.Capitals(60, "What is the capital of country%d?"), nil)
	w.Upload(t, bucket, "eval.jsonl", cloudtest.Capitals(25, "Please name the capital of country%d."), nil)
	var err error
	w.models, err = aiplatform.NewModelClient(t.Context(), option.WithEndpoint(c.Run.Addresses.Vertex), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())), option.WithUserAgent(faults.Bystander))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.models.Close() })
	return w
}

// Now is the time of the cloud and of the service.
func (w *world) Now() time.Time { return w.Cloud.Now() }

func (w *world) tick(t *testing.T) {
	t.Helper()
	if err := w.poller.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// train returns a job that has succeeded, with three checkpoints.
func (w *world) train(t *testing.T, change ...func(*tuning.Request)) tuning.Job {
	t.Helper()
	r := tuning.Request{
		TrainingData: "gs://" + bucket + "/train.jsonl", ValidationData: "gs://" + bucket + "/eval.jsonl",
		Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))},
	}
	for _, c := range change {
		c(&r)
	}
	return w.Train(t, w.jobs, w.poller, r)
}

// evaluate returns an evaluation that has ended.
func (w *world) evaluate(t *testing.T, r evalrun.Request) evalrun.Run {
	t.Helper()
	run, err := w.evals.Start(t.Context(), evaluations.StartRequest{Request: r, Caller: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	w.tick(t)
	e, err := w.Cloud.Records.Evaluation(t.Context(), run.ID)
	if err != nil || !e.Finished {
		t.Fatalf("%+v, %v", e.Run, err)
	}
	return e.Run
}

func order(model string) promotions.Order { return promotions.Order{ModelID: model, Caller: "ann"} }

func keyed(model, key string) promotions.Order {
	return promotions.Order{ModelID: model, Caller: "ann", Key: key}
}

// promote promotes a job, which must work.
func (w *world) promote(t *testing.T, o promotions.Order, job tuning.Job, checkpoint string) promotion.Move {
	t.Helper()
	m, err := w.Promote(t.Context(), o, promotion.Request{JobName: job.ID, Checkpoint: checkpoint})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) pointer(t *testing.T, model string) store.Pointer {
	t.Helper()
	p, err := w.Cloud.Records.Pointer(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// history lists the moves of a model, the oldest first.
func (w *world) history(t *testing.T, model string) (lines []string) {
	t.Helper()
	for _, m := range w.pointer(t, model).Moves {
		lines = append([]string{fmt.Sprintf("%d %s checkpoint %s", m.Number, m.Action, m.Version.Checkpoint)}, lines...)
	}
	return lines
}

// defaultCheckpoint returns the default checkpoint that Vertex AI has of a job's model.
func (w *world) defaultCheckpoint(t *testing.T, job tuning.Job) string {
	t.Helper()
	m, err := w.models.GetModel(t.Context(), &aiplatformpb.GetModelRequest{Name: job.TunedModel})
	if err != nil {
		t.Fatal(err)
	}
	return m.GetDefaultCheckpointId()
}

// reasonOf returns the field and the reason of an error, and its kind.
func reasonOf(err error) string {
	e := fault.From(err)
	for _, v := range e.Violations {
		return v.Field + " " + v.Reason + " " + e.Kind.String()
	}
	return e.Reason + " " + e.Kind.String()
}
