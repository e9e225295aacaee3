// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

// unseen lists the documented responses that no test gets, with the reasons.
var unseen = map[string]string{
	"POST " + base + "/start 500":        "only a defect gives it, and none is known; its shape is seen at job-status",
	"POST " + base + "/convert-json 500": "likewise",

	"GET " + base + "/models/{model_id} 500":           "likewise",
	"POST " + base + "/models/{model_id}/rollback 500": "likewise",
}

// document is openapi.json, and the responses that the tests got.
type document struct {
	*openapitest.Document
	methods  map[string]string // by path
	promised map[string]bool   // "METHOD /path CODE"

	mu   sync.Mutex // protects seen
	seen map[string]bool
}

var theDocument = sync.OnceValues(func() (*document, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	if text, err = closed(text); err != nil {
		return nil, err
	}
	loaded, err := openapitest.Load(context.Background(), text)
	if err != nil {
		return nil, err
	}
	d := &document{Document: loaded, methods: map[string]string{}, promised: map[string]bool{}, seen: map[string]bool{}}
	for path, item := range loaded.Spec.Paths.Map() {
		if strings.HasPrefix(path, "/v1/") {
			continue // the tests of package openai compare these
		}
		for method, operation := range item.Operations() {
			d.methods[path] = method
			for code := range operation.Responses.Map() {
				d.promised[method+" "+path+" "+code] = true
			}
		}
	}
	return d, nil
})

// TestMain fails if no test got a response that the document describes.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && openapitest.RunsAll() && !complete() {
		code = 1
	}
	os.Exit(code)
}

func complete() bool {
	d, err := theDocument()
	if err != nil {
		fmt.Println(err)
		return false
	}
	ok := true
	for _, answer := range slices.Sorted(maps.Keys(d.promised)) {
		if d.seen[answer] == (unseen[answer] != "") {
			fmt.Printf("%s: seen is %v, excused by %q\n", answer, d.seen[answer], unseen[answer])
			ok = false
		}
	}
	for answer := range unseen {
		if !d.promised[answer] {
			fmt.Printf("%s: excused, but not promised\n", answer)
			ok = false
		}
	}
	return ok
}

// agree checks every response of the API against the document, and every request that was accepted.
func agree(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	return openapitest.Agree(t, d.check, next)
}

// leaks are internal words that no response may contain.
var leaks = []string{secret, "goroutine", ".go:", "rpc error", "googleapi:", "127.0.0.1", "panic", "context deadline", hidden}

func (d *document) check(r *http.Request, body []byte, answer *http.Response, text []byte) []error {
	var faults []error
	for _, word := range leaks {
		if bytes.Contains(text, []byte(word)) {
			faults = append(faults, fmt.Errorf("it says %q", word))
		}
	}
	op, known := d.operation(r.URL.EscapedPath())
	if known {
		d.mu.Lock()
		d.seen[op.Method+" "+op.Path+" "+strconv.Itoa(answer.StatusCode)] = true
		d.mu.Unlock()
	}
	faults = append(faults, d.CheckResponse(r, op, answer, text))
	unread := len(body) == 0 && r.ContentLength > 0 // it was answered before the body was read
	if !refused(answer.StatusCode) && !unread {
		faults = append(faults, d.CheckRequest(r, op, body))
	}
	return faults
}

// named are the paths that contain a name, as the document writes them.
var named = []struct{ prefix, argument, suffix string }{
	{base + "/job-status/", "job_name", ""}, {base + "/cancel/", "job_name", ""}, {base + "/jobs/", "job_name", "/events"}, {base + "/jobs/", "job_name", "/metrics"},
	{base + "/jobs/", "job_name", ""}, {base + "/lineage/", "name", ""}, {base + "/evaluations/", "id", ""},
	{base + "/models/", "model_id", "/promote"}, {base + "/models/", "model_id", "/rollback"}, {base + "/models/", "model_id", ""},
}

// operation returns the operation at a path. For an undocumented path, it returns a documented one,
// whose 404 must have the same format.
func (d *document) operation(path string) (op openapitest.Operation, known bool) {
	for _, n := range named {
		name, ok := strings.CutPrefix(path, n.prefix)
		name, ends := strings.CutSuffix(name, n.suffix)
		if !ok || !ends || name == "" {
			continue
		}
		path = n.prefix + "{" + n.argument + "}" + n.suffix
		name, _ = url.PathUnescape(name)
		return openapitest.Operation{Path: path, Method: d.methods[path], Arguments: map[string]string{n.argument: name}}, true
	}
	if method, ok := d.methods[path]; ok {
		return openapitest.Operation{Path: path, Method: method}, true
	}
	return openapitest.Operation{Path: base + "/job-status/{job_name}", Method: http.MethodGet, Arguments: map[string]string{"job_name": "1"}}, false
}

// refused reports whether a status code means that the request itself may be wrong.
func refused(code int) bool {
	switch code {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, 499:
		return true
	}
	return false
}
