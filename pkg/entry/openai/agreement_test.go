// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

// document is the part of the API's description below /v1, with a validator, and the operations
// that the tests have called with success.
type document struct {
	mu        sync.Mutex // the validator writes to its caches
	validator validator.Validator
	paths     map[string]*regexp.Regexp
	promised  map[string]bool // "METHOD /path" with a response 200
	seen      map[string]bool
}

var theDocument = sync.OnceValues(func() (*document, error) {
	text, err := os.ReadFile("../api/openapi.json")
	if err != nil {
		return nil, err
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	openapitest.CloseSchemas(members)
	if text, err = json.Marshal(members); err != nil {
		return nil, err
	}
	parsed, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, err
	}
	d := &document{paths: map[string]*regexp.Regexp{}, promised: map[string]bool{}, seen: map[string]bool{}}
	paths, _ := members["paths"].(map[string]any)
	for path, operations := range paths {
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		d.paths[path] = regexp.MustCompile("^" + placeholder.ReplaceAllString(path, "(.+)") + "$")
		for method, operation := range operations.(map[string]any) {
			responses, _ := operation.(map[string]any)["responses"].(map[string]any)
			if responses["200"] != nil {
				d.promised[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	var faults []error
	d.validator, faults = validator.NewValidator(parsed, config.WithFormatAssertions())
	if len(faults) > 0 {
		return nil, fmt.Errorf("make the validator: %v", faults)
	}
	return d, nil
})

// TestMain fails if no test has called an operation that the document describes with success.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if d, err := theDocument(); code == 0 && openapitest.RunsAll() {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for _, operation := range slices.Sorted(maps.Keys(d.promised)) {
			if !d.seen[operation] {
				fmt.Println("no test has called", operation)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// agree compares every response below /v1 with the document, and every request that was accepted,
// if the endpoints are enabled.
func agree(t *testing.T, enabled bool, next http.Handler) http.Handler {
	t.Helper()
	d, err := theDocument()
	check(t, err)
	if !enabled {
		return next
	}
	return openapitest.Agree(t, d.check, next)
}

func (d *document) check(r *http.Request, body []byte, answer *http.Response, text []byte) (faults []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	request, path := d.documented(r)
	ok := answer.StatusCode == http.StatusOK
	if path == "" || ok && !d.promised[r.Method+" "+path] {
		if ok {
			faults = append(faults, "the document does not have it")
		}
		return faults
	}
	if ok {
		d.seen[r.Method+" "+path] = true
	}
	if answer.StatusCode == http.StatusMethodNotAllowed || strings.HasSuffix(path, "/content") && ok {
		return faults
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	request.Body = http.NoBody
	if valid, wrong := d.validator.ValidateHttpResponse(request, answer); !valid {
		faults = append(faults, openapitest.Reasons("response", wrong)...)
	}
	// OpenAPI cannot describe the text null as a value of a parameter that is an object.
	if ok && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") && r.URL.Query().Get("metadata") != "null" {
		withoutEmpty(request)
		request.Body = io.NopCloser(bytes.NewReader(body))
		if valid, wrong := d.validator.ValidateHttpRequestSync(request); !valid {
			faults = append(faults, openapitest.Reasons("request", wrong)...)
		}
	}
	return faults
}

// withoutEmpty removes empty parameters, and the content type of an absent body. Both are accepted,
// but the document does not advise to send them.
func withoutEmpty(r *http.Request) {
	query := r.URL.Query()
	for name, values := range query {
		if slices.Equal(values, []string{""}) {
			query.Del(name)
		}
	}
	r.URL.RawQuery = query.Encode()
	if r.ContentLength == 0 {
		r.Header.Del("Content-Type")
	}
}

// placeholder is an argument in a path of the document.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// documented returns the request with its argument in one segment, and its path as the document
// writes it, or "".
func (d *document) documented(r *http.Request) (*http.Request, string) {
	request, escaped := r.Clone(r.Context()), r.URL.EscapedPath()
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(d.paths))) { // the longer one first
		m := d.paths[path].FindStringSubmatch(escaped)
		if m == nil {
			continue
		}
		if len(m) > 1 {
			request.URL.RawPath = placeholder.ReplaceAllLiteralString(path, strings.ReplaceAll(m[1], "/", "%2F"))
			request.URL.Path, _ = url.PathUnescape(request.URL.RawPath)
		}
		return request, path
	}
	return request, ""
}
