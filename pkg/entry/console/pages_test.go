// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/console"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Each page needs its role, and each answer has the policy.
func TestPages_in_each_role(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	job := s.start(t, nil)
	const read, work, act, all = 1, 2, 3, 0
	for path, role := range map[string]int{
		"/console": read, "/console/jobs/" + job.ID: read, "/console/models": read, "/console/money": read, "/console/money?month=2026-10": read,
		"/console/data": work, "/console/start": act, "/console/start?again=" + job.ID: act, "/console/jobs/" + job.ID + "/cancel": act,
		"/console/sign-in": all, "/console/static/style.css": all, "/console/static/console.js": all, "/console/static/icon.svg": all,
	} {
		for i, token := range []string{"", reader, operator, starter} {
			a := s.get(t, token, path)
			want := http.StatusOK
			switch {
			case i == 0 && role > 0:
				want = http.StatusUnauthorized
			case i < role:
				want = http.StatusForbidden
			}
			if a.code != want {
				t.Errorf("%s in role %d: got %d, want %d", path, i, a.code, want)
			}
			if a.header.Get("Content-Security-Policy") != policy || a.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %v", path, a.header)
			}
		}
	}
	for _, path := range []string{"/console/nothing", "/console/jobs/x", "/console/jobs/vt-20260101-000000-aaaaaaaaaa", "/console/data/report/x", "/console/static/no.css"} {
		if a := s.get(t, starter, path); a.code != http.StatusNotFound || a.header.Get("Content-Security-Policy") != policy {
			t.Errorf("%s: got %d with %v", path, a.code, a.header)
		}
	}
}

// A caller sees no way to what the role does not allow.
func TestPages_hide_what_the_role_forbids(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	job := s.start(t, nil)
	for _, path := range []string{"/console", "/console/jobs/" + job.ID} {
		s.get(t, reader, path).hasNo(t, "/console/start", "/cancel", "/console/data")
		s.get(t, operator, path).has(t, http.StatusOK, "/console/data").hasNo(t, "/console/start", "/cancel")
		s.get(t, starter, path).has(t, http.StatusOK, "/console/data", "/console/start")
	}
	s.get(t, starter, "/console/jobs/"+job.ID).has(t, http.StatusOK, "/console/jobs/"+job.ID+"/cancel", "?again="+job.ID)
}

func TestServes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method, path, accept string
		want                 bool
	}{
		{"GET", "/", "text/html,*/*", true},
		{"HEAD", "/", "text/html", true},
		{"GET", "/", "*/*", false},
		{"POST", "/", "text/html", false},
		{"GET", "/console", "", true},
		{"POST", "/console/sign-in", "", true},
		{"GET", "/consoles", "text/html", false},
		{"GET", "/health", "text/html", false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", test.accept)
		if got := console.Serves(r); got != test.want {
			t.Errorf("%s %s of %q: %t", test.method, test.path, test.accept, got)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	job := s.start(t, nil)
	path := "/console/jobs/" + job.ID + "/cancel"
	s.get(t, starter, path).has(t, http.StatusOK, "Cancel this job?", "may still succeed")
	if now := s.Read(t, job.ID); now.CancelRequested != nil {
		t.Error("the question has cancelled the job")
	}
	s.send(t, http.MethodPost, operator, path, nil).has(t, http.StatusForbidden)
	if a := s.send(t, http.MethodPost, starter, path, nil); a.code != http.StatusSeeOther || a.header.Get("Location") != "/console/jobs/"+job.ID {
		t.Errorf("got %d to %q", a.code, a.header.Get("Location"))
	}
	if now := s.Read(t, job.ID); now.CancelRequested == nil || now.CancelRequested.By != "stella" {
		t.Errorf("the record has %+v", now.CancelRequested)
	}
	s.get(t, reader, "/console/jobs/"+job.ID).has(t, http.StatusOK, "Cancell", "stella")
}

func TestStart(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.messages(t)
	form := url.Values{"step": {"check"}, "source": {"session_id"}, "session_id": {"s"}, "epoch_count": {"3"}, "labels": {"team: support"}, "display_name": {"<b>tone"}}
	page := s.send(t, http.MethodPost, starter, "/console/start", form).
		has(t, http.StatusOK, "Nothing was created yet.", "training tokens", "Start the job", `name="display_name" value="&lt;b&gt;tone"`, "vertex")
	if len(s.Recorded(t)) != 0 {
		t.Fatal("the dry run has started a job")
	}
	form.Set("step", "start")
	form.Set("key", between(page.body, `name="key" value="`, `">`+"\n"+`<button name="step" value="start">`))
	for range 2 { // sent twice, it starts one job
		a := s.send(t, http.MethodPost, starter, "/console/start", form)
		jobs := s.Recorded(t)
		if len(jobs) != 1 || a.code != http.StatusSeeOther || a.header.Get("Location") != "/console/jobs/"+jobs[0].ID ||
			jobs[0].StartedBy != "stella" || jobs[0].Spec.Labels["team"] != "support" || jobs[0].DisplayName != "<b>tone" {
			t.Fatalf("got %d to %q with %+v", a.code, a.header.Get("Location"), jobs)
		}
	}
	form.Set("step", "change")
	s.send(t, http.MethodPost, starter, "/console/start", form).has(t, http.StatusOK, `value="&lt;b&gt;tone"`, "team: support")
}

func TestStart_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.messages(t)
	for name, test := range map[string]struct {
		form url.Values
		code int
		say  []string
	}{
		"no source":    {url.Values{"source": {"session_id"}}, http.StatusBadRequest, []string{`role="alert"`}},
		"no number":    {url.Values{"source": {"session_id"}, "session_id": {"s"}, "epoch_count": {"three"}}, http.StatusBadRequest, []string{`value="three" aria-describedby="epoch_count-hint" aria-invalid="true"`}},
		"no session":   {url.Values{"source": {"session_id"}, "session_id": {"gone"}}, http.StatusNotFound, []string{`role="alert"`, "gone"}},
		"closed model": {url.Values{"source": {"session_id"}, "session_id": {"s"}, "base_model": {"gemini-2.5-flash"}}, http.StatusOK, []string{"It would be refused", "retired"}},
		"lost key":     {url.Values{"source": {"session_id"}, "session_id": {"s"}, "step": {"start"}}, http.StatusBadRequest, []string{"lost its key"}},
	} {
		page := s.send(t, http.MethodPost, starter, "/console/start", test.form).has(t, test.code, test.say...)
		if strings.Contains(page.body, `value="start">Start the job`) {
			t.Errorf("%s: it can be started", name)
		}
	}
	if len(s.Recorded(t)) != 0 {
		t.Error("a job was started")
	}
}

// file returns the edit of a request that sends a file as a browser does.
func file(do, name, content string) func(*http.Request) {
	return func(r *http.Request) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		_ = form.WriteField("do", do) // a buffer never fails
		part, _ := form.CreateFormFile("file", name)
		_, _ = part.Write([]byte(content))
		_ = form.Close()
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.ContentLength = int64(body.Len())
		r.Body = http.NoBody
		r.GetBody = nil
		r.Body = readCloser{&body}
	}
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

const conversations = `[{"contents":[{"role":"user","parts":[{"text":"Is it <b>black</b>?\nOr white?"}]},{"role":"model","parts":[{"text":"Both, since Monday."}]}]}]`

func TestUpload_to_check(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.send(t, http.MethodPost, operator, "/console/data", nil, file("validate", "a.json", conversations)).
		has(t, http.StatusOK, "Valid", "Nothing was kept", "Is it &lt;b&gt;black&lt;/b&gt;?\nOr white?", "Both, since Monday.", "Tokens of an example")
	s.send(t, http.MethodPost, operator, "/console/data", nil, file("validate", "a.json", strings.Replace(conversations, `"model"`, `"robot"`, 1))).
		has(t, http.StatusOK, "Not usable", "INVALID_ROLE", "Record 0, line 1", "robot")
	s.send(t, http.MethodPost, operator, "/console/data", nil, file("validate", "", conversations)).has(t, http.StatusBadRequest, "no file")
	s.send(t, http.MethodPost, operator, "/console/data", nil, file("validate", "a.json", strings.Repeat(" ", 33<<20))).has(t, http.StatusRequestEntityTooLarge, "gs://"+cloudtest.Inbox)
	s.send(t, http.MethodPost, reader, "/console/data", nil, file("validate", "a.json", conversations)).has(t, http.StatusForbidden)
}

func TestUpload_to_convert(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	a := s.send(t, http.MethodPost, operator, "/console/data", nil, file("convert", `C:\x\..\a "b" #1.json`, conversations))
	if a.code != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/console/data/report/") {
		t.Fatalf("got %d to %q: %s", a.code, a.header.Get("Location"), a.body)
	}
	s.get(t, operator, a.header.Get("Location")).has(t, http.StatusOK, "is being checked", `data-live="1"`, "/a &#34;b&#34; _1.json")
	// A manifest would start a job, which needs another role.
	s.send(t, http.MethodPost, operator, "/console/data", nil, file("convert", "a.json.fine-tune.json", "{}")).has(t, http.StatusBadRequest, "must end in")
}

func TestStaleBrowserGetsFreshFiles(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	page := s.get(t, reader, "/console").body
	path := "/console/static/style.css?v=" + between(page, "style.css?v=", `">`+"\n<script")
	if a := s.get(t, "", path); !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s is cached as %q", path, a.header.Get("Cache-Control"))
	}
	if a := s.get(t, "", "/console/static/style.css?v=old"); a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("another version is cached as %q", a.header.Get("Cache-Control"))
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.many(t, 3)
	s.get(t, reader, "/console/money?month=2026-11").has(t, http.StatusOK, "Money in November 2026", "$100.00", "$4.05", "$5.67", "ann", baseModel, "Month before")
	s.get(t, reader, "/console/money?month=11").has(t, http.StatusBadRequest, "2026-11")
}

func TestJob_with_progress(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	job := s.start(t, nil)
	_, err := s.Records.Change(t.Context(), s.Read(t, job.ID), func(j tuning.Job) (tuning.Job, error) {
		j.State, j.StartedAt = tuning.Running, s.Now().Add(-10*time.Minute)
		j.Estimate = []byte(strings.Replace(estimated, `"arithmetic"`, `"duration": {"low_seconds": 1200, "high_seconds": 2400, "from_jobs": 5}, "arithmetic"`, 1))
		return j, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.get(t, reader, "/console/jobs/"+job.ID).has(t, http.StatusOK, "Running for 10 min", "to 30 min", "5 earlier jobs", `<progress class="meter" max="100" value="25"`)
}

// TestJob_live: the page of a job that has succeeded stays live until the poller has started its
// evaluation and published its end.
func TestJob_live(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	job := s.start(t, nil)
	for _, watched := range []bool{true, false} {
		if _, err := s.Records.Change(t.Context(), s.Read(t, job.ID), func(j tuning.Job) (tuning.Job, error) {
			j.State, j.Step, j.Finished, j.Evaluate, j.Watched = tuning.Succeeded, tuning.Ended, true, true, watched
			return j, nil
		}); err != nil {
			t.Fatal(err)
		}
		page := s.get(t, reader, "/console/jobs/"+job.ID).has(t, http.StatusOK, "Succeeded")
		if live := strings.Contains(page.body, "data-live="); live != watched {
			t.Errorf("the page is live: %v, want %v", live, watched)
		}
	}
}

func TestStart_with_promotion(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.messages(t)
	s.Put(t, "models/helper", map[string]any{"display_name": "Helper"})
	form := url.Values{
		"step": {"check"}, "source": {"session_id"}, "session_id": {"s"}, "validation_split": {"0.25"}, "promote_if": {"on"},
		"promote_if.metric": {"chrf"}, "promote_if.min_gain": {"two"},
	}
	s.send(t, http.MethodPost, starter, "/console/start", form).has(t, http.StatusBadRequest, `value="two" aria-describedby="promote_if.min_gain-hint" aria-invalid="true"`)
	form.Set("promote_if.min_gain", "2.5")
	form.Set("model_id", "helper")
	form.Set("step", "start")
	form.Set("key", "k")
	s.send(t, http.MethodPost, starter, "/console/start", form).has(t, http.StatusSeeOther)
	if job := s.Recorded(t)[0]; job.PromoteIf == nil || job.PromoteIf.MinGain != 2.5 || job.PromoteIf.Metric != "chrf" || job.ModelID != "helper" || !job.Evaluate {
		t.Errorf("the job is %+v", job.Job)
	}
	form.Set("step", "change")
	s.send(t, http.MethodPost, starter, "/console/start", form).has(t, http.StatusOK, `name="promote_if" value="on" checked`, `<option value="chrf" selected>`, `value="2.5"`)
}
