// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// jobStatus is the response of GET /job-status.
type jobStatus struct {
	ID              string           `json:"job_id"`
	Name            string           `json:"job_name"`
	DisplayName     string           `json:"display_name"`
	Status          string           `json:"status"`
	CreatedAt       string           `json:"created_at"`
	UpdatedAt       string           `json:"updated_at"`
	BaseModel       string           `json:"base_model"`
	TunedModel      string           `json:"tuned_model"`
	TrainingData    string           `json:"training_data"`
	Pairs           int              `json:"training_pairs_count"`
	Hyperparameters map[string]any   `json:"hyperparameters"`
	VertexState     string           `json:"vertex_state"`
	StartedBy       string           `json:"started_by"`
	StartedAt       string           `json:"started_at"`
	EndedAt         string           `json:"ended_at"`
	Failure         *jobFailure      `json:"error"`
	TunedEndpoint   string           `json:"tuned_endpoint"`
	Checkpoints     []map[string]any `json:"checkpoints"`
	Stats           map[string]int   `json:"stats"`
	Warnings        []string         `json:"warnings"`
	LeftOut         *leftOut         `json:"left_out"`
	ValidationData  string           `json:"validation_data"`
	Validation      int              `json:"validation_examples_count"`
	PreTunedModel   string           `json:"pre_tuned_model"`
	TuningMode      string           `json:"tuning_mode"`
	OutputURI       string           `json:"output_uri"`
	Priority        int              `json:"priority"`
	Position        int              `json:"queue_position"`
	Detail          string           `json:"status_detail"`
	CancelRequested *struct {
		By string `json:"by"`
		At string `json:"at"`
	} `json:"cancel_requested"`
	StalledAt    string            `json:"stalled_at"`
	Labels       map[string]string `json:"labels"`
	Estimate     map[string]any    `json:"estimate"`
	Report       string            `json:"report"`
	Billed       map[string]any    `json:"billed"`
	Dropped      []map[string]any  `json:"dropped_examples"`
	EndpointCall map[string]any    `json:"endpoint_call"`
	Remedy       *jobRemedy        `json:"remedy"`
}

// oneEpoch is a start that causes no warnings.
const oneEpoch = `{"session_id":"a","hyperparameters":{"epoch_count":1}}`

type jobRemedy struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
	Fix      string `json:"fix"`
	Operator bool   `json:"for_operator"`
	Passes   bool   `json:"may_pass"`
}

type jobFailure struct {
	Code       int         `json:"code"`
	Message    string      `json:"message"`
	Violations []violation `json:"field_violations"`
}

// status reads a job. The name is used in the path as it is.
func (s *system) status(t *testing.T, name string) (job jobStatus) {
	t.Helper()
	s.get(t, base+"/job-status/"+name).into(&job)
	job.Warnings = withoutAdvice(job.Warnings)
	return job
}

// finished reads a job until it has finished.
func (s *system) finished(t *testing.T, name string) jobStatus {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		job := s.status(t, name)
		switch job.Status {
		case "PIPELINE_STATE_SUCCEEDED", "PIPELINE_STATE_FAILED", "PIPELINE_STATE_CANCELLED":
			return job
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("the job is still %s", job.Status)
		}
	}
}

func TestJobStatus_finds_a_job_by_each_of_its_names(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	started := s.start(t, `{"session_id":"a","hyperparameters":{"epoch_count":2}}`)
	name := started.Job.Name
	want := jobStatus{
		ID: started.Job.ID, Name: name, DisplayName: started.Job.DisplayName, Status: "PIPELINE_STATE_PENDING", CreatedAt: started.Job.CreatedAt,
		BaseModel: baseModel, TrainingData: started.Job.TrainingData, Pairs: 1, VertexState: "JOB_STATE_PENDING", StartedBy: caller,
		Hyperparameters: map[string]any{"epoch_count": 2.0}, Estimate: started.Estimate,
	}
	ours := strings.TrimSuffix(started.Job.TrainingData[strings.LastIndexByte(started.Job.TrainingData, '/')+1:], ".jsonl")
	for how, written := range map[string]string{
		"raw":                name,
		"encoded":            url.PathEscape(name),
		"encoded_lower_case": strings.ReplaceAll(name, "/", "%2f"),
		"half_encoded":       strings.Replace(name, "/", "%2F", 2),
		"short":              name[strings.LastIndexByte(name, '/')+1:],
		"by_our_id":          ours,
		"first_contract":     strings.Replace(name, "tuningJobs", "trainingPipelines", 1),
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			got := s.status(t, written)
			want := want
			want.UpdatedAt = got.UpdatedAt
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestJobStatus_follows_a_job_to_its_end(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0 })
	s.message("1", turn("a", "user", "one"))
	started := s.start(t, `{"session_id":"a"}`)
	job := s.finished(t, started.Job.Name)
	if want := strings.NewReplacer("/datasets/", "/reports/", ".jsonl", ".json").Replace(started.Job.TrainingData); job.Report != want {
		t.Errorf("report %s, want %s", job.Report, want)
	}
	if job.Status != "PIPELINE_STATE_SUCCEEDED" || job.VertexState != "JOB_STATE_SUCCEEDED" || job.TunedModel == "" ||
		job.TunedEndpoint == "" || job.StartedAt == "" || job.EndedAt == "" || job.Failure != nil {
		t.Errorf("got %+v", job)
	}
	if job.Stats["examples"] != 1 || job.Stats["steps"] == 0 || len(job.Checkpoints) == 0 {
		t.Errorf("got stats %v and checkpoints %v", job.Stats, job.Checkpoints)
	}
}

func TestJobStatus_says_why_a_job_failed(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) {
		set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0
	})
	s.OnHTTP(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodGet && r.URL.Query().Get("alt") != "json" {
			http.NotFound(w, r) // as if the dataset was deleted before the job read it
			return
		}
		next.ServeHTTP(w, r)
	})
	s.message("1", turn("a", "user", "one"))
	job := s.finished(t, s.start(t, `{"session_id":"a"}`).Job.Name)
	if job.Status != "PIPELINE_STATE_FAILED" || job.Failure == nil || !strings.Contains(job.Failure.Message, "does not exist") || job.TunedModel != "" {
		t.Errorf("got %+v", job)
	}
}

func TestJobStatus_answers_from_the_record(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.api.StatusMaxAge = time.Hour })
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, oneEpoch).Job.Name
	asked := s.vertexCalls()
	if job := s.status(t, name); len(job.Warnings) != 0 {
		t.Errorf("warnings are %q", job.Warnings)
	}
	if more := s.vertexCalls() - asked; more != 0 {
		t.Errorf("Vertex AI was asked %d times about a record that is fresh", more)
	}
}

// If Vertex AI has no news, the record stays old. Vertex AI is still asked only once per
// StatusMaxAge, but again at once if it did not answer.
func TestJobStatus_asks_once_an_age(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // how far the clock is ahead
	s := newSystem(t, func(set *setup) {
		set.api.StatusMaxAge = time.Hour
		set.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	s.message("1", turn("a", "user", "one"))
	first, second := s.start(t, oneEpoch).Job.Name, s.start(t, oneEpoch).Job.Name
	steps := []struct {
		name        string
		job         string
		ahead       time.Duration
		vertexFails bool
		vertexCalls int
	}{
		{"fresh", first, 0, false, 0},
		{"old", first, 2 * time.Hour, false, 1},
		{"asked_just_now", first, 2*time.Hour + 30*time.Minute, false, 0},
		{"another_job", second, 2*time.Hour + 30*time.Minute, false, 1},
		{"old_again", first, 4 * time.Hour, true, 1},
		{"not_answered", first, 4 * time.Hour, false, 1},
		{"answered", first, 4 * time.Hour, false, 0},
	}
	for _, step := range steps {
		ahead.Store(int64(step.ahead))
		s.fail(faults.Vertex, nil)
		if step.vertexFails {
			s.fail(faults.Vertex, errDenied)
		}
		before := s.vertexCalls()
		job := s.status(t, step.job)
		if asks := s.vertexCalls() - before; asks != step.vertexCalls {
			t.Errorf("%s: Vertex AI was asked %d times, want %d", step.name, asks, step.vertexCalls)
		}
		if stale := len(job.Warnings) > 0; stale != step.vertexFails {
			t.Errorf("%s: warnings are %q", step.name, job.Warnings)
		}
	}
}

func TestJobStatus_survives_Vertex_AI_being_away(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.api.StatusMaxAge = 0 })
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, oneEpoch).Job.Name
	s.fail(faults.Vertex, status.Error(codes.Unavailable, hidden))
	job := s.status(t, name)
	if job.Status != "PIPELINE_STATE_PENDING" || len(job.Warnings) != 1 || !strings.Contains(job.Warnings[0], "updated_at") {
		t.Errorf("got %+v", job)
	}
}
