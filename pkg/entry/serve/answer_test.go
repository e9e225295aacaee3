// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// broken is a response that fails after a part of it was sent.
type broken struct{}

func (broken) WriteResponse(w http.ResponseWriter) error {
	_, err := io.WriteString(w, "the first half")
	return errors.Join(err, http.NewResponseController(w).Flush(), errors.New("the second half cannot be read"))
}

// TestWriteAnswer_fails checks that a client notices that a response is not complete.
func TestWriteAnswer_fails(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if serve.WriteAnswer(w, broken{}) == nil {
			t.Error("the failure is not reported")
		}
	}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	if text, err := io.ReadAll(answer.Body); !errors.Is(err, io.ErrUnexpectedEOF) || string(text) != "the first half" {
		t.Errorf("read %q, %v", text, err)
	}
}
