// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package endpoint_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/endpoint"
)

func TestHost(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"us":           "aiplatform.us.rep.googleapis.com",
		"eu":           "aiplatform.eu.rep.googleapis.com",
		"global":       "aiplatform.googleapis.com",
		"us-central1":  "us-central1-aiplatform.googleapis.com",
		"europe-west4": "europe-west4-aiplatform.googleapis.com",
	} {
		if got := endpoint.Host(location); got != want {
			t.Errorf("host of %s is %s, want %s", location, got, want)
		}
	}
}

func TestBaseLocation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ model, job, want string }{
		{"gemini-3.5-flash", "us-central1", "us"},
		{"gemini-3.5-flash", "europe-west4", "eu"},
		{"gemini-3.5-flash", "asia-southeast1", ""}, // no multi-region of its own
		{"gemini-2.5-flash", "asia-southeast1", "asia-southeast1"},
		{"google/gemma3@gemma-3-1b-it", "us-central1", ""}, // served nowhere by itself
		{"gemini-99", "us-central1", ""},
	} {
		if got := endpoint.BaseLocation(catalogue.Default().Lookup(c.model), c.job); got != c.want {
			t.Errorf("%s for a job in %s: %q, want %q", c.model, c.job, got, c.want)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, endpoint, model string
		url, body             string
		advice                []string
	}{
		{
			name: "multi_region", endpoint: "projects/215882136076/locations/us/endpoints/3487616500027798474", model: "gemini-3.1-flash-lite",
			url:    "https://aiplatform.us.rep.googleapis.com/v1/projects/215882136076/locations/us/endpoints/3487616500027798474:generateContent",
			body:   `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}}`,
			advice: []string{"without thoughts", "responseSchema", "multi-region us"},
		},
		{
			name: "region", endpoint: "projects/p/locations/us-central1/endpoints/1", model: "gemini-2.5-flash",
			url:    "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/endpoints/1:generateContent",
			body:   `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}`,
			advice: []string{"without thoughts", "responseSchema"},
		},
		{
			name: "unconfirmed", endpoint: "projects/p/locations/eu/endpoints/1", model: "gemini-3.5-flash",
			url:    "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/endpoints/1:generateContent",
			body:   `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}}`,
			advice: []string{"without thoughts", "responseSchema", "Send no temperature", "multi-region eu", "not confirmed"},
		},
		{
			name: "unknown_model", endpoint: "projects/p/locations/global/endpoints/a-b_c",
			url:    "https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/a-b_c:generateContent",
			body:   `{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}`,
			advice: []string{"without thoughts", "responseSchema"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := endpoint.Ready(tt.endpoint, catalogue.Default().Lookup(tt.model))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.url, tt.body}, []string{c.URL, string(c.Body)}); diff != "" {
				t.Errorf("URL and body (-want +got):\n%s", diff)
			}
			if len(c.Advice) != len(tt.advice) {
				t.Fatalf("advice: %q", c.Advice)
			}
			for i, want := range tt.advice {
				if !strings.Contains(c.Advice[i], want) {
					t.Errorf("advice %q does not say %q", c.Advice[i], want)
				}
			}
		})
	}
}

// A shell parses the line into exactly the intended arguments.
func TestCurl(t *testing.T) {
	t.Parallel()
	c, err := endpoint.Ready("projects/p/locations/us/endpoints/1", catalogue.Default().Lookup("gemini-3.1-flash-lite"))
	if err != nil {
		t.Fatal(err)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("skipped: sh: not installed")
	}
	script := `curl() { for a in "$@"; do printf '%s\n' "$a"; done; }; gcloud() { echo "token of $*"; }; ` + c.Curl
	command := exec.CommandContext(t.Context(), filepath.Clean(shell), "-c", script)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"-sS", "-X", "POST", "-H", "Authorization: Bearer token of auth print-access-token", "-H", "Content-Type: application/json",
		"-d", string(c.Body), c.URL,
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestReady_refuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "projects/p/locations/us/models/1", "projects/p/locations/us/endpoints/", "projects/p/locations/us/endpoints/1/x",
		"projects/p/locations/us'; rm -rf x/endpoints/1", "https://x/projects/p/locations/us/endpoints/1",
	} {
		if c, err := endpoint.Ready(name, nil); err == nil {
			t.Errorf("%q gives %s", name, c.URL)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	c, err := endpoint.Ready("projects/p/locations/us/endpoints/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil || len(members) != 6 || members["host"] != "aiplatform.us.rep.googleapis.com" {
		t.Errorf("%s: %v", text, err)
	}
}
