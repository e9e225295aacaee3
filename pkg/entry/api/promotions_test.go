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
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// versionReply is what the tests read of a version.
type versionReply struct {
	Number       int    `json:"number"`
	Action       string `json:"action"`
	JobID        string `json:"job_id"`
	CheckpointID string `json:"checkpoint_id"`
	Endpoint     string `json:"endpoint"`
	Call         *struct {
		URL string `json:"url"`
	} `json:"endpoint_call"`
	Since      string `json:"since"`
	Until      string `json:"until"`
	By         string `json:"by"`
	Evaluation *struct {
		Gain float64 `json:"gain_points"`
	} `json:"evaluation"`
	Previous int `json:"previous_version"`
}

type modelReply struct {
	Active  *versionReply  `json:"active"`
	History []versionReply `json:"history"`
	Count   int            `json:"count"`
}

// moved sends a promotion or a rollback, which must work.
func (s *system) moved(t *testing.T, path, body string, edit ...func(*http.Request)) versionReply {
	t.Helper()
	var got struct {
		ModelID string       `json:"model_id"`
		Version versionReply `json:"version"`
	}
	s.send(t, http.MethodPost, base+"/models/"+path, body, edit...).decode(&got)
	if got.ModelID != strings.Split(path, "/")[0] || got.Version.By != caller || got.Version.Call == nil {
		t.Errorf("%s: %+v", path, got)
	}
	return got.Version
}

// quickJob returns the record of a job that has succeeded, with three checkpoints.
func (s *system) quickJob(t *testing.T) tuning.Job {
	t.Helper()
	s.Upload(t, data, "own.jsonl", strings.Repeat(cloudtest.Example, 10), nil)
	var started struct {
		Info struct {
			ID string `json:"job_id"`
		} `json:"job_info"`
	}
	s.post(t, base+"/start", `{"training_data":"gs://`+data+`/own.jsonl","hyperparameters":{"epoch_count":3}}`).decode(&started)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		s.get(t, base+"/job-status/"+started.Info.ID)
		if job := s.Read(t, started.Info.ID).Job; job.State == tuning.Succeeded {
			return job
		}
	}
	t.Fatal("the job did not end")
	return tuning.Job{}
}

func brief(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 20*time.Millisecond, 0 }

// evaluated records an evaluation of a job that has measured a gain of five points.
func (s *system) evaluated(t *testing.T, job tuning.Job) string {
	t.Helper()
	s.Upload(t, data, "report.json", `{"primary":"chrf","comparisons":[{"base":"base","tuned":"tuned","metrics":[
		{"metric":"chrf","examples":30,"difference":0.05,"low":-0.01,"high":0.11,"verdict":"no_difference_shown"}]}]}`, nil)
	run := evalrun.Run{
		ID: evalrun.NewID(time.Now()), JobID: job.ID, State: evalrun.Succeeded, Finished: true, CreatedAt: time.Now(),
		Sides:  []evalrun.Side{{Name: "base"}, {Name: "tuned", JobID: job.ID, Model: job.TunedEndpoint}},
		Result: &evalrun.Result{Report: "gs://" + data + "/report.json"},
	}
	if _, _, err := s.Records.CreateEvaluation(t.Context(), run, 0); err != nil {
		t.Fatal(err)
	}
	return run.ID
}

func TestPromote_and_roll_back(t *testing.T) {
	t.Parallel()
	s := newSystem(t, brief)
	job := s.quickJob(t)
	evaluation := s.evaluated(t, job)
	require := `,"require":{"metric":"chrf","min_gain":%,"evaluation":"` + evaluation + `"}}`
	f := s.post(t, base+"/models/m/promote", `{"job_name":"`+job.ID+`"`+strings.Replace(require, "%", "5.5", 1)).failed(http.StatusBadRequest)
	if f.Status != "FAILED_PRECONDITION" || len(f.Details) < 2 || f.Details[1].Reason != "GATE_NOT_MET" || f.Details[1].Metadata["gain_points"] != "5.00" {
		t.Errorf("the gate: %+v", f)
	}
	first := s.moved(t, "m/promote", `{"job_name":"`+job.ID+`"`+strings.Replace(require, "%", "5", 1))
	if first.Number != 1 || first.JobID != job.ID || first.Evaluation == nil || first.Endpoint != job.TunedEndpoint {
		t.Errorf("first %+v", first)
	}
	if again := s.moved(t, "m/promote", `{"job_name":"`+job.ID+`"}`); !cmp.Equal(again, first) {
		t.Errorf("again %+v", again)
	}
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "k") }
	second := s.moved(t, "m/promote", `{"job_name":"`+job.ID+`","checkpoint_id":"1"}`, key)
	back := s.moved(t, "m/rollback", `{"version":2}`)
	if back.Number != 3 || back.Action != "ROLLED_BACK" || back.Endpoint != first.Endpoint || back.Evaluation == nil {
		t.Errorf("back %+v", back)
	}
	for name, again := range map[string]versionReply{
		"promotion": s.moved(t, "m/promote", `{"job_name":"`+job.ID+`","checkpoint_id":"1"}`, key), "rollback": s.moved(t, "m/rollback", `{"version":2}`),
	} {
		if want := map[string]versionReply{"promotion": second, "rollback": back}[name]; !cmp.Equal(again, want) {
			t.Errorf("%s: %+v, want %+v", name, again, want)
		}
	}
	s.send(t, http.MethodPost, base+"/models/m/promote", `{"job_name":"`+job.ID+`","checkpoint_id":"2"}`, key).failed(http.StatusConflict)
	s.post(t, base+"/models/m/rollback", `{"version":1}`).failed(http.StatusConflict)
	s.send(t, http.MethodPost, base+"/models/m/rollback", "{}", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }).
		failed(http.StatusUnsupportedMediaType)
	if f := s.post(t, base+"/models/m/rollback", "").failed(http.StatusBadRequest); f.Details[0].Reason != "NO_PREVIOUS_VERSION" {
		t.Errorf("too far: %+v", f)
	}
	var m modelReply
	s.get(t, base+"/models/m").decode(&m)
	if m.Count != 3 || m.Active.Number != 3 || m.Active.Call == nil || m.History[0].Number != 3 || m.History[2].Until != m.History[1].Since || m.History[0].Until != "" {
		t.Errorf("%+v", m)
	}
}

// TestPromote_refused: each refusal is as the document says.
func TestPromote_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t, brief)
	for _, tt := range []struct {
		path, body string
		code       int
		places     []string
	}{
		{"m/promote", `{"job_name":"a b","require":{"metric":"x"}}`, 400, []string{"require.metric INVALID_METRIC", "job_name INVALID_JOB_NAME"}},
		{"m/promote", `{"job_name":"1"}`, 404, []string{"job_name UNKNOWN_JOB"}},
		{baseModel + "/promote", `{"job_name":"1"}`, 400, []string{"model_id BASE_MODEL_NAME"}},
		{"m/rollback", `{"version":0}`, 400, []string{"version OUT_OF_RANGE"}},
		{"m/rollback", `{}`, 404, []string{"model_id UNKNOWN_MODEL"}},
	} {
		if f := s.post(t, base+"/models/"+tt.path, tt.body).failed(tt.code); !cmp.Equal(f.places(), tt.places) {
			t.Errorf("%s %s: %v", tt.path, tt.body, f.places())
		}
	}
	job := s.quickJob(t)
	for code, status := range map[codes.Code]int{codes.NotFound: 400, codes.PermissionDenied: 502, codes.Unavailable: 503} {
		s.On("GetModel", faults.Fail(code))
		s.post(t, base+"/models/m/promote", `{"job_name":"`+job.ID+`"}`).failed(status)
	}
}

// TestJobStatus_promotion: the status says what became of the promotion that the start asked for.
func TestJobStatus_promotion(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	outcome := &promotion.Outcome{State: promotion.NotPromoted, Detail: "No.", At: time.Now()}
	for want, change := range map[string]func(*tuning.Job){
		"":              func(*tuning.Job) {},
		"WAITING":       func(j *tuning.Job) { j.PromoteIf = &promotion.Gate{MinGain: 5} },
		"NOT_PROMOTED":  func(j *tuning.Job) { j.PromoteIf, j.Promotion = &promotion.Gate{Metric: "chrf"}, outcome },
		"NOT_PROMOTED ": func(j *tuning.Job) { j.PromoteIf, j.State = &promotion.Gate{}, tuning.Failed },
	} {
		var status struct {
			Promotion struct {
				State string `json:"state"`
			} `json:"promotion"`
		}
		s.get(t, base+"/job-status/"+url.PathEscape(s.ended(t, change))).decode(&status)
		if status.Promotion.State != strings.TrimSpace(want) {
			t.Errorf("%+v, want %s", status, want)
		}
	}
	s.post(t, base+"/start", `{"session_id":"s","promote_if":{"min_gain":1}}`).failed(http.StatusBadRequest)
}

func TestModels_are_told_apart(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.Put(t, "models/m", map[string]any{"base_model": baseModel})
	var m modelReply
	s.get(t, base+"/models/m").decode(&m)
	if m.Active != nil || m.Count != 0 || m.History == nil {
		t.Errorf("%+v", m)
	}
	if f := s.get(t, base+"/models/none").failed(http.StatusNotFound); !cmp.Equal(f.places(), []string{"model_id UNKNOWN_MODEL"}) {
		t.Errorf("%v", f)
	}
	for path, want := range map[string]string{baseModel: "model_id BASE_MODEL_NAME", "a%2Fb": "model_id INVALID_ID"} {
		if f := s.get(t, base+"/models/"+path).failed(http.StatusBadRequest); !cmp.Equal(f.places(), []string{want}) {
			t.Errorf("%s: %v", path, f)
		}
	}
	s.get(t, base+"/models/m/promote").failed(http.StatusMethodNotAllowed)
	s.get(t, base+"/models/m/other").failed(http.StatusNotFound)
	var list struct {
		Models []struct {
			ID string `json:"id"`
		} `json:"models"`
	}
	if s.get(t, base+"/models").decode(&list); len(list.Models) == 0 {
		t.Error("the list of base models is empty")
	}
}
