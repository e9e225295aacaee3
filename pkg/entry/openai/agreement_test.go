// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

// document is the part of the API's description below /v1, and the operations that the tests have
// called with success.
type document struct {
	*openapitest.Document
	paths    map[string]*regexp.Regexp
	promised map[string]bool // "METHOD /path" with a response 200

	mu   sync.Mutex // protects seen
	seen map[string]bool
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
	loaded, err := openapitest.Load(context.Background(), text)
	if err != nil {
		return nil, err
	}
	d := &document{Document: loaded, paths: map[string]*regexp.Regexp{}, promised: map[string]bool{}, seen: map[string]bool{}}
	for path, item := range loaded.Spec.Paths.Map() {
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		d.paths[path] = regexp.MustCompile("^" + placeholder.ReplaceAllString(path, "(.+)") + "$")
		for method, operation := range item.Operations() {
			if operation.Responses.Value("200") != nil {
				d.promised[method+" "+path] = true
			}
		}
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

func (d *document) check(r *http.Request, body []byte, answer *http.Response, text []byte) []error {
	op := d.operation(r)
	ok := answer.StatusCode == http.StatusOK
	if op.Path == "" || ok && !d.promised[op.Method+" "+op.Path] {
		if ok {
			return []error{errors.New("the document does not have it")}
		}
		return nil
	}
	if ok {
		d.mu.Lock()
		d.seen[op.Method+" "+op.Path] = true
		d.mu.Unlock()
	}
	if answer.StatusCode == http.StatusMethodNotAllowed || strings.HasSuffix(op.Path, "/content") && ok {
		return nil
	}
	faults := []error{d.CheckResponse(r, op, answer, text)}
	// OpenAPI cannot describe the text null as a value of a parameter that is an object.
	if ok && r.URL.Query().Get("metadata") != "null" {
		faults = append(faults, d.CheckRequest(withoutEmpty(r), op, body))
	}
	return faults
}

// withoutEmpty returns the request without empty parameters, which are accepted, but which the
// document does not advise to send.
func withoutEmpty(r *http.Request) *http.Request {
	request := r.Clone(r.Context())
	query := request.URL.Query()
	for name, values := range query {
		if slices.Equal(values, []string{""}) {
			query.Del(name)
		}
	}
	request.URL.RawQuery = query.Encode()
	return request
}

// placeholder is an argument in a path of the document.
var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// operation returns the operation of a request, without a path if the document has none.
func (d *document) operation(r *http.Request) openapitest.Operation {
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(d.paths))) { // the longer one first
		m := d.paths[path].FindStringSubmatch(r.URL.EscapedPath())
		if m == nil {
			continue
		}
		op := openapitest.Operation{Path: path, Method: r.Method}
		if len(m) > 1 {
			value, _ := url.PathUnescape(m[1])
			op.Arguments = map[string]string{placeholder.FindStringSubmatch(path)[1]: value}
		}
		return op
	}
	return openapitest.Operation{}
}
