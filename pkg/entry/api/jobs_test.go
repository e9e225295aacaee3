// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// jobList is the response of GET /jobs.
type jobList struct {
	Jobs []struct {
		ID          string            `json:"job_id"`
		Name        string            `json:"job_name"`
		DisplayName string            `json:"display_name"`
		Status      string            `json:"status"`
		CreatedAt   string            `json:"created_at"`
		UpdatedAt   string            `json:"updated_at"`
		BaseModel   string            `json:"base_model"`
		StartedBy   string            `json:"started_by"`
		Labels      map[string]string `json:"labels"`
		TunedModel  string            `json:"tuned_model"`
	} `json:"jobs"`
	Count int    `json:"count"`
	Next  string `json:"next_page_token"`
}

func (l jobList) names() []string {
	var names []string
	for _, job := range l.Jobs {
		names = append(names, job.DisplayName)
	}
	return names
}

func (s *system) list(t *testing.T, query string) (list jobList) {
	t.Helper()
	s.get(t, base+"/jobs"+query).into(&list)
	if list.Count != len(list.Jobs) {
		t.Errorf("count is %d for %d jobs", list.Count, len(list.Jobs))
	}
	return list
}

// record writes the record of job n. Every third job is running, and the others have succeeded.
// Callers and labels alternate.
func (s *system) record(t *testing.T, n int, created time.Time) {
	t.Helper()
	job := tuning.Job{
		ID: tuning.NewID(created), Number: strconv.Itoa(n), Location: location, DisplayName: fmt.Sprintf("job %d", n), BaseModel: baseModel,
		Name:         "projects/acme/locations/us-central1/tuningJobs/" + strconv.Itoa(n),
		TrainingData: "gs://acme-data/x.jsonl", Pairs: 1, State: tuning.Succeeded, Finished: true, CreatedAt: created, UpdatedAt: created,
		TunedModel: "projects/1/locations/us-central1/models/1@1",
		StartedBy:  []string{"ann", "bob"}[n%2], Spec: tuning.Spec{Labels: map[string]string{"team": strconv.Itoa(n % 4)}},
	}
	if n%3 == 0 {
		job.State, job.Finished, job.TunedModel = tuning.Running, false, ""
	}
	if _, err := s.Records.CreateJob(t.Context(), job, nil); err != nil {
		t.Fatal(err)
	}
}

func TestJobs_pages(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	if got := s.get(t, base+"/jobs"); string(got.body) != `{"jobs":[],"count":0}`+"\n" {
		t.Errorf("without jobs: %s", got.body)
	}
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for n := range 10 {
		s.record(t, n, day.Add(time.Duration(n)*time.Hour))
	}
	tests := []struct {
		name, query string
		want        [][]string
	}{
		{"all_at_once", "", [][]string{{"job 9", "job 8", "job 7", "job 6", "job 5", "job 4", "job 3", "job 2", "job 1", "job 0"}}},
		{"uneven_pages", "page_size=4", [][]string{{"job 9", "job 8", "job 7", "job 6"}, {"job 5", "job 4", "job 3", "job 2"}, {"job 1", "job 0"}}},
		{"even_pages", "page_size=5", [][]string{{"job 9", "job 8", "job 7", "job 6", "job 5"}, {"job 4", "job 3", "job 2", "job 1", "job 0"}}},
		{"one_state", "status=PIPELINE_STATE_RUNNING", [][]string{{"job 9", "job 6", "job 3", "job 0"}}},
		{"pages_of_one_state", "status=PIPELINE_STATE_RUNNING&page_size=3", [][]string{{"job 9", "job 6", "job 3"}, {"job 0"}}},
		{"caller", "started_by=bob&page_size=3", [][]string{{"job 9", "job 7", "job 5"}, {"job 3", "job 1"}}},
		{"caller_and_state", "started_by=bob&status=PIPELINE_STATE_SUCCEEDED", [][]string{{"job 7", "job 5", "job 1"}}},
		{"base_model", "base_model=" + baseModel + "&page_size=9", [][]string{{"job 9", "job 8", "job 7", "job 6", "job 5", "job 4", "job 3", "job 2", "job 1"}, {"job 0"}}},
		{"other_base_model", "base_model=another", [][]string{nil}},
		{"label", "label=team:3&page_size=1", [][]string{{"job 7"}, {"job 3"}}},
		{"label_with_another_value", "label=team:", [][]string{nil}},
		{"name", "display_name=OB%207", [][]string{{"job 7"}}},
		{"range", "created_after=2026-12-01T02:00:00Z&created_before=2026-12-01T06:00:00%2B01:00", [][]string{{"job 4", "job 3", "job 2"}}},
		{"oldest_first", "order_by=created_at%20asc&created_before=2026-12-01T03:00:00Z&page_size=2", [][]string{{"job 0", "job 1"}, {"job 2"}}},
		{"changed_first", "order_by=updated_at+desc&label=team:1&page_size=2", [][]string{{"job 9", "job 5"}, {"job 1"}}},
		{"everything", "order_by=created_at+desc&status=PIPELINE_STATE_RUNNING&base_model=" + baseModel + "&started_by=bob&label=team:1&display_name=job&created_after=2026-12-01T01:00:00.5Z&created_before=2027-01-01T00:00:00Z", [][]string{{"job 9"}}},
		{"state_without_jobs", "status=PIPELINE_STATE_FAILED&page_token=", [][]string{nil}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got [][]string
			for next, more := "", true; more; {
				list := s.list(t, "?"+test.query+next)
				got = append(got, list.names())
				next, more = "&page_token="+url.QueryEscape(list.Next), list.Next != ""
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestJobs_a_page_stays_where_it_is(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	same := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) // the jobs differ only in their IDs
	want := map[string]bool{}
	for n := range 6 {
		s.record(t, n, same)
		want[fmt.Sprintf("job %d", n)] = true
	}
	got := map[string]bool{}
	for next := ""; ; {
		list := s.list(t, "?page_size=2"+next)
		for _, name := range list.names() {
			if got[name] {
				t.Errorf("%s was listed twice", name)
			}
			got[name] = true
		}
		s.record(t, 100+len(got), same.Add(time.Hour)) // a newer job does not appear on a later page
		if list.Next == "" {
			break
		}
		next = "&page_token=" + list.Next
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJobs_lists_what_was_started(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	job := s.start(t, `{"session_id":"a","labels":{"team":"support"}}`).Job
	s.start(t, `{"session_id":"a"}`)
	found := s.list(t, "?label=team:support&base_model="+baseModel+"&started_by="+caller)
	if found.Count != 1 {
		t.Fatalf("%d jobs have the label", found.Count)
	}
	got := found.Jobs[0]
	if diff := cmp.Diff(map[string]string{"team": "support"}, got.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if got.Name != job.Name || got.DisplayName != job.DisplayName || got.Status != job.Status || got.CreatedAt != job.CreatedAt || got.BaseModel != job.BaseModel || got.StartedBy != caller {
		t.Errorf("listed as %+v, started as %+v", got, job)
	}
}

func TestJobs_refuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for n := range 2 {
		s.record(t, n, time.Now())
	}
	foreign := s.list(t, "?page_size=1").Next
	token := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	tests := []struct {
		name, query string
		want        []string
	}{
		{"size_0", "page_size=0", []string{"page_size OUT_OF_RANGE"}},
		{"size_too_large", "page_size=1001", []string{"page_size OUT_OF_RANGE"}},
		{"size_no_number", "page_size=ten", []string{"page_size OUT_OF_RANGE"}},
		{"size_empty", "page_size=", []string{"page_size OUT_OF_RANGE"}},
		{"state_unknown", "status=RUNNING", []string{"status INVALID_STATUS"}},
		{"state_empty", "status=", []string{"status INVALID_STATUS"}},
		{"order_unknown", "order_by=name", []string{"order_by INVALID_ORDER"}},
		{"time_of_another_form", "created_after=yesterday", []string{"created_after INVALID_TIME"}},
		{"time_with_a_bare_plus", "created_before=2026-12-01T00:00:00+01:00", []string{"created_before INVALID_TIME"}},
		{"label_without_value", "label=team", []string{"label INVALID_LABEL"}},
		{"label_without_key", "label=:support", []string{"label INVALID_LABEL"}},
		{"empty_filters", "base_model=&started_by=&display_name=", []string{"base_model EMPTY", "display_name EMPTY", "started_by EMPTY"}},
		{"token_of_another_order", "order_by=created_at+asc&page_token=" + foreign, []string{"page_token INVALID_PAGE_TOKEN"}},
		{"token_of_another_range", "created_after=2026-12-01T00:00:00Z&page_token=" + foreign, []string{"page_token INVALID_PAGE_TOKEN"}},
		{"token_no_base64", "page_token=%21", []string{"page_token INVALID_PAGE_TOKEN"}},
		{"token_no_json", "page_token=" + token("x"), []string{"page_token INVALID_PAGE_TOKEN"}},
		{"token_without_id", "page_token=" + token(`{"t":"2026-12-01T00:00:00Z"}`), []string{"page_token INVALID_PAGE_TOKEN"}},
		{"token_with_a_path", "page_token=" + token(`{"t":"2026-12-01T00:00:00Z","i":"../x"}`), []string{"page_token INVALID_PAGE_TOKEN"}},
		{"token_of_another_query", "status=PIPELINE_STATE_RUNNING&page_token=" + foreign, []string{"page_token INVALID_PAGE_TOKEN"}},
		{"unknown_parameter", "page=2", []string{"page UNKNOWN_FIELD"}},
		{"repeated", "page_size=1&page_size=2", []string{"page_size REPEATED"}},
		{"all_at_once", "page=2&page_size=x&status=y", []string{"page UNKNOWN_FIELD", "page_size OUT_OF_RANGE", "status INVALID_STATUS"}},
		{"not_a_query", "page_size=%zz", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := s.get(t, base+"/jobs?"+test.query).failed(http.StatusBadRequest)
			if diff := cmp.Diff(test.want, f.places()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
