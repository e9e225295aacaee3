// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/console"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

const baseModel = "gemini-3.1-flash-lite"

// The tokens of the callers, by role.
const (
	reader   = "token-of-rita"
	operator = "token-of-otto"
	starter  = "token-of-stella"
)

// system is a console with its own local cloud.
type system struct {
	*cloudtest.Cloud
	back    *backend.Backend
	console *console.Console
	url     string

	mu     sync.Mutex
	served []console.Answer
}

func newSystem(t testing.TB, change ...func(*system, *cloud.Config)) *system {
	t.Helper()
	s := &system{}
	s.Cloud = cloudtest.Start(t, func(c *cloud.Config) {
		for _, f := range change {
			f(s, c)
		}
	})
	var tokens auth.Tokens
	if err := tokens.UnmarshalText([]byte("rita:reader:" + auth.Hash(reader) + ",otto:operator:" + auth.Hash(operator) + ",stella:starter:" + auth.Hash(starter))); err != nil {
		t.Fatal(err)
	}
	s.back = s.NewBackend(jobs.Config{BaseModel: baseModel, MaxQueuedJobs: 100, Budget: jobs.Budget{Monthly: 100 * usd.Dollar}})
	access := jobaccess.New(jobaccess.Config{InboxBucket: cloudtest.Inbox, StatusMaxAge: time.Hour}, s.back, s.Vertex)
	access.Now = s.Now
	s.console = &console.Console{
		Config: console.Config{
			Mode: "token", Project: cloudtest.Project, Location: cloudtest.Location, Inbox: cloudtest.Inbox, Data: cloudtest.Data,
			BaseModel: baseModel, Budget: s.back.Config.Jobs.Budget, Timeout: time.Minute,
		},
		Auth: &tokens, Access: access, Catalogue: s.back.Catalogue, Evaluations: evaluations.New(s.back, s.Vertex), Promotions: promotions.New(s.back, s.Vertex), Now: s.Now, Log: s.back.Log,
		Start: func(ctx context.Context, o jobs.StartRequest) (tuning.Job, error) { return s.back.Jobs.Start(ctx, o) },
		Admit: func(*http.Request) (func(), error) { return func() {}, nil }, Explain: fault.From,
	}
	s.console.Evaluate = s.console.Evaluations.Start
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = serve.Identify(w, r, cloudtest.Project)
		answer := s.console.Serve(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.served = append(s.served, answer)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// answer is what a browser gets.
type answer struct {
	code   int
	header http.Header
	body   string
}

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// send sends a request as a browser that is signed in with the token.
func (s *system) send(t testing.TB, method, token, path string, form url.Values, edit ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "vertextune-local", Value: token})
	}
	for _, f := range edit {
		f(r)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // the whole body was read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (s *system) get(t testing.TB, token, path string) answer {
	t.Helper()
	return s.send(t, http.MethodGet, token, path, nil)
}

// has fails the test if the page does not have the status and the texts.
func (a answer) has(t testing.TB, code int, texts ...string) answer {
	t.Helper()
	if a.code != code {
		t.Fatalf("got %d, want %d: %s", a.code, code, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page does not have %q:\n%s", text, a.body)
		}
	}
	return a
}

// hasNo fails the test if the page has one of the texts.
func (a answer) hasNo(t testing.TB, texts ...string) answer {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("the page has %q:\n%s", text, a.body)
		}
	}
	return a
}

// start starts a job on a session of messages.
func (s *system) start(t testing.TB, edit func(*tuning.Request)) tuning.Job {
	t.Helper()
	s.messages(t)
	epochs := int64(3)
	request := tuning.Request{SessionID: "s", Hyperparameters: tuning.Hyperparameters{EpochCount: &epochs}, DisplayName: "tone"}
	if edit != nil {
		edit(&request)
	}
	job, err := s.back.Jobs.Start(t.Context(), jobs.StartRequest{Request: request, Caller: "stella"})
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// messages writes the messages of a session.
func (s *system) messages(t testing.TB) {
	t.Helper()
	for i := range 4 {
		id := "m" + string(rune('0'+i))
		_, err := s.Firestore.Collection("messages").Doc(id).Set(t.Context(), map[string]any{
			"content": "How do I return a parcel?", "role": "user", "session_id": "s", "created_at": time.Unix(int64(i), 0),
			"related_message": map[string]any{"content": "Print the label and bring the parcel to a shop.", "role": "assistant"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
