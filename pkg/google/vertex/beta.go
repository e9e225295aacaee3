// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// beta is the API version that creates jobs of open models: v1 has no output_uri, tuning_mode,
// learning_rate or batch_size. Both versions give the same number to every field that they share,
// so a request to v1beta1 is v1's message with these four fields added in protobuf's wire format.
// Linking v1beta1's generated messages instead would add 6 MB to each binary and a quarter to its
// start-up time. Source: TuningJob, SupervisedTuningSpec and SupervisedHyperParameters in
// apiv1beta1/aiplatformpb.
const beta = "v1beta1"

// The numbers of the fields that only v1beta1 has.
const (
	outputURIField    protowire.Number = 25 // of TuningJob
	tuningModeField   protowire.Number = 7  // of SupervisedTuningSpec
	batchSizeField    protowire.Number = 5  // of SupervisedHyperParameters
	learningRateField protowire.Number = 6  // of SupervisedHyperParameters
)

// tuningModes are the numbers of SupervisedTuningSpec.TuningMode.
var tuningModes = map[string]uint64{"FULL": 1, "PEFT_ADAPTER": 2}

// addBetaFields adds the fields that only v1beta1 has to the request for the job.
func addBetaFields(out *aiplatformpb.TuningJob, job tuning.Job) {
	spec, h := out.GetSupervisedTuningSpec(), hyperparameters(job)
	if uri := job.Spec.OutputURI; uri != "" {
		addField(out, protowire.AppendString(protowire.AppendTag(nil, outputURIField, protowire.BytesType), uri))
	}
	if mode := tuningModes[job.Spec.TuningMode]; mode != 0 {
		addField(spec, protowire.AppendVarint(protowire.AppendTag(nil, tuningModeField, protowire.VarintType), mode))
	}
	var hyper []byte
	if batch := valueOf(h.BatchSize); batch > 0 {
		hyper = protowire.AppendVarint(protowire.AppendTag(hyper, batchSizeField, protowire.VarintType), uint64(batch))
	}
	if rate := valueOf(h.LearningRate); rate != 0 {
		hyper = protowire.AppendFixed64(protowire.AppendTag(hyper, learningRateField, protowire.Fixed64Type), math.Float64bits(rate))
	}
	if hyper == nil {
		return
	}
	if spec.GetHyperParameters() == nil {
		spec.HyperParameters = &aiplatformpb.SupervisedHyperParameters{}
	}
	addField(spec.GetHyperParameters(), hyper)
}

func addField(m proto.Message, wire []byte) {
	r := m.ProtoReflect()
	r.SetUnknown(append(r.GetUnknown(), wire...))
}

// withBetaJSON adds the same fields to text, which is the request as JSON without them.
func withBetaJSON(text []byte, job tuning.Job) ([]byte, error) {
	var body struct {
		Parent    string         `json:"parent"`
		TuningJob map[string]any `json:"tuningJob"`
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, fmt.Errorf("add the fields of %s: %w", beta, err)
	}
	h := hyperparameters(job)
	spec, _ := body.TuningJob["supervisedTuningSpec"].(map[string]any)
	if uri := job.Spec.OutputURI; uri != "" {
		body.TuningJob["outputUri"] = uri
	}
	if mode := job.Spec.TuningMode; tuningModes[mode] != 0 {
		spec["tuningMode"] = "TUNING_MODE_" + mode
	}
	hyper, _ := spec["hyperParameters"].(map[string]any)
	if batch := valueOf(h.BatchSize); batch > 0 {
		hyper["batchSize"] = strconv.FormatInt(batch, 10) // protobuf's JSON writes an int64 as a string
	}
	if rate := valueOf(h.LearningRate); rate != 0 {
		hyper["learningRate"] = rate
	}
	return json.Marshal(body)
}

type betaKey struct{}

// throughBeta marks a call that goes to v1beta1.
func throughBeta(ctx context.Context) context.Context {
	return context.WithValue(ctx, betaKey{}, true)
}

// sendBeta sends the calls that throughBeta marks to v1beta1, whose methods have the same names as
// v1's.
func sendBeta(
	ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, send grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	if ctx.Value(betaKey{}) != nil {
		method = strings.Replace(method, ".v1.", "."+beta+".", 1)
	}
	return send(ctx, method, req, reply, conn, opts...)
}
