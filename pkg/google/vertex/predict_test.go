// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const question = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]}]}`

func TestGenerate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloud.Config) { c.JobDuration = 10 * time.Millisecond })
	w.trained(t)
	jobs := w.cloud.Run.Vertex.Jobs()
	tuned, base := jobs[0].GetTunedModel().GetEndpoint(), w.BaseModelName(region, "gemini-1.5-flash-001")
	w.taken()
	texts := map[string]bool{}
	for _, model := range []string{base, tuned} {
		response, err := w.Generate(t.Context(), model, []byte(question))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := evaluation.ReadAnswer(response)
		if err != nil || answer.PromptTokens == 0 || answer.OutputTokens == 0 || answer.FinishReason != "STOP" {
			t.Errorf("%s: %+v, %v", model, answer, err)
		}
		texts[answer.Text] = true
	}
	if len(texts) != 2 {
		t.Errorf("both models answer %v", texts)
	}
	calls := w.taken()
	for _, c := range calls {
		if c.method != "GenerateContent" || c.left <= 30*time.Second || c.left > 40*time.Second {
			t.Errorf("%s has %s until its deadline", c.method, c.left)
		}
	}
	if len(calls) != 2 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestGenerate_errors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := w.BaseModelName("us", "gemini-3.1-flash-lite")
	for code, want := range map[codes.Code]fault.Kind{
		codes.ResourceExhausted: fault.ResourceExhausted,
		codes.Unavailable:       fault.Unavailable,
		codes.PermissionDenied:  fault.UpstreamFailed,
		codes.NotFound:          fault.NotFound,
	} {
		var calls atomic.Int64
		fail := faults.Fail(code)
		w.cloud.On("GenerateContent", func(ctx context.Context, c faults.Call, do faults.Do) error {
			calls.Add(1)
			return fail(ctx, c, do)
		})
		if _, err := w.Generate(t.Context(), base, []byte(question)); fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("%s: %d calls", code, n)
		}
	}
	w.cloud.On("GenerateContent", nil)
	if _, err := w.Generate(t.Context(), w.BaseModelName("us-central1", "gemini-3.1-flash-lite"), []byte(question)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a region that does not serve the model: %v", err)
	}
	const secret = "Hello"
	w.taken()
	_, err := w.Generate(t.Context(), base, []byte(`{"contents":"`+secret+`"}`))
	if fault.KindOf(err) != fault.InvalidArgument || strings.Contains(err.Error(), secret) {
		t.Errorf("a request of another form: %v", err)
	}
	if _, err := w.Generate(t.Context(), "gemini-3.1-flash-lite", []byte(question)); err == nil {
		t.Error("a model without a location was asked")
	}
	if n := len(w.taken()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
