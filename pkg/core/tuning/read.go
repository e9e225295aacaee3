// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// maxMessageIDs limits the number of message_ids: each one costs a read of Firestore, and all of
// them are in memory together.
const maxMessageIDs = 50_000

// ReadRequest reads a request from the body of POST /start.
func ReadRequest(f *requestfields.Reader) Request {
	request := Request{
		MessageIDs:   f.Texts("message_ids", maxMessageIDs, "For more, use session_id, all_messages, or training_data with a file."),
		SessionID:    f.Text("session_id"),
		ModelID:      f.Text("model_id"),
		BaseModel:    f.Text("base_model"),
		AllMessages:  f.Flag("all_messages"),
		TrainingData: f.Text("training_data"),

		DisplayName:              f.Text("display_name"),
		Labels:                   f.TextMap("labels"),
		SystemInstruction:        f.Text("system_instruction"),
		ValidationData:           f.Text("validation_data"),
		ValidationSplit:          valueOf(f.Number("validation_split")),
		TuningMode:               f.Text("tuning_mode"),
		ExportLastCheckpointOnly: f.Choice("export_last_checkpoint_only"),
		OutputURI:                f.Text("output_uri"),
		PreTunedModel:            f.Text("pre_tuned_model"),
		ContinueModel:            f.Flag("continue_model"),
		ServiceAccount:           f.Text("service_account"),
		KMSKeyName:               f.Text("kms_key_name"),
		MaxCost:                  f.Dollars("max_cost_usd"),
		Force:                    f.Flag("force"),

		Priority:          valueOf(f.Integer("priority")),
		Timeout:           f.Duration("timeout"),
		CancelWhenStalled: f.Flag("cancel_when_stalled"),
		Evaluate:          f.Flag("evaluate"),
	}
	f.Object("promote_if", func(g *requestfields.Reader) { request.PromoteIf = promotion.ReadGate(g) })
	f.Object("hyperparameters", func(h *requestfields.Reader) {
		request.Hyperparameters = Hyperparameters{
			EpochCount:             h.Integer("epoch_count"),
			LearningRateMultiplier: h.Number("learning_rate_multiplier"),
			AdapterSize:            h.Integer("adapter_size"),
			BatchSize:              h.Integer("batch_size"),
			LearningRate:           h.Number("learning_rate"),
		}
	})
	return request
}

func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
