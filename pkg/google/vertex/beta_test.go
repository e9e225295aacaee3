// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"testing"

	betapb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// TestBetaRequest decodes the request with v1beta1's own messages, from the wire format and from
// the JSON of a dry run.
func TestBetaRequest(t *testing.T) {
	t.Parallel()
	epochs, batch, rate, multiplier, adapter := int64(3), int64(8), 0.0002, 0.5, int64(32)
	spec := tuning.Spec{
		APIVersion: beta, TuningMode: "PEFT_ADAPTER", OutputURI: "gs://b/out/", ValidationData: "gs://b/v.jsonl",
		ExportLastCheckpointOnly: true, ServiceAccount: "a@b.iam.gserviceaccount.com", KMSKeyName: "key",
		Labels: map[string]string{"team": "x"},
	}
	want := func(mode betapb.SupervisedTuningSpec_TuningMode, h *betapb.SupervisedHyperParameters) *betapb.TuningJob {
		return &betapb.TuningJob{
			SourceModel: &betapb.TuningJob_BaseModel{BaseModel: "google/gemma3@gemma-3-1b-it"},
			TuningSpec: &betapb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: &betapb.SupervisedTuningSpec{
				TrainingDatasetUri: "gs://b/t.jsonl", ValidationDatasetUri: "gs://b/v.jsonl", ExportLastCheckpointOnly: true,
				TuningMode: mode, HyperParameters: h,
			}},
			TunedModelDisplayName: "job", Labels: map[string]string{"team": "x", tuning.LabelKey: "vt-1"},
			ServiceAccount: "a@b.iam.gserviceaccount.com", EncryptionSpec: &betapb.EncryptionSpec{KmsKeyName: "key"},
			OutputUri: "gs://b/out/",
		}
	}
	for name, tt := range map[string]struct {
		mode  string
		hyper tuning.Hyperparameters
		want  *betapb.TuningJob
	}{
		"everything": {
			"PEFT_ADAPTER",
			tuning.Hyperparameters{
				EpochCount: &epochs, BatchSize: &batch, LearningRate: &rate, LearningRateMultiplier: &multiplier, AdapterSize: &adapter,
			},
			want(betapb.SupervisedTuningSpec_TUNING_MODE_PEFT_ADAPTER, &betapb.SupervisedHyperParameters{
				EpochCount: 3, BatchSize: 8, LearningRate: 0.0002, LearningRateMultiplier: 0.5,
				AdapterSize: betapb.SupervisedHyperParameters_ADAPTER_SIZE_THIRTY_TWO,
			}),
		},
		"only_what_v1_lacks": {
			"FULL", tuning.Hyperparameters{BatchSize: &batch},
			want(betapb.SupervisedTuningSpec_TUNING_MODE_FULL, &betapb.SupervisedHyperParameters{BatchSize: 8}),
		},
		"no_hyperparameters": {
			"FULL", tuning.Hyperparameters{}, want(betapb.SupervisedTuningSpec_TUNING_MODE_FULL, nil),
		},
	} {
		job := tuning.Job{
			ID: "vt-1", Location: "us-central1", DisplayName: "job", BaseModel: "google/gemma3@gemma-3-1b-it", TrainingData: "gs://b/t.jsonl",
			Hyperparameters: tt.hyper, Spec: spec,
		}
		job.Spec.TuningMode = tt.mode
		wire, err := proto.Marshal(request(job))
		if err != nil {
			t.Fatal(err)
		}
		got := &betapb.TuningJob{}
		if err := proto.Unmarshal(wire, got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s: on the wire (-want +got):\n%s", name, diff)
		}
		text, err := New("acme", Config{}).Request(job)
		if err != nil {
			t.Fatal(err)
		}
		shown := &betapb.CreateTuningJobRequest{}
		if err := protojson.Unmarshal(text, shown); err != nil {
			t.Fatalf("%s: %v in %s", name, err, text)
		}
		wantShown := &betapb.CreateTuningJobRequest{Parent: "projects/acme/locations/us-central1", TuningJob: tt.want}
		if diff := cmp.Diff(wantShown, shown, protocmp.Transform()); diff != "" {
			t.Errorf("%s: in JSON (-want +got):\n%s", name, diff)
		}
	}
}

// TestTuningModes compares our enum numbers with v1beta1's.
func TestTuningModes(t *testing.T) {
	t.Parallel()
	for name, number := range betapb.SupervisedTuningSpec_TuningMode_value {
		if number != 0 && tuningModes[name[len("TUNING_MODE_"):]] != uint64(number) {
			t.Errorf("%s is %d in v1beta1, and %d here", name, number, tuningModes[name[len("TUNING_MODE_"):]])
		}
	}
}
