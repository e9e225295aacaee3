// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/vertextune/vertextune/pkg/standin/journal"
	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

func inDir(dir string) func(*vertex.Config) { return func(c *vertex.Config) { c.Dir = dir } }

func TestRestart_keeps_jobs(t *testing.T) {
	t.Parallel()
	b := newBeta(t, inDir(t.TempDir()))
	w := b.world
	open, err := b.create(global)
	if err != nil {
		t.Fatal(err)
	}
	w.objects.put("data/bad.jsonl", "{}")
	done := w.finish(w.mustCreate().GetName())
	bad := w.mustCreate(trainOn("gs://data/bad.jsonl"))
	next := w.mustCreate(continueFrom(done.GetTunedModel().GetModel()))
	w.run(bad.GetName())
	w.waitFor(next.GetName(), "stats", datasetRead)
	dropped := w.mustCreate()
	if err := w.cancel(dropped.GetName()); err != nil {
		t.Fatal(err)
	}
	w.objects.remove("data/train.jsonl") // what was read is known
	for _, step := range []time.Duration{0, duration / 2, duration} {
		w.clock.add(step)
		before, openBefore := w.server.Jobs(), b.get(open.GetName())
		w.restart()
		b.client = newBetaClient(t, w.server.Addr())
		if diff := cmp.Diff(before, w.server.Jobs(), protocmp.Transform()); diff != "" {
			t.Errorf("jobs after a restart (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(openBefore, b.get(open.GetName()), protocmp.Transform()); diff != "" { // it has what v1 does not show
			t.Errorf("the job on an open model after a restart (-before +after):\n%s", diff)
		}
	}
	if got := w.get(next.GetName()).GetTunedModel().GetModel(); !strings.HasSuffix(got, "@2") {
		t.Errorf("model %s, want version 2", got)
	}
}

func TestRestart_reads_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inDir(t.TempDir()))
	w.objects.gate = make(chan struct{})
	job := w.mustCreate()
	w.clock.add(duration / 2)
	w.get(job.GetName())
	w.restart() // while the dataset is read
	close(w.objects.gate)
	got := w.waitFor(job.GetName(), "the dataset is read", datasetRead)
	if got.GetState() != pb.JobState_JOB_STATE_RUNNING || !got.GetUpdateTime().AsTime().Equal(w.clock.Now()) {
		t.Errorf("job after the restart: %v", got)
	}
}

func TestBroken_journal_is_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for name, text := range map[string]string{
		"not_json":     "hello",
		"unknown_kind": `{"kind":"forget","id":"1","at":"2026-01-01T00:00:00Z"}`,
		"unknown_job":  `{"kind":"cancel","id":"1","at":"2026-01-01T00:00:00Z"}`,
		"old_model":    `{"kind":"create","id":"1","at":"2026-01-01T00:00:00Z","base_model":"gemini-0","job":{}}`,
	} {
		cfg := w.cfg
		cfg.Dir = t.TempDir()
		j, err := journal.Open(cfg.Dir, nil)
		if err := errors.Join(err, j.Append([]byte(text)), j.Close()); err != nil {
			t.Fatal(err)
		}
		if server, err := vertex.Start(cfg); err == nil {
			t.Errorf("%s: accepted", name)
			_ = server.Close()
		}
	}
}

// rank orders the states that a job can pass through.
var rank = map[pb.JobState]int{
	pb.JobState_JOB_STATE_PENDING: 2, pb.JobState_JOB_STATE_RUNNING: 3,
	pb.JobState_JOB_STATE_CANCELLING: 4, pb.JobState_JOB_STATE_SUCCEEDED: 5, pb.JobState_JOB_STATE_FAILED: 5, pb.JobState_JOB_STATE_CANCELLED: 5,
}

// Whatever is done and however the clock jumps, even back, and across restarts: no job steps back,
// update time tells every change of state, and what is finished stays as it is.
func TestNo_job_steps_back(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed_", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			w := newWorld(t, func(c *vertex.Config) {
				inDir(t.TempDir())(c)
				c.ConcurrentJobs = 3
			})
			w.objects.put("data/bad.jsonl", "{}")
			seen := map[string]*pb.TuningJob{}
			for range 200 {
				switch random.IntN(8) {
				case 0, 1:
					uri := training
					if random.IntN(4) == 0 {
						uri = "gs://data/bad.jsonl"
					}
					if _, err := w.create(trainOn(uri)); err != nil && status.Code(err) != codes.ResourceExhausted {
						t.Fatal(err)
					}
				case 2:
					if jobs := w.server.Jobs(); len(jobs) > 0 {
						_ = w.cancel(jobs[random.IntN(len(jobs))].GetName())
					}
				case 3:
					w.clock.add(-time.Duration(random.IntN(5)) * time.Second)
				case 4:
					if random.IntN(5) == 0 {
						w.clock.catchUp()
						w.restart()
					}
				default:
					w.clock.add(time.Duration(random.IntN(30)) * time.Second)
				}
				for _, job := range w.server.Jobs() {
					checkStep(t, seen[job.GetName()], job)
					seen[job.GetName()] = job
				}
			}
		})
	}
}

func checkStep(t *testing.T, before, after *pb.TuningJob) {
	t.Helper()
	was, is := before.GetState(), after.GetState()
	updated, updates := before.GetUpdateTime().AsTime(), after.GetUpdateTime().AsTime()
	switch {
	case before == nil:
	case rank[is] < rank[was]:
		t.Errorf("stepped back from %v to %v", was, is)
	case updates.Before(updated):
		t.Errorf("update time went back from %v to %v", updated, updates)
	case was != is && !updates.After(updated):
		t.Errorf("from %v to %v at the same update time %v", was, is, updates)
	case rank[was] == 5 && !proto.Equal(before, after):
		t.Errorf("a finished job changed (-before +after):\n%s", cmp.Diff(before, after, protocmp.Transform()))
	}
}
