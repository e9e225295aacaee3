// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// ended writes the record of a finished job, and returns the job's name.
func (s *system) ended(t *testing.T, change func(*tuning.Job)) string {
	t.Helper()
	now := time.Now()
	job := tuning.Job{
		ID: tuning.NewID(now), Location: location, DisplayName: "a job", BaseModel: baseModel, TrainingData: "gs://acme-data/x.jsonl", Pairs: 3,
		Step: tuning.Ended, State: tuning.Succeeded, VertexState: "JOB_STATE_SUCCEEDED", Finished: true, CreatedAt: now, UpdatedAt: now,
	}
	job.Number = job.ID[len(job.ID)-10:]
	job.Name = "projects/1/locations/us-central1/tuningJobs/" + job.Number
	change(&job)
	if _, err := s.Records.CreateJob(t.Context(), job, nil); err != nil {
		t.Fatal(err)
	}
	return job.PublicName(project)
}

const recordedEstimate = `{"examples":3,"tokens":{"low":65000,"expected":100000,"high":140000},"epochs":{"low":3,"high":40},` +
	`"training_tokens":{"low":195000,"high":5600000},"price_usd_per_million_tokens":3,"cost_usd":{"low":0.585,"high":16.80},"arithmetic":"so"}`

func TestJobStatus_bill_against_estimate(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	counted := func(j *tuning.Job) {
		j.Estimate, j.Stats = []byte(recordedEstimate), &tuning.Stats{Examples: 3, BillableTokens: 412_000}
	}
	tests := []struct {
		name             string
		change           func(*tuning.Job)
		estimate, billed string
	}{
		{"nothing_known", func(*tuning.Job) {}, "", ""},
		{"not_counted", func(j *tuning.Job) { j.Estimate = []byte(recordedEstimate) }, recordedEstimate, ""},
		{"not_estimated", func(j *tuning.Job) { counted(j); j.Estimate = nil }, "", ""},
		{"no_estimate_at_all", func(j *tuning.Job) { counted(j); j.Estimate = []byte("{") }, "", ""},
		{
			"epochs_of_the_last_checkpoint", func(j *tuning.Job) {
				counted(j)
				j.Checkpoints = []tuning.Checkpoint{{ID: "1", Epoch: 2}, {ID: "2", Epoch: 4}}
			}, recordedEstimate,
			`{"billable_tokens":412000,"epochs":4,"price_usd_per_million_tokens":3,"fits":"ALL_EPOCHS",
			 "if_of_one_epoch":{"estimated_tokens":{"low":65000,"expected":100000,"high":140000},"ratio":4.12,"cost_usd":4.944},
			 "if_of_all_epochs":{"estimated_tokens":{"low":260000,"expected":400000,"high":560000},"ratio":1.03,"cost_usd":1.236}}`,
		},
		{
			"epochs_requested", func(j *tuning.Job) {
				counted(j)
				j.Hyperparameters.EpochCount, j.State, j.Finished = new(int64(10)), tuning.Running, false
			}, recordedEstimate,
			`{"billable_tokens":412000,"epochs":10,"price_usd_per_million_tokens":3,
			 "if_of_one_epoch":{"estimated_tokens":{"low":65000,"expected":100000,"high":140000},"ratio":4.12,"cost_usd":12.36},
			 "if_of_all_epochs":{"estimated_tokens":{"low":650000,"expected":1000000,"high":1400000},"ratio":0.412,"cost_usd":1.236}}`,
		},
		{
			"epochs_not_known", func(j *tuning.Job) {
				counted(j)
				j.State, j.Finished, j.Checkpoints = tuning.Running, false, []tuning.Checkpoint{{ID: "1", Epoch: 2}}
			}, recordedEstimate,
			`{"billable_tokens":412000,"price_usd_per_million_tokens":3,"fits":"ALL_EPOCHS",
			 "if_of_one_epoch":{"estimated_tokens":{"low":65000,"expected":100000,"high":140000},"ratio":4.12},
			 "if_of_all_epochs":{"estimated_tokens":{"low":195000,"high":5600000},"cost_usd":1.236}}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := s.status(t, s.ended(t, test.change))
			for what, pair := range map[string]struct {
				want string
				got  map[string]any
			}{"estimate": {test.estimate, got.Estimate}, "billed": {test.billed, got.Billed}} {
				var want map[string]any
				if pair.want != "" {
					if err := json.Unmarshal([]byte(pair.want), &want); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(want, pair.got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}

func TestJobStatus_dropped_examples(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	var index strings.Builder
	w := sourceindex.NewWriter(&index)
	for _, source := range []sourceindex.Source{{Message: "m1"}, {Object: "gs://acme-inbox/a.jsonl", Generation: 7, Line: 41}, {Message: "m3"}} {
		if err := w.Add(source); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.Upload(t, data, "datasets/x.sources.jsonl", index.String(), nil)
	s.Upload(t, data, "datasets/short.sources.jsonl", index.String()[:20], nil)
	const uri = "gs://" + data + "/datasets/"
	sourced := []map[string]any{
		{"index": 2.0, "reason": "too long", "source": map[string]any{"object": "gs://acme-inbox/a.jsonl", "generation": "7", "line": 41.0}},
		{"index": 3.0, "source": map[string]any{"message_id": "m3"}},
	}
	bare := []map[string]any{{"index": 2.0, "reason": "too long"}, {"index": 3.0}}
	dropping := func(index string) string {
		return s.ended(t, func(j *tuning.Job) {
			j.Stats = &tuning.Stats{Examples: 3, Dropped: 2}
			j.Dropped, j.Lineage.Index = []tuning.Dropped{{Index: 2, Reason: "too long"}, {Index: 3}}, index
		})
	}
	tests := []struct {
		name, index string
		want        []map[string]any
		warned      bool
	}{
		{"named", uri + "x.sources.jsonl", sourced, false},
		{"no_index_recorded", "", bare, true},
		{"index_deleted", uri + "gone.sources.jsonl", bare, true},
		{"not_our_bucket", "gs://nobody/x.sources.jsonl", bare, true},
		{"cut_off", uri + "short.sources.jsonl", bare, true},
	}
	for _, test := range tests {
		got := s.status(t, dropping(test.index))
		if diff := cmp.Diff(test.want, got.Dropped); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if (len(got.Warnings) == 1) != test.warned {
			t.Errorf("%s: warnings are %q", test.name, got.Warnings)
		}
	}
	name := dropping(uri + "x.sources.jsonl")
	s.fail(faults.Storage, errDenied)
	if got := s.status(t, name); cmp.Diff(bare, got.Dropped) != "" || len(got.Warnings) != 1 {
		t.Errorf("without Cloud Storage: %v, warnings %q", got.Dropped, got.Warnings)
	}
	s.Taken()
	s.status(t, s.ended(t, func(j *tuning.Job) { j.Lineage.Index = uri + "x.sources.jsonl" }))
	if calls := s.Taken(faults.Storage); len(calls) != 0 {
		t.Errorf("a job without dropped examples made the calls %v to Cloud Storage, want none", calls)
	}
}

func TestJobStatus_endpoint_call(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct{ name, endpoint, host string }{
		{"multi_region", "projects/1/locations/us/endpoints/99", "aiplatform.us.rep.googleapis.com"},
		{"region", "projects/1/locations/europe-west4/endpoints/99", "europe-west4-aiplatform.googleapis.com"},
		{"none", "", ""},
	}
	for _, test := range tests {
		got := s.status(t, s.ended(t, func(j *tuning.Job) { j.TunedEndpoint = test.endpoint }))
		if test.host == "" {
			if got.EndpointCall != nil {
				t.Errorf("%s: got %v", test.name, got.EndpointCall)
			}
			continue
		}
		url := "https://" + test.host + "/v1/" + test.endpoint + ":generateContent"
		curl, _ := got.EndpointCall["curl"].(string)
		if got.EndpointCall["host"] != test.host || got.EndpointCall["url"] != url || !strings.Contains(curl, url) {
			t.Errorf("%s: got %v", test.name, got.EndpointCall)
		}
	}
}

func TestJobStatus_remedy(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	failed := func(f tuning.Failure) func(*tuning.Job) {
		return func(j *tuning.Job) { j.State, j.VertexState, j.Failure = tuning.Failed, "JOB_STATE_FAILED", &f }
	}
	neverSent := func(f tuning.Failure) func(*tuning.Job) {
		return func(j *tuning.Job) {
			failed(f)(j)
			j.Name, j.Number, j.VertexState = "", "", "JOB_STATE_UNSPECIFIED"
		}
	}
	tests := []struct {
		name     string
		change   func(*tuning.Job)
		code     string
		message  string
		operator bool
	}{
		{"succeeded", func(*tuning.Job) {}, "", "", false},
		{"data", failed(tuning.Failure{
			Code: 3, Message: "Dataset example 7 of 14 contains an unsupported modality [video] in the 'parts' field.",
		}), "UNSUPPORTED_MODALITY", baseModel + " cannot be tuned on data of the kind \"video\"", false},
		{"quota", failed(tuning.Failure{Code: 8, Message: "No quota."}), "QUOTA", "?project=acme", true},
		{"unknown", failed(tuning.Failure{Code: 2, Message: "Odd."}), "", "", false},
		// These jobs never reached Vertex AI. The service that failed is known only if the error
		// itself names it.
		{"never_sent", neverSent(tuning.Failure{
			Code: 7, Message: "Firestore failed.", Reason: "FIRESTORE_ROLE_MISSING", Metadata: map[string]string{"service": "firestore.googleapis.com"},
		}), "FIRESTORE_ROLE_MISSING", "roles/datastore.user", true},
		{"message_of_google_not_recorded", neverSent(tuning.Failure{
			Code: 7, Message: "Firestore failed.", Reason: "API_DISABLED", Metadata: map[string]string{"service": "firestore.googleapis.com"},
		}), "", "", false},
		{"our_own", neverSent(tuning.Failure{Code: 7, Message: "We failed.", Reason: "INVALID_DATA"}), "", "", false},
		{"our_own_code", neverSent(tuning.Failure{Code: 14, Message: "We failed."}), "", "", false},
		{"killed", neverSent(tuning.Failure{Code: 9, Message: "Not prepared.", Reason: "PREPARATION_ABORTED"}), "PREPARATION_ABORTED", "less data", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := s.status(t, s.ended(t, test.change)).Remedy
			if got == nil {
				got = &jobRemedy{}
			}
			if got.Code != test.code || got.Operator != test.operator || !strings.Contains(got.Sentence+" "+got.Fix, test.message) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestRemedy_of_an_answer: the response to an error of Google Cloud contains the remedy. If only
// the operator can apply the fix, and the caller may not see Google's message, the fix is only in
// the log.
func TestRemedy_of_an_answer(t *testing.T) {
	t.Parallel()
	const disabled = hidden + ": the API is disabled."
	denied, err := status.New(codes.PermissionDenied, disabled).WithDetails(&errdetails.ErrorInfo{
		Reason: "SERVICE_DISABLED", Metadata: map[string]string{"service": "aiplatform.googleapis.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const enable = "gcloud services enable aiplatform.googleapis.com --project=acme"
	tests := []struct {
		name           string
		err            error
		code           int
		reason, fix    string // in the response
		logged, absent string
	}{
		{"for_the_operator", denied.Err(), http.StatusBadGateway, "API_DISABLED", "", enable, ""},
		{
			"for_the_caller", status.Error(codes.InvalidArgument, "The adapter size is not supported for this base model."),
			http.StatusBadRequest, "ADAPTER_SIZE", "GET /api/v1/fine-tuning/models lists the sizes; leave adapter_size out to use the default.", "", "adapter_size out",
		},
		{"unknown", status.Error(codes.FailedPrecondition, "Odd."), http.StatusBadRequest, "", "", "", "fix="},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log journal
			s := newSystem(t, func(set *setup) {
				set.api.StatusMaxAge = 0
				set.log = slog.New(slog.NewTextHandler(&log, nil))
			})
			s.message("1", turn("a", "user", "one"))
			s.fail(faults.Vertex, test.err)
			f := s.post(t, base+"/start", `{"session_id":"a"}`).failed(test.code)
			var reason string
			metadata := map[string]string{}
			for _, d := range f.Details {
				if d.Reason != "" {
					reason, metadata = d.Reason, d.Metadata
				}
			}
			if reason != test.reason || metadata["fix"] != test.fix || (metadata["remedy"] != "") != (test.fix != "") {
				t.Errorf("the response has the reason %q and the metadata %v", reason, metadata)
			}
			log.mu.Lock()
			defer log.mu.Unlock()
			if text := log.text.String(); !strings.Contains(text, test.logged) || test.absent != "" && strings.Contains(text, test.absent) {
				t.Errorf("the log: %s", text)
			}
		})
	}
}
