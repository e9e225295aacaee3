// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	betapb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// beta is the version of the tuning service that open models need: only it has tuning_mode, learning_rate,
// batch_size and output_uri. Source: SupervisedTuningSpec in apiv1 and apiv1beta1.
const beta = "v1beta1"

// Request returns the request that creates the job, as the REST API takes it.
func (c *Client) Request(job tuning.Job) (json.RawMessage, error) {
	var message proto.Message = &aiplatformpb.CreateTuningJobRequest{Parent: c.parent(job.Location), TuningJob: request(job)}
	if job.Spec.APIVersion == beta {
		message = &betapb.CreateTuningJobRequest{Parent: c.parent(job.Location), TuningJob: betaRequest(job)}
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode the request to Vertex AI: %w", err)
	}
	return text, nil
}

// taken returns the hyperparameters that the base model's family takes. What is unset is left to the service, which
// reads a zero so.
func taken(job tuning.Job) tuning.Hyperparameters {
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

// adapterSize names the value of the enum, whose numbers are not in order.
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

// labels are the caller's and ours, by which the job is found again.
func labels(job tuning.Job) map[string]string {
	all := maps.Clone(job.Spec.Labels)
	if all == nil {
		all = map[string]string{}
	}
	all[tuning.LabelKey] = job.ID
	return all
}

// request builds the tuning job to create through v1.
func request(job tuning.Job) *aiplatformpb.TuningJob {
	h := taken(job)
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
	return out
}

// betaRequest builds the tuning job to create through v1beta1.
func betaRequest(job tuning.Job) *betapb.TuningJob {
	h := taken(job)
	hyper := &betapb.SupervisedHyperParameters{
		EpochCount: valueOf(h.EpochCount), LearningRate: valueOf(h.LearningRate), BatchSize: valueOf(h.BatchSize),
		LearningRateMultiplier: valueOf(h.LearningRateMultiplier),
		AdapterSize:            betapb.SupervisedHyperParameters_AdapterSize(betapb.SupervisedHyperParameters_AdapterSize_value[adapterSize(h.AdapterSize)]),
	}
	if proto.Size(hyper) == 0 {
		hyper = nil
	}
	out := &betapb.TuningJob{
		SourceModel: &betapb.TuningJob_BaseModel{BaseModel: job.BaseModel},
		TuningSpec: &betapb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: &betapb.SupervisedTuningSpec{
			TrainingDatasetUri: job.TrainingData, ValidationDatasetUri: job.Spec.ValidationData, HyperParameters: hyper,
			ExportLastCheckpointOnly: job.Spec.ExportLastCheckpointOnly,
			TuningMode:               betapb.SupervisedTuningSpec_TuningMode(betapb.SupervisedTuningSpec_TuningMode_value["TUNING_MODE_"+job.Spec.TuningMode]),
		}},
		TunedModelDisplayName: job.DisplayName,
		Labels:                labels(job),
		ServiceAccount:        job.Spec.ServiceAccount,
		OutputUri:             job.Spec.OutputURI,
	}
	if key := job.Spec.KMSKeyName; key != "" {
		out.EncryptionSpec = &betapb.EncryptionSpec{KmsKeyName: key}
	}
	return out
}

// observeBeta reads from what v1beta1 answers to a create what there is of the job at that time. Later it is read
// through v1: it is the same resource.
func observeBeta(job *betapb.TuningJob) tuning.Observation {
	return tuning.Observation{
		Name: job.GetName(), Label: job.GetLabels()[tuning.LabelKey], VertexState: job.GetState().String(),
		CreatedAt: moment(job.GetCreateTime()), UpdatedAt: moment(job.GetUpdateTime()),
		StartedAt: moment(job.GetStartTime()), EndedAt: moment(job.GetEndTime()),
	}
}
