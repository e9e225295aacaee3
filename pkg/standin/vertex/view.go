// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// view is the job as a caller sees it at a time. The message is the caller's own; what it points to
// is shared and must not be changed.
func (j *job) view(now time.Time) *pb.TuningJob {
	out := &pb.TuningJob{
		Name:                  j.spec.GetName(),
		SourceModel:           j.spec.GetSourceModel(),
		TuningSpec:            j.tuningSpec(),
		TunedModelDisplayName: j.spec.GetTunedModelDisplayName(),
		Description:           j.spec.GetDescription(),
		Labels:                j.spec.GetLabels(),
		EncryptionSpec:        j.spec.GetEncryptionSpec(),
		ServiceAccount:        j.spec.GetServiceAccount(),
		OutputUri:             j.spec.GetOutputUri(),
		State:                 j.state(now),
		CreateTime:            timestamppb.New(j.created),
		UpdateTime:            timestamppb.New(j.updated(now)),
	}
	if j.started(now) {
		out.StartTime = timestamppb.New(j.start())
		out.Experiment = j.place.experiment(j.experiment())
	}
	if j.outcome != nil && j.outcome.stats != nil {
		out.TuningDataStats = &pb.TuningDataStats{TuningDataStats: &pb.TuningDataStats_SupervisedTuningDataStats{
			SupervisedTuningDataStats: j.outcome.stats,
		}}
		out.TunedModel = j.tunedModel(now)
	}
	if end, state, ok := j.ended(now); ok {
		out.EndTime = timestamppb.New(end)
		out.Error = j.errorOf(state)
	}
	return out
}

// tuningSpec shows the hyperparameters that the service chose, once it has.
func (j *job) tuningSpec() *pb.TuningJob_SupervisedTuningSpec {
	spec := j.spec.GetSupervisedTuningSpec()
	hyper := spec.GetHyperParameters()
	if j.outcome != nil && j.outcome.hyper != nil {
		hyper = j.outcome.hyper
	}
	return &pb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: &pb.SupervisedTuningSpec{
		TrainingDatasetUri:       spec.GetTrainingDatasetUri(),
		ValidationDatasetUri:     spec.GetValidationDatasetUri(),
		HyperParameters:          hyper,
		ExportLastCheckpointOnly: spec.GetExportLastCheckpointOnly(),
		TuningMode:               spec.GetTuningMode(),
	}}
}

func (j *job) errorOf(state pb.JobState) *spb.Status {
	switch state {
	case pb.JobState_JOB_STATE_CANCELLED:
		return jobError(codes.Canceled, "The TuningJob was cancelled by the user.")
	case pb.JobState_JOB_STATE_FAILED:
		return j.outcome.failure
	default:
		return nil
	}
}

// tunedModel shows checkpoints as training reaches them, and the model once the job has succeeded;
// nil before there is anything.
func (j *job) tunedModel(now time.Time) *pb.TunedModel {
	served := place{project: j.place.project, location: j.facts.endpointLocation(j.place.location)}
	out := &pb.TunedModel{}
	if !j.spec.GetSupervisedTuningSpec().GetExportLastCheckpointOnly() && !j.facts.open() {
		n, _ := j.reached(now)
		for _, c := range j.outcome.checkpoints[:n] {
			out.Checkpoints = append(out.Checkpoints, &pb.TunedModelCheckpoint{
				CheckpointId: c.GetCheckpointId(),
				Epoch:        c.GetEpoch(),
				Step:         c.GetStep(),
				Endpoint:     served.endpoint(derivedID(j.id, "endpoint", c.GetCheckpointId())),
			})
		}
	}
	if j.version > 0 {
		out.Model = place{j.place.project, modelLocation(j.place.location)}.model(j.modelID, j.version)
		if j.facts.open() {
			return out // it is not served until it is deployed
		}
		// The model's endpoint is the default checkpoint's. Source: "Set default checkpoint" of the
		// guide to checkpoints in tuning Gemini models.
		out.Endpoint = served.endpoint(derivedID(j.id, "endpoint", j.defaultCheckpoint()))
	}
	if out.Model == "" && len(out.Checkpoints) == 0 {
		return nil
	}
	return out
}
