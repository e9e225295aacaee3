// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"strconv"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
)

// Vertex AI keeps about this many checkpoints of a long training.
const checkpointsMax = 10

// plan lays out the training of a good dataset: what the caller left open is filled in, and steps and
// checkpoints follow.
func plan(spec *pb.SupervisedTuningSpec, model *modelFacts, facts *serviceFacts, training *tally) *outcome {
	asked := spec.GetHyperParameters()
	chosen := &pb.SupervisedHyperParameters{
		EpochCount:             asked.GetEpochCount(),
		LearningRateMultiplier: asked.GetLearningRateMultiplier(),
		AdapterSize:            asked.GetAdapterSize(),
	}
	if chosen.GetEpochCount() == 0 {
		chosen.EpochCount = facts.epochsFor(training.examples)
	}
	if chosen.GetLearningRateMultiplier() == 0 {
		chosen.LearningRateMultiplier = 1
	}
	if chosen.GetAdapterSize() == pb.SupervisedHyperParameters_ADAPTER_SIZE_UNSPECIFIED {
		chosen.AdapterSize = adapterSize(model.DefaultAdapterSize)
	}
	stepsPerEpoch := (training.kept + facts.BatchSize.Value - 1) / facts.BatchSize.Value
	return &outcome{
		stats:       training.stats(stepsPerEpoch * chosen.GetEpochCount()),
		hyper:       chosen,
		checkpoints: checkpoints(chosen.GetEpochCount(), stepsPerEpoch),
	}
}

// checkpoints puts one at each epoch's end, or ten evenly when there are more epochs; the last is at the end.
func checkpoints(epochs, stepsPerEpoch int64) []*pb.TunedModelCheckpoint {
	n := min(epochs, checkpointsMax)
	out := make([]*pb.TunedModelCheckpoint, n)
	for i := range n {
		epoch := epochs * (i + 1) / n
		out[i] = &pb.TunedModelCheckpoint{
			CheckpointId: strconv.FormatInt(i+1, 10), Epoch: epoch, Step: epoch * stepsPerEpoch,
		}
	}
	return out
}
