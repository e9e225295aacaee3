// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// The client repeats a create after a server error and after a lost answer. There is one job.
func TestCreate_retries(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	for name, fail := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"before": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"after": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(discard{w.Header().Clone()}, r)
			w.WriteHeader(http.StatusInternalServerError)
		},
		"cut": func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(discard{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		},
	} {
		before, failures := len(s.allJobs(t)), 2
		s.sentRequests()
		s.setIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if failures == 0 {
				next.ServeHTTP(w, r)
				return
			}
			failures--
			fail(w, r, next)
		})
		s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID, Suffix: client.String(name)})
		s.setIntercept(nil)
		if made, sent := len(s.allJobs(t))-before, len(s.sentRequests()); made != 1 || sent != 3 {
			t.Errorf("%s: %d requests have made %d jobs, want 3 and 1", name, sent, made)
		}
	}
}

// A create whose record was written, and that could do nothing more, is resumed by the next try of
// the client. There is one job, here and on Vertex AI.
func TestCreate_interrupted(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	var commits atomic.Int64
	s := newSystem(t, func(c *api.Config, clouds *cloud.Config) {
		c.Jobs.Lease = 500 * time.Millisecond
		clouds.FirestoreUnary = func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if armed.Load() && strings.HasSuffix(info.FullMethod, "/Commit") && commits.Add(1) > 1 {
				return nil, status.Error(codes.Unavailable, "away")
			}
			return next(ctx, request)
		}
	})
	f := s.send(t, "chat.jsonl", good(20))
	armed.Store(true)
	tries := 0
	s.setIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if tries++; tries > 1 {
			armed.Store(false)
		}
		next.ServeHTTP(w, r)
	})
	job := s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID})
	if jobs := s.allJobs(t); len(jobs) != 1 || "ftjob-"+jobs[0].ID != job.ID || len(s.cloud.Vertex.Jobs()) != 1 || tries < 2 {
		t.Errorf("%d tries have made %d jobs, and %d on Vertex AI", tries, len(jobs), len(s.cloud.Vertex.Jobs()))
	}
}

// discard takes an answer that the client does not get.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// Equal creates at the same time are one job. Ten minutes after the first one, an equal create is
// another job, even if there was one in between. A key of the caller's own decides before that.
func TestCreate_same(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	var mu sync.Mutex
	shift := time.Duration(0)
	s.now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(shift)
	}
	at := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		shift = d
	}
	f := s.send(t, "chat.jsonl", good(20))
	params := client.FineTuningJobNewParams{TrainingFile: f.ID, Metadata: shared.Metadata{"a": "b"}}
	ids := make([]string, 6)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() { ids[i] = s.create(t, params).ID })
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("equal creates have made %v", ids)
		}
	}
	at(9 * time.Minute)
	if id := s.create(t, params).ID; id != ids[0] {
		t.Errorf("after 9 minutes: %s, want %s", id, ids[0])
	}
	at(11 * time.Minute)
	later := s.create(t, params).ID
	if later == ids[0] {
		t.Error("after 11 minutes, the create is still the same job")
	}
	at(20 * time.Minute)
	if id := s.create(t, params).ID; id != later {
		t.Errorf("9 minutes later: %s, want %s", id, later)
	}
	if n := len(s.allJobs(t)); n != 2 {
		t.Errorf("there are %d jobs, want 2", n)
	}
	key := option.WithHeader("Idempotency-Key", "k1")
	own := s.create(t, params, key).ID
	if again := s.create(t, params, key).ID; again != own || own == later {
		t.Errorf("with a key: %s and %s", own, again)
	}
	params.Metadata = shared.Metadata{"a": "c"}
	_, err := s.client.FineTuning.Jobs.New(t.Context(), client.FineTuningJobNewParams{Model: baseModel, TrainingFile: f.ID, Metadata: params.Metadata}, key)
	wantError(t, err, http.StatusConflict, "invalid_request_error", "key_used_for_another_request", "Idempotency-Key")
	if other := s.create(t, params).ID; other == later {
		t.Error("another metadata is the same job")
	}
	s.client = s.as("bob")
	if other := s.create(t, params).ID; other == own {
		t.Error("another caller's create is the same job")
	}
}

// What is not supported is refused by name, and leaves no job.
func TestCreate_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	many := shared.Metadata{}
	for _, c := range "abcdefghijklmnopq" {
		many[string(c)] = "x"
	}
	for _, c := range []struct {
		change      func(*client.FineTuningJobNewParams)
		code, param string
	}{
		{func(p *client.FineTuningJobNewParams) { p.Model = "gpt-4o-mini-2024-07-18" }, "model_of_openai", "model"},
		{func(p *client.FineTuningJobNewParams) { p.Model = "ft:gpt-4o-mini:acme::x" }, "model_of_openai", "model"},
		{func(p *client.FineTuningJobNewParams) { p.Model = "projects/acme/locations/us/endpoints/1" }, "unknown_model", "model"},
		{func(p *client.FineTuningJobNewParams) { p.TrainingFile = "file-x" }, "unknown_file", "training_file"},
		{func(p *client.FineTuningJobNewParams) { p.TrainingFile = f.ID + "-report" }, "invalid_purpose", "training_file"},
		{func(p *client.FineTuningJobNewParams) { p.ValidationFile = client.String("file-x") }, "unknown_file", "validation_file"},
		{func(p *client.FineTuningJobNewParams) { p.Suffix = client.String(strings.Repeat("x", 65)) }, "too_long", "suffix"},
		{func(p *client.FineTuningJobNewParams) { p.Metadata = many }, "too_many", "metadata"},
		{func(p *client.FineTuningJobNewParams) { p.Metadata = shared.Metadata{"k": strings.Repeat("x", 513)} }, "too_long", "metadata.k"},
		{func(p *client.FineTuningJobNewParams) { p.Metadata = shared.Metadata{"max_cost_usd": "x"} }, "out_of_range", "metadata.max_cost_usd"},
		{func(p *client.FineTuningJobNewParams) { p.Metadata = shared.Metadata{"max_cost_usd": "0.000001"} }, "over_budget", "max_cost_usd"},
		{func(p *client.FineTuningJobNewParams) { p.Method.Type = "dpo" }, "unsupported_method", "method.type"},
		{func(p *client.FineTuningJobNewParams) {
			p.Integrations = []client.FineTuningJobNewParamsIntegration{{Wandb: client.FineTuningJobNewParamsIntegrationWandb{Project: "p"}}}
		}, "unsupported", "integrations"},
		{func(p *client.FineTuningJobNewParams) {
			p.Hyperparameters.NEpochs.OfInt = client.Int(0)
		}, "out_of_range", "hyperparameters.n_epochs"},
	} {
		params := client.FineTuningJobNewParams{Model: baseModel, TrainingFile: f.ID}
		c.change(&params)
		s.sentRequests()
		_, err := s.client.FineTuning.Jobs.New(t.Context(), params)
		t.Log(c.code)
		e := wantError(t, err, http.StatusBadRequest, "invalid_request_error", c.code, c.param)
		if n := len(s.sentRequests()); n != 1 || e.Response.Header.Get("X-Should-Retry") != "false" {
			t.Errorf("the client has sent %d requests", n)
		}
		if c.code == "model_of_openai" && !strings.Contains(e.Message, baseModel) {
			t.Errorf("no model is suggested: %s", e.Message)
		}
	}
	if jobs := s.allJobs(t); len(jobs) > 0 {
		t.Errorf("there are %d jobs", len(jobs))
	}
}

// An alias maps a name of OpenAI's, with or without its date. The answer names the real model.
func TestCreate_alias(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(c *api.Config, _ *cloud.Config) {
		c.OpenAI.Aliases = map[string]string{"gpt-4o-mini": "gemini-3.5-flash"}
	})
	f := s.send(t, "chat.jsonl", good(20))
	for _, name := range []string{"gpt-4o-mini", "gpt-4o-mini-2024-07-18"} {
		if job := s.create(t, client.FineTuningJobNewParams{Model: client.FineTuningJobNewParamsModel(name), TrainingFile: f.ID}); job.Model != "gemini-3.5-flash" {
			t.Errorf("%s: tuned %s", name, job.Model)
		}
	}
}

// A job that the catalogue refuses can be tried in the way that the message says.
func TestCreate_forced(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	params := client.FineTuningJobNewParams{Model: "google/" + baseModel, TrainingFile: f.ID}
	_, err := s.client.FineTuning.Jobs.New(t.Context(), params)
	if e := wantError(t, err, http.StatusBadRequest, "invalid_request_error", "open_model_name", "model"); !strings.Contains(e.Message, `set "force": true`) {
		t.Errorf("message %q", e.Message)
	}
	plan, err := s.client.FineTuning.Jobs.New(t.Context(), params, option.WithJSONSet("force", true), option.WithJSONSet("dry_run", true))
	check(t, err)
	if plan.Status != "cancelled" {
		t.Errorf("a forced start would be refused: %s", plan.RawJSON())
	}
}

// A dry run creates nothing. It is asked for in the metadata or in the body.
func TestCreate_dry_run(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	metadata := s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID, Metadata: shared.Metadata{"dry_run": "true"}})
	extra := s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID}, option.WithJSONSet("dry_run", true), option.WithJSONSet("max_cost_usd", 0.000001))
	if metadata.Status != "cancelled" || !strings.Contains(metadata.RawJSON(), `"estimate":{"examples":20,`) || !strings.Contains(metadata.RawJSON(), `"vertex_request":{`) {
		t.Errorf("in the metadata: %s", metadata.RawJSON())
	}
	if extra.Status != "failed" || extra.Error.Param != "max_cost_usd" || extra.Error.Code != "over_budget" {
		t.Errorf("in the body: %s", extra.RawJSON())
	}
	if jobs := s.allJobs(t); len(jobs) > 0 {
		t.Errorf("there are %d jobs", len(jobs))
	}
}
