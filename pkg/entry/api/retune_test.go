// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

// retunable returns the name of a job that can be repeated.
func (s *system) retunable(t *testing.T, change func(*tuning.Job)) string {
	t.Helper()
	id := tuning.NewID(time.Now())
	s.Upload(t, data, id+".jsonl", strings.Repeat(cloudtest.Example, 12), nil)
	s.Upload(t, data, id+".validation.jsonl", strings.Repeat(cloudtest.Example, 3), nil)
	return s.ended(t, func(j *tuning.Job) {
		j.TrainingData, j.Spec.ValidationData = "gs://"+data+"/"+id+".jsonl", "gs://"+data+"/"+id+".validation.jsonl"
		j.Hyperparameters = tuning.Hyperparameters{EpochCount: new(int64(4)), AdapterSize: new(int64(8))}
		j.Spec.Labels, j.DisplayName, j.Priority = map[string]string{"team": "support"}, "support bot", 7
		j.TunedEndpoint = "projects/1/locations/us/endpoints/9"
		change(j)
	})
}

// TestRetune: the same data and settings on the model that replaces the base, and an evaluation of
// the new model against the old one.
func TestRetune(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	name := s.retunable(t, func(*tuning.Job) {})
	var plan struct {
		DryRun  bool `json:"dry_run"`
		Request struct {
			Job struct {
				BaseModel string `json:"baseModel"`
				Spec      struct {
					Hyperparameters map[string]any `json:"hyperParameters"`
				} `json:"supervisedTuningSpec"`
			} `json:"tuningJob"`
		} `json:"vertex_request"`
	}
	s.post(t, base+"/retune", `{"job_name":"`+name+`","dry_run":true}`).decode(&plan)
	want := map[string]any{"epochCount": "4", "adapterSize": "ADAPTER_SIZE_EIGHT"}
	if diff := cmp.Diff(want, plan.Request.Job.Spec.Hyperparameters); !plan.DryRun || plan.Request.Job.BaseModel != "gemini-3.5-flash" || diff != "" {
		t.Errorf("%+v (-want +got):\n%s", plan, diff)
	}
	var started struct {
		Job struct {
			ID        string `json:"job_id"`
			Name      string `json:"job_name"`
			BaseModel string `json:"base_model"`
		} `json:"job_info"`
	}
	s.post(t, base+"/retune", `{"job_name":"`+name+`"}`).decode(&started)
	old, err := s.Records.FindJob(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	next, err := s.Records.FindJob(t.Context(), started.Job.ID)
	if err != nil {
		t.Fatal(err)
	}
	if next.BaseModel != "gemini-3.5-flash" || next.RetunedFrom != old.ID || !next.Evaluate || next.Pairs != 12 || next.Lineage.Validation != 3 ||
		next.Priority != 7 || next.DisplayName != "support bot" {
		t.Errorf("the new job is %+v", next.Job)
	}
	if diff := cmp.Diff(old.Hyperparameters, next.Hyperparameters) + cmp.Diff(old.Spec.Labels, next.Spec.Labels, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-old +new):\n%s", diff)
	}
	var status struct {
		From string `json:"retuned_from"`
	}
	s.get(t, base+"/job-status/"+url.PathEscape(started.Job.Name)).decode(&status)
	if status.From != old.ID {
		t.Errorf("the status says that it repeats %q", status.From)
	}
	s.post(t, base+"/retune", `{"job_name":"`+name+`","base_model":"gemini-3.5-flash-lite","dry_run":true}`).decode(&plan)
	if plan.Request.Job.BaseModel != "gemini-3.5-flash-lite" {
		t.Errorf("the base model is %s", plan.Request.Job.BaseModel)
	}
}

func TestRetune_refuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	unchanged := func(*tuning.Job) {}
	for _, test := range []struct {
		name   string
		change func(*tuning.Job)
		more   string
		want   string
	}{
		{"failed", func(j *tuning.Job) { j.State = tuning.Failed }, "", "job_name JOB_NOT_SUCCEEDED"},
		{"continued", func(j *tuning.Job) { j.Spec.PreTunedModel = "projects/p/locations/l/models/1@1" }, "", "job_name CONTINUED_MODEL"},
		{"no_successor", func(j *tuning.Job) { j.BaseModel = "gemini-3.5-flash" }, "", "base_model NO_SUCCESSOR"},
		{"unknown_base", func(j *tuning.Job) { j.BaseModel = "gemini-9" }, "", "base_model NO_SUCCESSOR"},
		{"same_model", unchanged, `,"base_model":"publishers/google/models/gemini-3.1-flash-lite"`, "base_model SAME_MODEL"},
		{"too_expensive", unchanged, `,"max_cost_usd":0.000001`, "max_cost_usd OVER_BUDGET"},
		{"unknown_field", unchanged, `,"epochs":3`, "epochs UNKNOWN_FIELD"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := `{"job_name":"` + s.retunable(t, test.change) + `"` + test.more + `}`
			if got := s.post(t, base+"/retune", body).failed(http.StatusBadRequest).places(); !cmp.Equal(got, []string{test.want}) {
				t.Errorf("%v, want %s", got, test.want)
			}
		})
	}
	for body, want := range map[string]string{`{}`: "job_name REQUIRED", `{"job_name":"a b"}`: "job_name INVALID_JOB_NAME", `{"job_name":1}`: "job_name INVALID_TYPE"} {
		if got := s.post(t, base+"/retune", body).failed(http.StatusBadRequest).places(); !cmp.Equal(got, []string{want}) {
			t.Errorf("%s: %v, want %s", body, got, want)
		}
	}
	s.post(t, base+"/retune", `{"job_name":"4711"}`).failed(http.StatusNotFound)
	if code := s.cutOff(t, base+"/retune", "{"); code != 499 {
		t.Errorf("a request that is cut off: got %d, want 499", code)
	}
}

// TestRetune_key: a key of one start cannot be used for another one.
func TestRetune_key(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "k") }
	body := `{"job_name":"` + s.retunable(t, func(*tuning.Job) {}) + `"`
	type reply struct {
		Job struct {
			ID string `json:"job_id"`
		} `json:"job_info"`
	}
	var first, again reply
	s.send(t, http.MethodPost, base+"/retune", body+"}", key).decode(&first)
	s.send(t, http.MethodPost, base+"/retune", body+"}", key).decode(&again)
	if first.Job.ID == "" || again != first {
		t.Errorf("%+v, then %+v", first, again)
	}
	s.send(t, http.MethodPost, base+"/retune", body+`,"base_model":"gemini-3.5-flash-lite"}`, key).failed(http.StatusConflict)
}

// TestRetirement: the status and the lineage of a tuned model have a notice from six months before
// its base model retires.
func TestRetirement(t *testing.T) {
	t.Parallel()
	var now time.Time
	s := newSystem(t, func(set *setup) { set.now = func() time.Time { return now } })
	name := s.retunable(t, func(j *tuning.Job) { j.BaseModel = "gemini-3.5-flash" })
	failed := s.ended(t, func(j *tuning.Job) { j.BaseModel, j.State = "gemini-3.5-flash", tuning.Failed })
	type notice = map[string]any
	notices := func(name string) (fromStatus, fromLineage notice) {
		t.Helper()
		var status struct {
			Retirement notice `json:"retirement"`
		}
		s.get(t, base+"/job-status/"+url.PathEscape(name)).decode(&status)
		var lineage struct {
			Jobs []struct {
				Retirement notice `json:"retirement"`
			} `json:"jobs"`
		}
		s.get(t, base+"/lineage/"+url.PathEscape(name)).decode(&lineage)
		return status.Retirement, lineage.Jobs[0].Retirement
	}
	now = time.Date(2026, 11, 18, 23, 0, 0, 0, time.UTC)
	if a, b := notices(name); a != nil || b != nil {
		t.Errorf("too early: %v, %v", a, b)
	}
	now = now.Add(time.Hour)
	want := notice{
		"date": "2027-05-19", "when": "not_before",
		"message": "gemini-3.5-flash retires on 2027-05-19 at the earliest, and its tuned models retire with it.",
	}
	if a, b := notices(name); !cmp.Equal(want, a) || !cmp.Equal(want, b) {
		t.Errorf("%v, %v, want %v", a, b, want)
	}
	if a, b := notices(failed); a != nil || b != nil {
		t.Errorf("without a tuned model: %v, %v", a, b)
	}
}
