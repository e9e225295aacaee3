// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reason returns the reason of an error and its metadata.
func (f failure) reason() (string, map[string]string) {
	for _, d := range f.Details {
		if d.Reason != "" {
			return d.Reason, d.Metadata
		}
	}
	return "", nil
}

func addField(body, field string) string { return strings.TrimSuffix(body, "}") + "," + field + "}" }

// TestStart_known_to_fail: a start that fails according to the catalogue is refused before anything
// is written or Vertex AI is called, and the response explains what would work. With force, the
// start is tried, and Vertex AI refuses it.
func TestStart_known_to_fail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		place      string // the location of the jobs
		want       []string
		works      string // the part of the response that explains what would work
		forced     int    // the status code when Vertex AI itself refuses
	}{
		{
			name: "adapter_size", body: `{"session_id":"talk","hyperparameters":{"epoch_count":1,"adapter_size":32}}`,
			want: []string{"hyperparameters.adapter_size ADAPTER_SIZE"}, works: "It takes 1, 2, 4, 8 and 16.", forced: 400,
		},
		{
			name: "region", body: `{"session_id":"talk","hyperparameters":{"epoch_count":1}}`, place: "us-east5",
			want: []string{"location LOCATION"}, works: "It can be tuned in us-central1 and europe-west4.", forced: 400,
		},
		{
			name: "global", body: `{"session_id":"talk","hyperparameters":{"epoch_count":1}}`, place: "global",
			want: []string{"location LOCATION"}, works: "It can be tuned in us-central1 and europe-west4.", forced: 400,
		},
		{
			name: "retired", body: `{"session_id":"talk","base_model":"gemini-2.5-flash","hyperparameters":{"epoch_count":1}}`,
			want: []string{"base_model RETIRED"}, works: "Use gemini-3.1-flash-lite. Whether gemini-3.5-flash-lite can be tuned is not confirmed.", forced: 404,
		},
		{
			name: "key", body: `{"session_id":"talk","kms_key_name":"projects/acme/locations/us-central1/keyRings/r/cryptoKeys/k","hyperparameters":{"epoch_count":1}}`,
			want: []string{"kms_key_name CMEK"}, works: "Leave kms_key_name out.", forced: 400,
		},
		{
			name: "tuning_mode", body: `{"session_id":"talk","base_model":"qwen/qwen3@qwen3-4b","tuning_mode":"PEFT_ADAPTER","hyperparameters":{"epoch_count":1}}`,
			want: []string{"tuning_mode TUNING_MODE"}, works: "but with FULL.", forced: 400,
		},
		{
			name: "open_model_without_version", body: `{"session_id":"talk","base_model":"Qwen/Qwen3-8B","hyperparameters":{"epoch_count":1}}`,
			want: []string{"base_model OPEN_MODEL_NAME"}, works: "qwen/qwen3@qwen3-8b", forced: 400,
		},
		{
			name: "all_at_once", body: `{"session_id":"talk","base_model":"gemini-2.5-pro","hyperparameters":{"epoch_count":1,"adapter_size":16}}`,
			want: []string{"base_model RETIRED", "hyperparameters.adapter_size ADAPTER_SIZE"}, works: "Use gemini-3.5-flash.", forced: 404,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := talking(t, func(set *setup) {
				if test.place != "" {
					set.place = test.place
				}
			})
			before := s.storedState(t)
			f := s.post(t, base+"/start", test.body).failed(http.StatusBadRequest)
			if diff := cmp.Diff(test.want, f.places()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if reason, _ := f.reason(); reason != "KNOWN_TO_FAIL" || !strings.Contains(f.Message, test.works) || !strings.Contains(f.Message, `"force": true`) {
				t.Errorf("%s: %s", reason, f.Message)
			}
			plan := s.plan(t, test.body)
			if diff := cmp.Diff(test.want, plan.places()); diff != "" {
				t.Errorf("the dry run (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, s.storedState(t)); diff != "" {
				t.Errorf("something was left (-before +after):\n%s", diff)
			}
			s.wantNoVertexCalls(t)

			forced := addField(test.body, `"force":true`)
			plan = s.plan(t, forced)
			if said := strings.Join(plan.Warnings, "\n"); len(plan.Refusals) > 0 || strings.Count(said, `Tried because of "force"`) != len(test.want) {
				t.Errorf("the dry run with force: refusals %v, warnings %q", plan.places(), plan.Warnings)
			}
			s.post(t, base+"/start", forced).failed(test.forced)
			if sent := s.onlyCreate(t); cmp.Diff(sent, create{plan.Version, plan.Request}) != "" {
				t.Errorf("Vertex AI was asked for %v", sent)
			}
		})
	}
}

// TestStart_of_a_model_that_nobody_knows: a model that is missing in the catalogue can be tuned, so
// that users need not wait for the catalogue's next version.
func TestStart_of_a_model_that_nobody_knows(t *testing.T) {
	t.Parallel()
	const id = "google/medgemma@medgemma-1.5-4b-it"
	s := talking(t, func(set *setup) { set.unknown = []string{id} })
	job := s.start(t, `{"session_id":"talk","base_model":"`+id+`","tuning_mode":"FULL","hyperparameters":{"epoch_count":3,"batch_size":4}}`)
	if job.Job.Status != "PIPELINE_STATE_PENDING" || job.Job.BaseModel != id {
		t.Errorf("got %+v", job.Job)
	}
	if len(job.Warnings) != 2 || !strings.HasPrefix(job.Warnings[0], id+" is not in the catalogue of 2026-") || !strings.Contains(job.Warnings[1], "the cost is not known") {
		t.Errorf("warnings are %q", job.Warnings)
	}
	if _, priced := job.Estimate["cost_usd"]; priced || job.Estimate["tokens"] == nil {
		t.Errorf("the estimate is %v", job.Estimate)
	}
	if sent := s.onlyCreate(t); sent.Version != "v1beta1" {
		t.Errorf("Vertex AI was asked by %s", sent.Version)
	}
	f := s.post(t, base+"/start", `{"session_id":"talk","base_model":"`+id+`","tuning_mode":"FULL","max_cost_usd":1000}`).failed(http.StatusBadRequest)
	if diff := cmp.Diff([]string{"max_cost_usd COST_UNKNOWN"}, f.places()); diff != "" {
		t.Errorf("with a budget (-want +got):\n%s", diff)
	}
}
