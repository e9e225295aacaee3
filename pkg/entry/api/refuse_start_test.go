// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRefuse_fields_of_a_start: the response names every fault in the options of a start, and
// nothing is recorded.
func TestRefuse_fields_of_a_start(t *testing.T) {
	t.Parallel()
	s := talking(t, nil)
	before := s.storedState(t)
	many := strings.TrimSuffix(strings.Repeat(`"k%d":"",`, 64), ",")
	numbers := make([]any, 64)
	for i := range numbers {
		numbers[i] = i
	}
	tests := []struct {
		name, fields string
		want         []string
	}{
		{
			"every_type", `"display_name":1,"labels":[],"system_instruction":{},"validation_data":[],"validation_split":"0.1","tuning_mode":1,
			"export_last_checkpoint_only":"yes","output_uri":1,"pre_tuned_model":1,"continue_model":1,"service_account":1,"kms_key_name":1,"max_cost_usd":"1","force":1,"dry_run":"true",
			"hyperparameters":{"learning_rate_multiplier":"1","adapter_size":"4"}`,
			[]string{
				"display_name INVALID_TYPE", "labels INVALID_TYPE", "system_instruction INVALID_TYPE", "validation_data INVALID_TYPE", "validation_split INVALID_TYPE",
				"tuning_mode INVALID_TYPE", "export_last_checkpoint_only INVALID_TYPE", "output_uri INVALID_TYPE", "pre_tuned_model INVALID_TYPE",
				"continue_model INVALID_TYPE", "service_account INVALID_TYPE", "kms_key_name INVALID_TYPE", "max_cost_usd INVALID_TYPE", "force INVALID_TYPE",
				"hyperparameters.learning_rate_multiplier INVALID_TYPE", "hyperparameters.adapter_size INVALID_TYPE", "dry_run INVALID_TYPE",
			},
		},
		{
			"empty", `"display_name":"","system_instruction":"","validation_data":"","tuning_mode":"","output_uri":"","pre_tuned_model":"","service_account":"","kms_key_name":""`,
			[]string{
				"display_name EMPTY", "system_instruction EMPTY", "validation_data EMPTY", "tuning_mode EMPTY", "output_uri EMPTY",
				"pre_tuned_model EMPTY", "service_account EMPTY", "kms_key_name EMPTY",
			},
		},
		{"label_of_another_type", `"labels":{"team":1,"cost":null}`, []string{"labels.cost INVALID_TYPE", "labels.team INVALID_TYPE"}},
		{
			"labels", `"labels":{"Team":"a","team":"A","1st":"a","":"a","long":"` + strings.Repeat("a", 65) + `","with space":"a","vertextune-job":"mine"}`,
			[]string{
				"labels. INVALID_LABEL", "labels.1st INVALID_LABEL", "labels.Team INVALID_LABEL", "labels.long INVALID_LABEL",
				"labels.team INVALID_LABEL", "labels.vertextune-job RESERVED", "labels.with space INVALID_LABEL",
			},
		},
		{"too_many_labels", `"labels":{` + fmt.Sprintf(many, numbers...) + `}`, []string{"labels TOO_MANY"}},
		{"display_name", `"display_name":"` + strings.Repeat("ä", 129) + `"`, []string{"display_name TOO_LONG"}},
		{"blank_instruction", `"system_instruction":" \n"`, []string{"system_instruction INVALID_TEXT"}},
		{"long_instruction", `"system_instruction":"` + strings.Repeat("a", 100_001) + `"`, []string{"system_instruction INVALID_TEXT"}},
		{"split_too_large", `"validation_split":0.51`, []string{"validation_split OUT_OF_RANGE"}},
		{"split_below_0", `"validation_split":-0.1`, []string{"validation_split OUT_OF_RANGE"}},
		{"split_and_file", `"validation_split":0.1,"validation_data":"gs://acme-inbox/validate.jsonl"`, []string{"validation_data AMBIGUOUS_VALIDATION_DATA"}},
		{"validation_file_of_another_kind", `"validation_data":"gs://acme-inbox/validate.csv"`, []string{"validation_data INVALID_URI"}},
		{"names", `"output_uri":"https://example.com/x","pre_tuned_model":"models/1","service_account":"ann@example.com","kms_key_name":"k"`, []string{
			"pre_tuned_model INVALID_NAME", "service_account INVALID_NAME", "kms_key_name INVALID_NAME", "output_uri INVALID_URI",
		}},
		{"tuning_mode", `"tuning_mode":"TUNING_MODE_FULL"`, []string{"tuning_mode INVALID_TUNING_MODE"}},
		{"hyperparameters", `"hyperparameters":{"learning_rate_multiplier":0,"adapter_size":3}`, []string{
			"hyperparameters.adapter_size OUT_OF_RANGE", "hyperparameters.learning_rate_multiplier OUT_OF_RANGE",
		}},
		{"rate_below_0", `"hyperparameters":{"learning_rate_multiplier":-1,"learning_rate":-1}`, []string{
			"hyperparameters.learning_rate OUT_OF_RANGE", "hyperparameters.learning_rate_multiplier OUT_OF_RANGE",
		}},
		{"number_too_large", `"hyperparameters":{"learning_rate_multiplier":1e999}`, []string{"hyperparameters.learning_rate_multiplier OUT_OF_RANGE"}},
		{"no_money", `"max_cost_usd":0`, []string{"max_cost_usd OUT_OF_RANGE"}},
		{"less_than_no_money", `"max_cost_usd":-1`, []string{"max_cost_usd OUT_OF_RANGE"}},
		{"money_of_an_exponent_too_small", `"max_cost_usd":1e-7`, []string{"max_cost_usd OUT_OF_RANGE"}},
		{"finer_than_a_millionth", `"max_cost_usd":0.0000001`, []string{"max_cost_usd OUT_OF_RANGE"}},
		{"more_than_there_is", `"max_cost_usd":9223372036855`, []string{"max_cost_usd OUT_OF_RANGE"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := s.post(t, base+"/start", `{"session_id":"talk",`+test.fields+`}`).failed(http.StatusBadRequest)
			// The members of a JSON object have no order, so the violations have none either.
			got := slices.Sorted(slices.Values(f.places()))
			if diff := cmp.Diff(slices.Sorted(slices.Values(test.want)), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff(before, s.storedState(t)); diff != "" {
		t.Errorf("something was left (-before +after):\n%s", diff)
	}
	s.wantNoVertexCalls(t)
}
