// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// problem is what an error page shows. It has nothing that the API does not answer.
type problem struct {
	Heading, Message string
	Violations       []fault.Violation
	Remedy, Fix      string
	RequestID        string
	RetrySeconds     int64
}

// headings are the headings of error pages by the kind of the error.
var headings = map[fault.Kind]string{
	fault.InvalidArgument:    "This cannot be done as asked",
	fault.FailedPrecondition: "This cannot be done now",
	fault.PermissionDenied:   "You may not do this",
	fault.NotFound:           "Nothing is here",
	fault.MethodNotAllowed:   "This cannot be done as asked",
	fault.AlreadyExists:      "This exists already",
	fault.Conflict:           "Something has changed meanwhile",
	fault.TooLarge:           "This is too large",
	fault.ResourceExhausted:  "A limit is reached",
	fault.UpstreamFailed:     "Google Cloud has refused",
	fault.Unavailable:        "Google Cloud does not answer",
	fault.DeadlineExceeded:   "Google Cloud was too slow",
}

// showError writes the page about an error. A caller who is not known gets the page for signing in.
func (c *call) showError(err error) {
	e := c.Explain(err)
	code := e.Kind.HTTP().Code
	if e.Kind == fault.Unauthenticated {
		c.showSignIn(e)
		return
	}
	if e.RetryAfter > 0 {
		c.w.Header().Set("Retry-After", strconv.FormatInt(e.RetrySeconds(), 10))
	}
	p := problem{
		Heading: headings[e.Kind], Message: e.Message, Violations: e.Violations[:min(len(e.Violations), maxViolations)],
		Remedy: e.Metadata["remedy"], Fix: e.Metadata["fix"], RequestID: serve.RequestID(c.r.Context()), RetrySeconds: e.RetrySeconds(),
	}
	if p.Heading == "" {
		p.Heading = "Something went wrong"
	}
	if err := c.show(code, "error", view{Title: p.Heading, Body: p}); err != nil {
		c.Log.ErrorContext(c.ctx(), "the error page was not rendered", "error", err)
		http.Error(c.w, "Something went wrong. It has been logged.", http.StatusInternalServerError)
	}
}

// maxViolations is how many faults an error page lists.
const maxViolations = 50

// showSignIn asks the browser to sign in. A browser that follows a link from another site does not
// send the cookie with its first request, so it is asked to send the request again from here.
func (c *call) showSignIn(e *fault.Error) {
	isRead := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	site := c.r.Header.Get("Sec-Fetch-Site")
	var err error
	switch {
	case e == errSignedOut && isRead && (site == "cross-site" || site == "same-site"):
		err = c.show(http.StatusOK, "again", view{Title: "One moment", Body: nextOf(c.r.URL.RequestURI())})
	default:
		next, problem := Root, ""
		if isRead {
			next = nextOf(c.r.URL.RequestURI())
		}
		if e != errSignedOut {
			problem = e.Message
		}
		err = c.showSignInForm(http.StatusUnauthorized, next, problem)
	}
	if err == nil {
		return
	}
	c.Log.ErrorContext(c.ctx(), "the page for signing in was not rendered", "error", err)
	http.Error(c.w, "Something went wrong. It has been logged.", http.StatusInternalServerError)
}
