// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// api answers requests from the store.
type api struct {
	store    *store
	log      *slog.Logger
	reported sync.Map // the refusals that were logged
}

// call is one parsed request.
type call struct {
	*http.Request
	query url.Values
	// The names in the path, unescaped; empty where the route has none.
	bucket, object string
}

type handler func(*api, http.ResponseWriter, *call) error

// route is one method of the JSON API. In its pattern, a segment that begins with a colon matches
// any name.
type route struct {
	method, pattern string
	params          []string // the query parameters that it implements
	handle          handler
}

var (
	objectParams = []string{"ifGenerationMatch", "generation"}
	listParams   = []string{"prefix", "pageToken", "maxResults"}
	// ignoredParams change nothing that this server answers.
	ignoredParams = []string{
		"alt", "fields", "prettyPrint", "key", "access_token", "oauth_token", "quotaUser", "userIp",
		"userProject", "projection", "project", "trace", "$.xgafv", "$alt", "enableObjectRetention",
		"predefinedAcl", "predefinedDefaultObjectAcl", "returnPartialSuccess",
	}
)

var routes = []route{
	{"GET", "b/:bucket", nil, (*api).getBucket},
	{"GET", "b/:bucket/o", listParams, (*api).listObjects},
	{"GET", "b/:bucket/o/:object", objectParams, (*api).getObject},
	{"DELETE", "b/:bucket/o/:object", objectParams, (*api).deleteObject},
	{"POST", "upload/b/:bucket/o", uploadParams, (*api).insertObject},
	{"PUT", "upload/b/:bucket/o", uploadParams, (*api).resume},
}

// prefixes maps the beginnings of the JSON API's paths to those of patterns.
var prefixes = []struct{ path, pattern string }{
	{"/storage/v1/", ""},
	{"/download/storage/v1/", ""}, // of media links
	{"/upload/storage/v1/", "upload/"},
}

// ServeHTTP does not use a ServeMux: it would clean paths, and object names may have any number of
// slashes and dots.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	// A query that does not parse may have lost a precondition.
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		writeError(w, r, errInvalid("The query string is malformed: %v", err))
		return
	}
	c := &call{Request: r, query: query}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(path, p.path); ok {
			if err := a.serveJSON(w, c, p.pattern+rest); err != nil {
				// A client that is still sending would see a reset, not the answer.
				_, _ = copyBuffered(io.Discard, r.Body)
				a.report(c, err)
				writeError(w, r, err)
			}
			return
		}
	}
	a.serveXML(w, c, path)
}

// report logs that something is not implemented, unless it has done so.
func (a *api) report(c *call, err error) {
	e := asAPIError(err)
	if e.reason != notImplemented {
		return
	}
	if _, again := a.reported.LoadOrStore(e.message, true); !again {
		a.log.WarnContext(c.Context(), "storage stand-in refused a call", "reason", e.message)
	}
}

func (a *api) serveJSON(w http.ResponseWriter, c *call, path string) error {
	segments := strings.Split(path, "/")
	for i := range routes {
		rt := &routes[i]
		if rt.method != c.Method || !c.match(rt.pattern, segments) {
			continue
		}
		if err := c.checkSupported(rt.params); err != nil {
			return err
		}
		return rt.handle(a, w, c)
	}
	return errUnimplemented("%s %s", c.Method, c.URL.EscapedPath())
}

// match compares a path with a pattern and stores the names in it.
func (c *call) match(pattern string, segments []string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(segments) {
		return false
	}
	for i, p := range want {
		var target *string
		switch p {
		case ":bucket":
			target = &c.bucket
		case ":object":
			target = &c.object
		default:
			if p != segments[i] {
				return false
			}
			continue
		}
		name, err := url.PathUnescape(segments[i])
		if err != nil || name == "" {
			return false
		}
		*target = name
	}
	return true
}

// checkSupported refuses what would change the answer and is not implemented.
func (c *call) checkSupported(params []string) error {
	for name, values := range c.query {
		if off := values[0] == "" || values[0] == "false"; off {
			continue
		}
		if !slices.Contains(params, name) && !slices.Contains(ignoredParams, name) {
			return errUnimplemented("The query parameter %s of %s %s", name, c.Method, c.URL.EscapedPath())
		}
	}
	if c.Header.Get("Content-Encoding") != "" {
		return errUnimplemented("The request header Content-Encoding")
	}
	for name := range c.Header {
		if strings.HasPrefix(name, "X-Goog-Encryption-") {
			return errUnimplemented("The request header %s", name)
		}
	}
	return nil
}

// source is the object in the path, as chosen by the query.
func (c *call) source() (source, error) {
	src := source{bucket: c.bucket, name: c.object}
	var err error
	if src.generation, err = parseInt("generation", c.query["generation"]); err != nil {
		return src, err
	}
	src.condition, err = parseCondition(c.query)
	return src, err
}
