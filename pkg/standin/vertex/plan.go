// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"cmp"
	"strconv"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/protobuf/proto"
)

// Vertex AI keeps about this many checkpoints of a long training.
const checkpointsMax = 10

// plan plans the training of a good dataset: it chooses what the caller did not set, and computes
// steps and checkpoints.
func plan(spec *pb.SupervisedTuningSpec, model *modelFacts, facts *serviceFacts, training *tally) *outcome {
	chosen := proto.CloneOf(spec.GetHyperParameters())
	if chosen == nil {
		chosen = &pb.SupervisedHyperParameters{}
	}
	batch := facts.BatchSize.Value
	if model.open() {
		chosen.EpochCount = cmp.Or(chosen.GetEpochCount(), facts.OpenEpochs.Value)
		rate, _ := model.takesMode(spec.GetTuningMode())
		chosen.LearningRate = cmp.Or(chosen.GetLearningRate(), rate)
		batch = cmp.Or(chosen.GetBatchSize(), batch)
		chosen.BatchSize = batch
	} else {
		chosen.EpochCount = cmp.Or(chosen.GetEpochCount(), facts.epochsFor(training.examples))
		chosen.LearningRateMultiplier = cmp.Or(chosen.GetLearningRateMultiplier(), 1)
	}
	if spec.GetTuningMode() != pb.SupervisedTuningSpec_TUNING_MODE_FULL {
		chosen.AdapterSize = cmp.Or(chosen.GetAdapterSize(), adapterSize(model.DefaultAdapterSize))
	}
	stepsPerEpoch := (training.used + batch - 1) / batch
	return &outcome{
		stats:       training.stats(stepsPerEpoch * chosen.GetEpochCount()),
		hyper:       chosen,
		checkpoints: checkpoints(chosen.GetEpochCount(), stepsPerEpoch),
	}
}

// checkpoints puts one at each epoch's end, or ten evenly when there are more epochs; the last is
// at the end.
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
