// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestLimitsOfTheModel: data are checked against the limits of the requested base model, or else of
// the default base model.
func TestLimitsOfTheModel(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	const open = "meta/llama3_1@llama-3.1-8b"
	long := examples(strings.Repeat("word ", 9000)) // more than the 8192 tokens that an open model accepts per example
	type answer struct {
		LimitsOf string          `json:"limits_of"`
		Warnings []dataset.Fault `json:"warnings"`
	}
	for name, tt := range map[string]struct {
		more  string
		of    string
		codes []string
	}{
		"default":   {``, baseModel, nil},
		"null":      {`, "base_model": null`, baseModel, nil},
		"asked_for": {`, "base_model": "` + open + `"`, open, []string{dataset.CodeOverTokenLimit}},
		"unknown":   {`, "base_model": "gemini-9-ultra"`, "", nil},
	} {
		for _, path := range []string{"/validate-data", "/convert-json"} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				var got answer
				s.post(t, base+path, `{"data": `+long+tt.more+`}`).decode(&got)
				var codes []string
				for _, f := range got.Warnings {
					codes = append(codes, f.Code)
				}
				if diff := cmp.Diff(tt.codes, codes); diff != "" || got.LimitsOf != tt.of {
					t.Errorf("limits of %q, want %q; warnings (-want +got):\n%s", got.LimitsOf, tt.of, diff)
				}
			})
		}
	}
	if a := s.post(t, base+"/validate-data", `{"data": `+examples("one")+`, "base_model": 3}`); a.code != http.StatusBadRequest {
		t.Errorf("a base model that is no string: %d", a.code)
	}
}
