// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	epochs, batch, rate := int64(3), int64(4), 0.0001
	supervised := func(h *aiplatformpb.SupervisedHyperParameters) *aiplatformpb.TuningJob_SupervisedTuningSpec {
		return &aiplatformpb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: &aiplatformpb.SupervisedTuningSpec{
			TrainingDatasetUri: "gs://b/x.jsonl", HyperParameters: h,
		}}
	}
	job := tuning.Job{
		ID: "vt-1", DisplayName: "fine_tuned_model_1", BaseModel: "gemini-x", TrainingData: "gs://b/x.jsonl",
		Location: "us-central1", Name: "not sent", ModelID: "not sent",
	}
	want := &aiplatformpb.TuningJob{
		SourceModel:           &aiplatformpb.TuningJob_BaseModel{BaseModel: "gemini-x"},
		TuningSpec:            supervised(nil),
		TunedModelDisplayName: "fine_tuned_model_1",
		Labels:                map[string]string{"vertextune-job": "vt-1"},
	}
	if diff := cmp.Diff(want, request(job), protocmp.Transform()); diff != "" {
		t.Errorf("without hyperparameters (-want +got):\n%s", diff)
	}
	job.Hyperparameters = tuning.Hyperparameters{BatchSize: &batch, LearningRate: &rate}
	if diff := cmp.Diff(want, request(job), protocmp.Transform()); diff != "" {
		t.Errorf("with hyperparameters that are not sent (-want +got):\n%s", diff)
	}
	job.Hyperparameters.EpochCount = &epochs
	want.TuningSpec = supervised(&aiplatformpb.SupervisedHyperParameters{EpochCount: 3})
	if diff := cmp.Diff(want, request(job), protocmp.Transform()); diff != "" {
		t.Errorf("with epochs (-want +got):\n%s", diff)
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	second := func(n int64) *timestamppb.Timestamp { return &timestamppb.Timestamp{Seconds: n, Nanos: 123_456_789} }
	moment := func(n int64) time.Time { return time.Unix(n, 123_456_000).UTC() }
	name := "projects/1/locations/us-central1/tuningJobs/7"
	tests := []struct {
		name string
		job  *aiplatformpb.TuningJob
		want tuning.Observation
	}{
		{
			name: "just_made",
			job: &aiplatformpb.TuningJob{
				Name: name, State: aiplatformpb.JobState_JOB_STATE_PENDING, CreateTime: second(1), UpdateTime: second(1),
				Labels: map[string]string{"vertextune-job": "vt-1", "team": "x"},
			},
			want: tuning.Observation{Name: name, Label: "vt-1", VertexState: "JOB_STATE_PENDING", CreatedAt: moment(1), UpdatedAt: moment(1)},
		},
		{
			name: "somebody_elses",
			job:  &aiplatformpb.TuningJob{Name: name, State: aiplatformpb.JobState_JOB_STATE_RUNNING},
			want: tuning.Observation{Name: name, VertexState: "JOB_STATE_RUNNING"},
		},
		{
			name: "state_of_a_later_api",
			job:  &aiplatformpb.TuningJob{Name: name, State: 77},
			want: tuning.Observation{Name: name, VertexState: "77"},
		},
		{
			name: "failed",
			job: &aiplatformpb.TuningJob{
				Name: name, State: aiplatformpb.JobState_JOB_STATE_FAILED, Error: &rpcstatus.Status{Code: 3, Message: "bad data"},
			},
			want: tuning.Observation{Name: name, VertexState: "JOB_STATE_FAILED", Failure: &tuning.Failure{Code: 3, Message: "bad data"}},
		},
		{
			name: "succeeded",
			job: &aiplatformpb.TuningJob{
				Name: name, State: aiplatformpb.JobState_JOB_STATE_SUCCEEDED,
				CreateTime: second(1), StartTime: second(2), EndTime: second(3), UpdateTime: second(4),
				TunedModel: &aiplatformpb.TunedModel{
					Model: "models/1", Endpoint: "endpoints/2",
					Checkpoints: []*aiplatformpb.TunedModelCheckpoint{
						{CheckpointId: "1", Epoch: 1, Step: 10, Endpoint: "endpoints/1"}, {CheckpointId: "2", Epoch: 2, Step: 20},
					},
				},
				TuningDataStats: &aiplatformpb.TuningDataStats{TuningDataStats: &aiplatformpb.TuningDataStats_SupervisedTuningDataStats{
					SupervisedTuningDataStats: &aiplatformpb.SupervisedTuningDataStats{
						TuningDatasetExampleCount: 100, TotalBillableTokenCount: 5000, TuningStepCount: 20, TotalTruncatedExampleCount: 2,
					},
				}},
			},
			want: tuning.Observation{
				Name: name, VertexState: "JOB_STATE_SUCCEEDED", TunedModel: "models/1", TunedEndpoint: "endpoints/2",
				Checkpoints: []tuning.Checkpoint{{ID: "1", Epoch: 1, Step: 10, Endpoint: "endpoints/1"}, {ID: "2", Epoch: 2, Step: 20}},
				Stats:       &tuning.Stats{Examples: 100, BillableTokens: 5000, Steps: 20, Dropped: 2},
				CreatedAt:   moment(1), StartedAt: moment(2), EndedAt: moment(3), UpdatedAt: moment(4),
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, observe(tt.job)); diff != "" {
				t.Errorf("observation (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStatesOfVertexAI checks the contract's state for every JobState of Vertex AI's API: a state
// that is added to the API fails this test until it is mapped.
func TestStatesOfVertexAI(t *testing.T) {
	t.Parallel()
	want := map[string]tuning.State{
		"JOB_STATE_UNSPECIFIED":         tuning.Unspecified,
		"JOB_STATE_QUEUED":              tuning.Queued,
		"JOB_STATE_PENDING":             tuning.Pending,
		"JOB_STATE_RUNNING":             tuning.Running,
		"JOB_STATE_SUCCEEDED":           tuning.Succeeded,
		"JOB_STATE_FAILED":              tuning.Failed,
		"JOB_STATE_CANCELLING":          tuning.Cancelling,
		"JOB_STATE_CANCELLED":           tuning.Cancelled,
		"JOB_STATE_PAUSED":              tuning.Paused,
		"JOB_STATE_EXPIRED":             tuning.Failed,
		"JOB_STATE_UPDATING":            tuning.Running,
		"JOB_STATE_PARTIALLY_SUCCEEDED": tuning.Succeeded,
	}
	finished := map[string]bool{
		"JOB_STATE_SUCCEEDED": true, "JOB_STATE_FAILED": true, "JOB_STATE_CANCELLED": true, "JOB_STATE_EXPIRED": true,
		"JOB_STATE_PARTIALLY_SUCCEEDED": true,
	}
	got := map[string]tuning.State{}
	for _, word := range aiplatformpb.JobState_name {
		state := tuning.FromVertex(word)
		got[word] = state
		if state.Finished() != finished[word] {
			t.Errorf("%s: finished = %v, want %v", word, state.Finished(), finished[word])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	for _, word := range []string{"", "77", "JOB_STATE_", "RUNNING ", "JOB_STATE_DREAMING", "PIPELINE_STATE_RUNNING"} {
		if state := tuning.FromVertex(word); state != tuning.Unspecified {
			t.Errorf("FromVertex(%q) = %s, want %s", word, state, tuning.Unspecified)
		}
	}
}
