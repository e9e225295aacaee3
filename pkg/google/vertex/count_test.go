// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestCountTokens: the whole text of an example is counted, and no image is sent.
func TestCountTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const example = `{"systemInstruction":{"parts":[{"text":"Be short."}]},` +
		`"tools":[{"functionDeclarations":[{"name":"weather","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}}}]}],` +
		`"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]},` +
		`{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/secret.png"}},{"text":"Weather?"}]},` +
		`{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Oslo"}}}]}],` +
		`"generationConfig":{"temperature":0.5},"later":{"field":1}}`
	model := w.BaseModelName("us", "gemini-3.1-flash-lite")
	n, err := w.CountTokens(t.Context(), model, []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	const want = 3 + 2 + 6 // of each text, four characters in a token
	calls := w.taken()
	if n != want || len(calls) != 1 {
		t.Fatalf("%d tokens in %d calls, want %d in one", n, len(calls), want)
	}
	if left := calls[0].left; left <= 2*time.Second || left > 3*time.Second {
		t.Errorf("%s until the deadline", left)
	}
	req, ok := calls[0].req.(*aiplatformpb.CountTokensRequest)
	if !ok || req.GetEndpoint() != model || req.GetModel() != model || len(req.GetContents()) != 2 || len(req.GetTools()) != 1 || strings.Contains(req.String(), "png") {
		t.Errorf("the request: %v", req)
	}
}

func TestCountTokens_errors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	model := w.BaseModelName("us", "gemini-3.1-flash-lite")
	for code, want := range map[codes.Code]fault.Kind{
		codes.ResourceExhausted: fault.ResourceExhausted,
		codes.PermissionDenied:  fault.UpstreamFailed,
	} {
		w.cloud.On("CountTokens", faults.Fail(code))
		if _, err := w.CountTokens(t.Context(), model, []byte(question)); fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
	w.cloud.On("CountTokens", nil)
	if _, err := w.CountTokens(t.Context(), w.BaseModelName("us-central1", "gemini-3.1-flash-lite"), []byte(question)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("in a region that does not serve the model: %v", err)
	}
	if _, err := w.CountTokens(t.Context(), "gemini-3.1-flash-lite", []byte(question)); err == nil {
		t.Error("an ID is no name")
	}
	_, err := w.CountTokens(t.Context(), model, []byte(`{"contents":"a secret"}`))
	if fault.KindOf(err) != fault.InvalidArgument || strings.Contains(err.Error(), "secret") {
		t.Errorf("of no example: %v", err)
	}
}
