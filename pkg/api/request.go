// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import "github.com/vertextune/vertextune/pkg/tuning"

// startRequest reads what is asked for in the body of POST /start.
func startRequest(f *fields) tuning.Request {
	request := tuning.Request{
		MessageIDs:   f.texts("message_ids"),
		SessionID:    f.text("session_id"),
		ModelID:      f.text("model_id"),
		BaseModel:    f.text("base_model"),
		AllMessages:  f.flag("all_messages"),
		TrainingData: f.text("training_data"),

		DisplayName:              f.text("display_name"),
		Labels:                   f.textMap("labels"),
		SystemInstruction:        f.text("system_instruction"),
		ValidationData:           f.text("validation_data"),
		ValidationSplit:          valueOf(f.number("validation_split")),
		TuningMode:               f.text("tuning_mode"),
		ExportLastCheckpointOnly: f.choice("export_last_checkpoint_only"),
		OutputURI:                f.text("output_uri"),
		PreTunedModel:            f.text("pre_tuned_model"),
		ContinueModel:            f.flag("continue_model"),
		ServiceAccount:           f.text("service_account"),
		KMSKeyName:               f.text("kms_key_name"),
		MaxCost:                  f.dollars("max_cost_usd"),
		Force:                    f.flag("force"),

		Priority:          valueOf(f.integer("priority")),
		Timeout:           f.duration("timeout"),
		CancelWhenStalled: f.flag("cancel_when_stalled"),
	}
	f.object("hyperparameters", func(h *fields) {
		request.Hyperparameters = tuning.Hyperparameters{
			EpochCount:             h.integer("epoch_count"),
			LearningRateMultiplier: h.number("learning_rate_multiplier"),
			AdapterSize:            h.integer("adapter_size"),
			BatchSize:              h.integer("batch_size"),
			LearningRate:           h.number("learning_rate"),
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
