// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"strings"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const fieldMode = "tuning_job.supervised_tuning_spec.tuning_mode"

// checkKind finds the fields that the other kind of models has: open ones, or Gemini.
func checkKind(d draft) error {
	if d.facts.open() {
		return checkOpen(d)
	}
	var v violations
	spec := d.spec.GetSupervisedTuningSpec()
	refuse := func(set bool, field string) {
		if set {
			v.add(field, "%s is only available for open source models.", field[strings.LastIndex(field, ".")+1:])
		}
	}
	refuse(spec.GetHyperParameters().GetLearningRate() != 0, fieldHyper+".learning_rate")
	refuse(spec.GetHyperParameters().GetBatchSize() != 0, fieldHyper+".batch_size")
	refuse(spec.GetTuningMode() != pb.SupervisedTuningSpec_TUNING_MODE_UNSPECIFIED, fieldMode)
	refuse(d.spec.GetOutputUri() != "", "tuning_job.output_uri")
	return v.err()
}

// checkOpen finds what is wrong with the tuning of an open model. That the mode must be given is
// not documented; neither is what the service takes where it is not.
func checkOpen(d draft) error {
	var v violations
	spec := d.spec.GetSupervisedTuningSpec()
	mode, hyper := spec.GetTuningMode(), spec.GetHyperParameters()
	switch _, taken := d.facts.takesMode(mode); {
	case mode == pb.SupervisedTuningSpec_TUNING_MODE_UNSPECIFIED:
		v.add(fieldMode, "Required field is not set for open source models.")
	case !taken:
		v.add(fieldMode, "The tuning mode %s is not supported for this base model.", mode)
	}
	if d.spec.GetOutputUri() == "" {
		v.add("tuning_job.output_uri", "Required field is not set for open source models.")
	}
	if hyper.GetLearningRateMultiplier() != 0 {
		v.add(fieldHyper+".learning_rate_multiplier", "learning_rate_multiplier is not available for open source models.")
	}
	if err := v.err(); err != nil {
		return err
	}
	if mode == pb.SupervisedTuningSpec_TUNING_MODE_FULL && hyper.GetAdapterSize() != pb.SupervisedHyperParameters_ADAPTER_SIZE_UNSPECIFIED {
		return status.Error(codes.InvalidArgument, "The adapter size is not supported for this base model.")
	}
	return nil
}
