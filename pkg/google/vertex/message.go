// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// observe returns the part of Vertex AI's job that our record keeps.
func observe(job *aiplatformpb.TuningJob) tuning.Observation {
	o := tuning.Observation{
		Name:          job.GetName(),
		Label:         job.GetLabels()[tuning.LabelKey],
		VertexState:   job.GetState().String(),
		TunedModel:    job.GetTunedModel().GetModel(),
		TunedEndpoint: job.GetTunedModel().GetEndpoint(),
		Experiment:    job.GetExperiment(),
		CreatedAt:     moment(job.GetCreateTime()),
		UpdatedAt:     moment(job.GetUpdateTime()),
		StartedAt:     moment(job.GetStartTime()),
		EndedAt:       moment(job.GetEndTime()),
	}
	if e := job.GetError(); e != nil {
		o.Failure = &tuning.Failure{Code: e.GetCode(), Message: e.GetMessage()}
	}
	for _, c := range job.GetTunedModel().GetCheckpoints() {
		o.Checkpoints = append(o.Checkpoints, tuning.Checkpoint{
			ID: c.GetCheckpointId(), Epoch: c.GetEpoch(), Step: c.GetStep(), Endpoint: c.GetEndpoint(),
		})
	}
	if s := job.GetTuningDataStats().GetSupervisedTuningDataStats(); s != nil {
		o.Stats = &tuning.Stats{
			Examples:       s.GetTuningDatasetExampleCount(),
			BillableTokens: s.GetTotalBillableTokenCount(),
			Steps:          s.GetTuningStepCount(),
			Dropped:        s.GetTotalTruncatedExampleCount(),
		}
		o.Dropped = dropped(s)
	}
	return o
}

// keptDropped is how many dropped examples a record names; Vertex AI's own list is only a sample.
const keptDropped = 100

func dropped(s *aiplatformpb.SupervisedTuningDataStats) []tuning.Dropped {
	indices, reasons := s.GetTruncatedExampleIndices(), s.GetDroppedExampleReasons()
	var all []tuning.Dropped
	for i, index := range indices[:min(len(indices), keptDropped)] {
		d := tuning.Dropped{Index: index}
		if i < len(reasons) {
			d.Reason = reasons[i]
		}
		all = append(all, d)
	}
	return all
}

// moment returns the time in microseconds, which is Firestore's precision, so that it is equal
// after it is read back.
func moment(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime().Truncate(time.Microsecond)
}
