// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

// unseen lists the documented responses that no test gets, with the reasons.
var unseen = map[string]string{
	"POST " + base + "/start 500":        "only a defect gives it, and none is known; its shape is seen at job-status",
	"POST " + base + "/convert-json 500": "likewise",

	"GET " + base + "/models/{model_id} 500":           "likewise",
	"POST " + base + "/models/{model_id}/rollback 500": "likewise",
}

// document is openapi.json with a validator, and the responses that the tests got.
type document struct {
	mu        sync.Mutex // the validator writes to its caches
	validator validator.Validator
	methods   map[string]string // by path
	promised  map[string]bool   // "METHOD /path CODE"
	seen      map[string]bool
}

var theDocument = sync.OnceValues(func() (*document, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	if text, err = closed(text); err != nil {
		return nil, err
	}
	parsed, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, err
	}
	model, err := parsed.BuildV3Model()
	if err != nil {
		return nil, err
	}
	d := &document{methods: map[string]string{}, promised: map[string]bool{}, seen: map[string]bool{}}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		if strings.HasPrefix(path, "/v1/") {
			continue // the tests of package openai compare these
		}
		for method, operation := range item.GetOperations().FromOldest() {
			d.methods[path] = strings.ToUpper(method)
			for code := range operation.Responses.Codes.FromOldest() {
				d.promised[d.methods[path]+" "+path+" "+code] = true
			}
		}
	}
	v, faults := validator.NewValidator(parsed, config.WithFormatAssertions(), config.WithRejectUnsupportedBodyContent(),
		config.WithRejectUndeclaredRequestBody())
	if len(faults) > 0 {
		return nil, fmt.Errorf("make the validator: %v", faults)
	}
	d.validator = v
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

func (d *document) check(r *http.Request, body []byte, answer *http.Response, text []byte) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var faults []string
	for _, word := range leaks {
		if bytes.Contains(text, []byte(word)) {
			faults = append(faults, "it says "+strconv.Quote(word))
		}
	}
	request, path := d.documented(r)
	if d.methods[path] != "" {
		d.seen[d.methods[path]+" "+path+" "+strconv.Itoa(answer.StatusCode)] = true
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	answer.Body = io.NopCloser(bytes.NewReader(text))
	if ok, wrong := d.validator.ValidateHttpResponse(request, answer); !ok {
		faults = append(faults, openapitest.Reasons("response", wrong)...)
	}
	unread := len(body) == 0 && r.ContentLength > 0 // it was answered before the body was read
	if refused(answer.StatusCode) || unread {
		return faults
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if ok, wrong := d.validator.ValidateHttpRequestSync(request); !ok {
		faults = append(faults, openapitest.Reasons("request, which the API took,", wrong)...)
	}
	return faults
}

// named are the paths that contain a name, as the document writes them.
var named = []struct{ prefix, argument, suffix string }{
	{base + "/job-status/", "{job_name}", ""}, {base + "/cancel/", "{job_name}", ""}, {base + "/jobs/", "{job_name}", "/events"}, {base + "/jobs/", "{job_name}", "/metrics"},
	{base + "/jobs/", "{job_name}", ""}, {base + "/lineage/", "{name}", ""}, {base + "/evaluations/", "{id}", ""},
	{base + "/models/", "{model_id}", "/promote"}, {base + "/models/", "{model_id}", "/rollback"}, {base + "/models/", "{model_id}", ""},
}

// documented returns the request and its path as the document describes them: with the name in one
// segment and with the path's only method. An undocumented path is replaced by a documented one,
// whose 404 must have the same format.
func (d *document) documented(r *http.Request) (request *http.Request, path string) {
	request, path = r.Clone(r.Context()), r.URL.EscapedPath()
	for _, n := range named {
		name, ok := strings.CutPrefix(path, n.prefix)
		name, ends := strings.CutSuffix(name, n.suffix)
		if !ok || !ends || name == "" {
			continue
		}
		path = n.prefix + n.argument + n.suffix
		request.URL.RawPath = n.prefix + strings.ReplaceAll(name, "/", "%2F") + n.suffix
		request.URL.Path, _ = url.PathUnescape(request.URL.RawPath)
		break
	}
	method, known := d.methods[path]
	if !known {
		request.URL.Path, request.URL.RawPath, method = base+"/job-status/1", "", http.MethodGet
	}
	request.Method = method
	return request, path
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
