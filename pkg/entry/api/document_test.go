// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

func TestDocument_is_valid_OpenAPI(t *testing.T) {
	t.Parallel()
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if ok, wrong := d.validator.ValidateDocument(); !ok {
		t.Error(strings.Join(openapitest.Reasons("document", wrong), "\n"))
	}
}

func TestDocument_names_the_routes(t *testing.T) {
	t.Parallel()
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for path, method := range d.methods {
		documented = append(documented, method+" "+path)
	}
	slices.Sort(documented)
	routes := slices.Sorted(slices.Values(api.Routes()))
	if diff := cmp.Diff(documented, routes); diff != "" {
		t.Errorf("(-document +routes):\n%s", diff)
	}
}

// content is the document's description of a request body or a response body.
type content struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Example  json.RawMessage `json:"example"`
		Examples map[string]struct {
			Value json.RawMessage `json:"value"`
		} `json:"examples"`
	} `json:"content"`
}

func (c content) examples() []string {
	var all []string
	media := c.Content["application/json"]
	if media.Example != nil {
		all = append(all, string(media.Example))
	}
	for _, example := range media.Examples {
		all = append(all, string(example.Value))
	}
	return all
}

// TestDocument_examples: the examples in the document are valid requests and responses.
func TestDocument_examples(t *testing.T) {
	t.Parallel()
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Request   content            `json:"requestBody"`
			Responses map[string]content `json:"responses"`
		} `json:"paths"`
		Components struct {
			Responses map[string]content `json:"responses"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			request := func(body string) *http.Request {
				r := httptest.NewRequestWithContext(t.Context(), strings.ToUpper(method), strings.NewReplacer("{job_name}", "1", "{name}", "1", "{id}", "1").Replace(path), strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer x")
				return r
			}
			for _, example := range operation.Request.examples() {
				for _, wrong := range d.example(request(example), nil) {
					t.Errorf("%s\n%s", wrong, example)
				}
			}
			for code, response := range operation.Responses {
				if response.Ref != "" {
					response = document.Components.Responses[strings.TrimPrefix(response.Ref, "#/components/responses/")]
				}
				for _, example := range response.examples() {
					answer := httptest.NewRecorder()
					answer.Header().Set("Content-Type", "application/json")
					if answer.Code, _ = strconv.Atoi(code); code == "default" { // any error
						answer.Code = http.StatusBadRequest
					}
					answer.Body.WriteString(example)
					for _, wrong := range d.example(request(""), answer.Result()) {
						t.Errorf("%s\n%s", wrong, example)
					}
				}
			}
		}
	}
}

// example checks a request, or the response to it, against the document.
func (d *document) example(r *http.Request, answer *http.Response) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if answer == nil {
		_, wrong := d.validator.ValidateHttpRequestSync(r)
		return openapitest.Reasons("example", wrong)
	}
	_, wrong := d.validator.ValidateHttpResponse(r, answer)
	return openapitest.Reasons("example", wrong)
}

func TestDocument_is_served(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	s.send(t, http.MethodGet, "/openapi.json", "", withoutToken).into(&got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-file +served):\n%s", diff)
	}
}

func withoutToken(r *http.Request) { r.Header.Del("Authorization") }

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	var got map[string]string
	s.send(t, http.MethodGet, "/health", "", withoutToken).into(&got)
	if diff := cmp.Diff(map[string]string{"status": "ok"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	paths := map[string]string{"/health": http.MethodGet, "/openapi.json": http.MethodGet}
	for path, method := range protected {
		paths[base+path] = method
	}
	allow := map[string]string{http.MethodPost: "POST", http.MethodGet: "GET, HEAD"}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
			answer := s.send(t, method, path, "", withoutToken)
			switch {
			case method == paths[path], method == http.MethodHead && paths[path] == http.MethodGet:
				if answer.code == http.StatusMethodNotAllowed {
					t.Errorf("%s %s: got 405", method, path)
				}
				if method == http.MethodHead && len(answer.body) > 0 {
					t.Errorf("HEAD %s has a body", path)
				}
			case answer.code != http.StatusMethodNotAllowed || answer.header.Get("Allow") != allow[paths[path]]:
				t.Errorf("%s %s: got %d, Allow %q", method, path, answer.code, answer.header.Get("Allow"))
			}
		}
	}
}
