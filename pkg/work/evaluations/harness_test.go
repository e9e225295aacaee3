// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations_test

import (
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	bucket    = cloudtest.Data
	baseModel = "gemini-3.1-flash-lite"
	heldOut   = "gs://" + bucket + "/eval.jsonl"
	ask       = "GenerateContent"
)

// world is a local cloud with a service of evaluations.
type world struct {
	*cloudtest.Cloud
	*evaluations.Service
	jobs   *jobs.Service
	poller *poll.Poller
}

// newWorld returns a world with data: 40 held-out questions that resemble those of the training.
func newWorld(t *testing.T, config jobs.Config) *world {
	t.Helper()
	c := cloudtest.Start(t, func(c *cloud.Config) { c.JobDuration = 10 * time.Millisecond })
	config.BaseModel = baseModel
	back := c.NewBackend(config)
	w := &world{Cloud: c, jobs: back.Jobs, poller: c.NewPoller(t, back)}
	w.Service = evaluations.New(back, c.Vertex)
	w.Service.Now = c.Now
	w.Upload(t, bucket, "train.jsonl", cloudtest.Capitals(60, "What is the capital of country%d?"), nil)
	w.Upload(t, bucket, "eval.jsonl", cloudtest.Capitals(40, "Please name the capital of country%d."), nil)
	return w
}

// Now is the time of the cloud and of the service.
func (w *world) Now() time.Time { return w.Cloud.Now() }

// train returns a job that has succeeded.
func (w *world) train(t *testing.T, change ...func(*tuning.Request)) tuning.Job {
	t.Helper()
	r := tuning.Request{TrainingData: "gs://" + bucket + "/train.jsonl", Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))}}
	for _, c := range change {
		c(&r)
	}
	return w.Train(t, w.jobs, w.poller, r)
}

func order(job tuning.Job) evaluations.StartRequest {
	return evaluations.StartRequest{Request: evalrun.Request{JobName: job.Name, Data: heldOut}, Caller: "ci"}
}

// evaluate starts an evaluation.
func (w *world) evaluate(t *testing.T, r evaluations.StartRequest) store.Evaluation {
	t.Helper()
	run, err := w.Start(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return w.read(t, run.ID)
}

func (w *world) read(t *testing.T, id string) store.Evaluation {
	t.Helper()
	e, err := w.Cloud.Records.Evaluation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// step does one step, which must work.
func (w *world) step(t *testing.T, e store.Evaluation) (store.Evaluation, bool) {
	t.Helper()
	next, more, err := w.Step(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return next, more
}

// finish steps until the end.
func (w *world) finish(t *testing.T, e store.Evaluation) store.Evaluation {
	t.Helper()
	for more := true; more; {
		e, more = w.step(t, e)
	}
	if !e.Finished {
		t.Fatalf("the evaluation waits: %+v", e.Run)
	}
	return e
}

func (w *world) object(t *testing.T, uri string) string {
	t.Helper()
	b, name, _ := tuning.ParseURI(uri)
	text, attrs := w.Object(t, b, name)
	if attrs == nil {
		t.Fatalf("there is no %s", uri)
	}
	return text
}

func (w *world) reserved(t *testing.T) usd.Amount {
	t.Helper()
	n, err := w.Cloud.Records.Reserved(t.Context(), w.Now().UTC().Format("2006-01"))
	if err != nil {
		t.Fatal(err)
	}
	return usd.Amount(n)
}
