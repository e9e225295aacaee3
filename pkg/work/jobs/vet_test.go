// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	reading "github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// startRequest returns the order of a request body.
func startRequest(t *testing.T, body string) jobs.StartRequest {
	t.Helper()
	f, err := reading.Parse("The body", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r := tuning.ReadRequest(f)
	return jobs.StartRequest{Request: r, Caller: "ci", Faults: f.Faults()}
}

// TestEvery_fault_at_once: one answer has the faults of the fields, the model and the data of a
// request, each field once. A start and a dry run give the same answer.
func TestEvery_fault_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.Upload(t, bucket, "bad.jsonl", line("fine", "fine")+`{"contents":[{"role":"nobody","parts":[{"text":"x"}]},{"role":"model","parts":[]}]}`, nil)
	tests := map[string]struct {
		body string
		want []string
	}{
		"fields": {
			`{"foo":1,"hyperparameters":{"epoch_count":0,"adapter_size":3,"x":1},"labels":{"A":"b"},"priority":5000,"timeout":"x","max_cost_usd":-1}`,
			[]string{
				"max_cost_usd OUT_OF_RANGE", "timeout INVALID_DURATION", "hyperparameters.x UNKNOWN_FIELD", "foo UNKNOWN_FIELD",
				"message_ids NO_TRAINING_DATA", "hyperparameters.epoch_count OUT_OF_RANGE", "hyperparameters.adapter_size OUT_OF_RANGE",
				"labels.A INVALID_LABEL", "priority OUT_OF_RANGE",
			},
		},
		"a_wrong_type_is_no_missing_data": {`{"session_id":7}`, []string{"session_id INVALID_TYPE"}},
		"field_and_model":                 {`{"session_id":"s","priority":5000,"base_model":"gemini-2.0-flash"}`, []string{"priority OUT_OF_RANGE", "base_model RETIRED"}},
		"field_and_document":              {`{"session_id":"s","priority":5000,"model_id":"none"}`, []string{"priority OUT_OF_RANGE", "model_id UNKNOWN_MODEL"}},
		"field_and_session":               {`{"session_id":"none","priority":5000}`, []string{"priority OUT_OF_RANGE", "session_id UNKNOWN_SESSION"}},
		"field_and_messages": {
			`{"message_ids":["s1","x"],"priority":5000,"validation_split":7}`,
			[]string{"validation_split OUT_OF_RANGE", "priority OUT_OF_RANGE", "message_ids[1] UNKNOWN_MESSAGE"},
		},
		"not_text_and_not_there": {`{"message_ids":["s1",1,"/"]}`, []string{"message_ids[1] INVALID_TYPE", "message_ids[2] INVALID_ID"}},
		"epochs_without_end":     {`{"session_id":"s","hyperparameters":{"epoch_count":9223372036854775807}}`, []string{"hyperparameters.epoch_count OUT_OF_RANGE"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, startErr := w.Start(t.Context(), startRequest(t, tt.body))
			_, dryErr := w.DryRun(t.Context(), startRequest(t, tt.body))
			for what, err := range map[string]error{"start": startErr, "dry run": dryErr} {
				e, ok := errors.AsType[*fault.Error](err)
				if !ok {
					t.Fatalf("%s: %v", what, err)
				}
				var got []string
				for _, v := range e.Violations {
					got = append(got, v.Field+" "+v.Reason)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
				if n := len(tt.want); n > 1 && !strings.HasPrefix(e.Message, fmt.Sprintf("The request has %d faults. First: ", n)) {
					t.Errorf("%s: message %q", what, e.Message)
				}
			}
		})
	}
	// The data's faults come with those of the fields.
	_, err := w.Start(t.Context(), startRequest(t, `{"training_data":"gs://test-data/bad.jsonl","priority":5000}`))
	e := fault.From(err)
	if len(e.Violations) < 2 || e.Violations[0].Field != "priority" || !strings.HasPrefix(e.Violations[1].Field, "training_data[1]") {
		t.Errorf("Start = %+v", e)
	}
}

// TestManyFaults: a request with a great many faults is answered with the first of them and their
// count, in little memory.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for element, count := range map[string]string{`"a"`: "The request has 50000 faults", `1`: "The request has 300001 faults", `""`: ""} {
		body := `{"message_ids":[` + strings.TrimSuffix(strings.Repeat(element+",", 300_000), ",") + `]}`
		_, err := w.Start(t.Context(), startRequest(t, body))
		e := fault.From(err)
		if len(e.Violations) > 1000 || len(e.Violations) == 0 || !strings.HasPrefix(e.Message, count) {
			t.Errorf("%s: %d violations, %q", element, len(e.Violations), e.Message)
		}
		said := e.Message
		for _, v := range e.Violations {
			said += v.Description
		}
		if element != `1` && !strings.Contains(said, "at most 50000. For more, use session_id") {
			t.Errorf("%s: nothing names the limit", element)
		}
	}
}

// TestAllowLists: names that are not in the operator's lists are refused; an empty list allows all.
func TestAllowLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Config.Buckets, w.Config.Accounts, w.Config.Keys = []string{"ours"}, []string{"a@p.iam.gserviceaccount.com"}, []string{"projects/p/locations/l/keyRings/r/cryptoKeys/k"}
	_, err := w.DryRun(t.Context(), startRequest(t, `{"training_data":"gs://theirs/x.jsonl","validation_data":"gs://theirs/y.jsonl","output_uri":"gs://theirs",
		"service_account":"b@p.iam.gserviceaccount.com","kms_key_name":"projects/p/locations/l/keyRings/r/cryptoKeys/other"}`))
	var got []string
	for _, v := range fault.From(err).Violations {
		got = append(got, v.Field+" "+v.Reason)
	}
	want := []string{
		"training_data NOT_ALLOWED", "validation_data NOT_ALLOWED", "output_uri NOT_ALLOWED", "service_account NOT_ALLOWED", "kms_key_name NOT_ALLOWED",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	_, err = w.DryRun(t.Context(), startRequest(t, `{"training_data":"gs://test-data/none.jsonl","validation_data":"gs://ours/y.jsonl"}`))
	if e := fault.From(err); e.Kind != fault.NotFound || e.Violations[0].Reason != "UNKNOWN_OBJECT" {
		t.Errorf("the data bucket, and one of the list: %v", err)
	}
}

// TestPreferenceData: preference data are converted, but every start on them is refused.
func TestPreferenceData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Upload(t, bucket, "preferences.jsonl", `{"input":{"messages":[{"role":"user","content":"Hi"}]},"preferred_output":[{"role":"assistant","content":"Hello!"}],`+
		`"non_preferred_output":[{"role":"assistant","content":"What?"}]}`, nil)
	for _, force := range []bool{false, true} {
		o := order(tuning.Request{TrainingData: "gs://test-data/preferences.jsonl", Force: force})
		_, startErr := w.Start(t.Context(), o)
		_, dryErr := w.DryRun(t.Context(), o)
		for what, err := range map[string]error{"start": startErr, "dry run": dryErr} {
			if e := fault.From(err); e.Reason != "PREFERENCE_TUNING" || !strings.Contains(e.Message, "No model that runs today is documented for preference tuning") {
				t.Errorf("%s, force %v: %v", what, force, err)
			}
		}
		w.wantRefused(t, fault.From(startErr), 0)
	}
}
