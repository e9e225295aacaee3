// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Request returns the request that creates the job, in the JSON form of the REST API.
func (c *Client) Request(job tuning.Job) (json.RawMessage, error) {
	text, err := protojson.Marshal(&aiplatformpb.CreateTuningJobRequest{Parent: c.parent(job.Location), TuningJob: request(job)})
	if err == nil && job.Spec.APIVersion == beta {
		text, err = withBetaJSON(text, job)
	}
	if err != nil {
		return nil, fmt.Errorf("encode the request to Vertex AI: %w", err)
	}
	return text, nil
}

// hyperparameters returns the hyperparameters that the base model's family accepts. An unset one is
// 0 in the request, and Vertex AI chooses its value.
func hyperparameters(job tuning.Job) tuning.Hyperparameters {
	h := job.Hyperparameters
	for name, drop := range map[string]func(){
		"epoch_count":              func() { h.EpochCount = nil },
		"learning_rate_multiplier": func() { h.LearningRateMultiplier = nil },
		"adapter_size":             func() { h.AdapterSize = nil },
		"batch_size":               func() { h.BatchSize = nil },
		"learning_rate":            func() { h.LearningRate = nil },
	} {
		if slices.Contains(job.Spec.NotSent, name) {
			drop()
		}
	}
	return h
}

// adapterSize returns the name of the enum value, because the enum's numbers are not in order.
func adapterSize(size *int64) string {
	names := map[int64]string{1: "ONE", 2: "TWO", 4: "FOUR", 8: "EIGHT", 16: "SIXTEEN", 32: "THIRTY_TWO"}
	return "ADAPTER_SIZE_" + names[valueOf(size)]
}

func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// labels returns the caller's labels and our own, by which the job is found.
func labels(job tuning.Job) map[string]string {
	all := maps.Clone(job.Spec.Labels)
	if all == nil {
		all = map[string]string{}
	}
	all[tuning.LabelKey] = job.ID
	return all
}

// request builds the tuning job to create.
func request(job tuning.Job) *aiplatformpb.TuningJob {
	h := hyperparameters(job)
	hyper := &aiplatformpb.SupervisedHyperParameters{
		EpochCount: valueOf(h.EpochCount), LearningRateMultiplier: valueOf(h.LearningRateMultiplier),
		AdapterSize: aiplatformpb.SupervisedHyperParameters_AdapterSize(
			aiplatformpb.SupervisedHyperParameters_AdapterSize_value[adapterSize(h.AdapterSize)]),
	}
	if proto.Size(hyper) == 0 {
		hyper = nil
	}
	out := &aiplatformpb.TuningJob{
		SourceModel: &aiplatformpb.TuningJob_BaseModel{BaseModel: job.BaseModel},
		TuningSpec: &aiplatformpb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: &aiplatformpb.SupervisedTuningSpec{
			TrainingDatasetUri: job.TrainingData, ValidationDatasetUri: job.Spec.ValidationData, HyperParameters: hyper,
			ExportLastCheckpointOnly: job.Spec.ExportLastCheckpointOnly,
		}},
		TunedModelDisplayName: job.DisplayName,
		Labels:                labels(job),
		ServiceAccount:        job.Spec.ServiceAccount,
	}
	if job.Spec.PreTunedModel != "" {
		out.SourceModel = &aiplatformpb.TuningJob_PreTunedModel{PreTunedModel: &aiplatformpb.PreTunedModel{TunedModelName: job.Spec.PreTunedModel}}
	}
	if key := job.Spec.KMSKeyName; key != "" {
		out.EncryptionSpec = &aiplatformpb.EncryptionSpec{KmsKeyName: key}
	}
	if job.Spec.APIVersion == beta {
		addBetaFields(out, job)
	}
	return out
}
