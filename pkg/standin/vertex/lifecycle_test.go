// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
)

func TestJob_succeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	begin := w.clock.Now()
	job := w.mustCreate(func(j *pb.TuningJob) {
		j.Labels = map[string]string{"owner": "ann"}
		j.State = pb.JobState_JOB_STATE_SUCCEEDED // output only, so ignored
		j.TunedModel = &pb.TunedModel{Model: "mine"}
	})
	want := newJob(func(j *pb.TuningJob) {
		j.Name = job.GetName()
		j.State = pb.JobState_JOB_STATE_PENDING
		j.Labels = map[string]string{"owner": "ann"}
	})
	if diff := cmp.Diff(want, job, protocmp.Transform(), protocmp.IgnoreFields(&pb.TuningJob{}, "create_time", "update_time")); diff != "" {
		t.Errorf("created job (-want +got):\n%s", diff)
	}
	if !regexp.MustCompile(`^projects/acme/locations/us-central1/tuningJobs/\d{19}$`).MatchString(job.GetName()) {
		t.Errorf("name = %s", job.GetName())
	}

	w.clock.add(9 * time.Second)
	if got := w.get(job.GetName()); got.GetState() != pb.JobState_JOB_STATE_PENDING || got.GetStartTime() != nil {
		t.Errorf("before the start: %v", got)
	}
	w.clock.add(time.Second)
	running := w.waitFor(job.GetName(), "stats", datasetRead)
	if running.GetState() != pb.JobState_JOB_STATE_RUNNING || !running.GetStartTime().AsTime().Equal(begin.Add(10*time.Second)) {
		t.Errorf("running job: %v", running)
	}
	if running.GetTunedModel() != nil || running.GetExperiment() == "" {
		t.Errorf("running job: tuned model %v, experiment %q", running.GetTunedModel(), running.GetExperiment())
	}

	// A quarter of the time goes by before training; 4 epochs share the rest.
	for i, at := range []time.Duration{43750 * time.Millisecond, 62500 * time.Millisecond, 81250 * time.Millisecond} {
		w.clock.add(begin.Add(at).Sub(w.clock.Now()))
		got := w.get(job.GetName())
		if n := len(got.GetTunedModel().GetCheckpoints()); n != i+1 || got.GetTunedModel().GetModel() != "" {
			t.Errorf("after %v: tuned model %v, want %d checkpoints and no model", at, got.GetTunedModel(), i+1)
		}
		if !got.GetUpdateTime().AsTime().Equal(w.clock.Now()) {
			t.Errorf("after %v: update time %v, want the checkpoint's", at, got.GetUpdateTime().AsTime())
		}
	}
	w.clock.add(time.Hour)
	checkSuccess(t, w.get(job.GetName()), begin.Add(duration))
}

func checkSuccess(t *testing.T, job *pb.TuningJob, end time.Time) {
	t.Helper()
	if job.GetState() != pb.JobState_JOB_STATE_SUCCEEDED || job.GetError() != nil {
		t.Fatalf("state %v, error %v", job.GetState(), job.GetError())
	}
	if !job.GetEndTime().AsTime().Equal(end) || !job.GetUpdateTime().AsTime().Equal(end) {
		t.Errorf("end %v, update %v, want %v", job.GetEndTime().AsTime(), job.GetUpdateTime().AsTime(), end)
	}
	model := job.GetTunedModel()
	if !regexp.MustCompile(`^projects/\d{12}/locations/us-central1/models/\d{19}@1$`).MatchString(model.GetModel()) {
		t.Errorf("model = %s", model.GetModel())
	}
	// The newer models are served from a multi-region, not from the region of the job.
	endpoint := regexp.MustCompile(`^projects/\d{12}/locations/us/endpoints/\d{19}$`)
	var got []string
	for _, c := range model.GetCheckpoints() {
		got = append(got, fmt.Sprintf("%s epoch %d step %d", c.GetCheckpointId(), c.GetEpoch(), c.GetStep()))
		if !endpoint.MatchString(c.GetEndpoint()) {
			t.Errorf("checkpoint endpoint = %s", c.GetEndpoint())
		}
	}
	want := []string{"1 epoch 1 step 3", "2 epoch 2 step 6", "3 epoch 3 step 9", "4 epoch 4 step 12"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checkpoints (-want +got):\n%s", diff)
	}
	if last := model.GetCheckpoints()[3].GetEndpoint(); model.GetEndpoint() != last {
		t.Errorf("endpoint %s, want the last checkpoint's, %s", model.GetEndpoint(), last)
	}
}

func TestDefaults_are_filled_in(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	job := w.mustCreate(func(j *pb.TuningJob) {
		j.TunedModelDisplayName = ""
		j.GetSupervisedTuningSpec().HyperParameters = nil
		j.GetSupervisedTuningSpec().ExportLastCheckpointOnly = true
	})
	if job.GetTunedModelDisplayName() == "" || job.GetSupervisedTuningSpec().GetHyperParameters() != nil {
		t.Errorf("created: display name %q, hyperparameters %v", job.GetTunedModelDisplayName(), job.GetSupervisedTuningSpec().GetHyperParameters())
	}
	done := w.finish(job.GetName())
	want := &pb.SupervisedHyperParameters{EpochCount: 40, LearningRateMultiplier: 1, AdapterSize: pb.SupervisedHyperParameters_ADAPTER_SIZE_TWO}
	if diff := cmp.Diff(want, done.GetSupervisedTuningSpec().GetHyperParameters(), protocmp.Transform()); diff != "" {
		t.Errorf("hyperparameters (-want +got):\n%s", diff)
	}
	if m := done.GetTunedModel(); len(m.GetCheckpoints()) != 0 || m.GetModel() == "" || m.GetEndpoint() == "" {
		t.Errorf("tuned model with only the last checkpoint: %v", m)
	}
}

func TestDataset_is_read_at_the_start(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		between   func(*objects)
		wantState pb.JobState
		wantError string
		wantCount int64
	}{
		"replaced": {func(o *objects) { o.put("data/train.jsonl", strings.Repeat(goodLine, 3)) }, pb.JobState_JOB_STATE_SUCCEEDED, "", 3},
		"gone": {func(o *objects) { o.remove("data/train.jsonl") }, pb.JobState_JOB_STATE_FAILED,
			"Failed to read the dataset: gs://data/train.jsonl does not exist.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			job := w.mustCreate()
			tc.between(w.objects)
			done := w.finish(job.GetName())
			if done.GetState() != tc.wantState || done.GetError().GetMessage() != tc.wantError {
				t.Errorf("state %v, error %v", done.GetState(), done.GetError())
			}
			if got := done.GetTuningDataStats().GetSupervisedTuningDataStats().GetTuningDatasetExampleCount(); got != tc.wantCount {
				t.Errorf("%d examples, want %d", got, tc.wantCount)
			}
			if done.GetEndTime() == nil {
				t.Error("no end time")
			}
		})
	}
}

// Nobody has to look for a job to go on.
func TestDataset_is_read_unobserved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.mustCreate()
	w.clock.add(duration / 10)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		w.objects.mu.Lock()
		reads := w.objects.reads
		w.objects.mu.Unlock()
		if reads > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the dataset was not read")
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	const cancelling = duration / 10
	for name, tc := range map[string]struct {
		after     time.Duration // of the start of the job
		wantState pb.JobState   // in the end
		started   bool
	}{
		"pending":      {time.Second, pb.JobState_JOB_STATE_CANCELLED, false},
		"running":      {20 * time.Second, pb.JobState_JOB_STATE_CANCELLED, true},
		"almost_done":  {95 * time.Second, pb.JobState_JOB_STATE_SUCCEEDED, true},
		"just_in_time": {90 * time.Second, pb.JobState_JOB_STATE_CANCELLED, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			job := w.mustCreate()
			if tc.started {
				w.run(job.GetName())
				w.clock.add(tc.after - duration/10)
			} else {
				w.clock.add(tc.after)
			}
			for range 2 { // again changes nothing
				if err := w.cancel(job.GetName()); err != nil {
					t.Fatal(err)
				}
			}
			got := w.get(job.GetName())
			if got.GetState() != pb.JobState_JOB_STATE_CANCELLING || got.GetEndTime() != nil || got.GetError() != nil {
				t.Errorf("while it is cancelled: %v", got)
			}
			w.clock.add(cancelling)
			got = w.get(job.GetName())
			if got.GetState() != tc.wantState || (got.GetStartTime() != nil) != tc.started || got.GetEndTime() == nil {
				t.Errorf("in the end: %v", got)
			}
			if cancelled := tc.wantState == pb.JobState_JOB_STATE_CANCELLED; cancelled != (got.GetError().GetCode() == 1) {
				t.Errorf("error %v", got.GetError())
			}
			if err := w.cancel(job.GetName()); status.Code(err) != codes.FailedPrecondition {
				t.Errorf("cancel of a finished job: %v", err)
			}
		})
	}
}

func TestCancel_stops_reading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.objects.gate = make(chan struct{})
	job := w.mustCreate()
	w.clock.add(duration) // past its end, but the dataset does not come
	if got := w.get(job.GetName()).GetState(); got != pb.JobState_JOB_STATE_RUNNING {
		t.Errorf("state %v while the dataset is read", got)
	}
	if err := w.cancel(job.GetName()); err != nil {
		t.Fatal(err)
	}
	close(w.objects.gate)
	w.clock.add(duration)
	if got := w.get(job.GetName()); got.GetState() != pb.JobState_JOB_STATE_CANCELLED || got.GetTuningDataStats() != nil {
		t.Errorf("in the end: %v", got)
	}
}
