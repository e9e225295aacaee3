// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package console serves pages for people: jobs, data, models and money. It shows what the HTTP
// endpoints say, from the same packages, and follows the same roles. The pages are templates with
// one stylesheet. One script refreshes what is live; everything works without it.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// Console is the HTTP handler of all pages.
type Console struct {
	Config Config
	Auth   auth.Checker
	// SignIn signs people in at the issuer of mode oidc, or is nil: then they paste a token.
	SignIn    *auth.SignIn
	Access    *jobaccess.Service
	Catalogue catalogue.Provider
	// Evaluations has the answers of evaluations.
	Evaluations *evaluations.Service
	Promotions  *promotions.Service
	// Start starts a job, within the caller's limit of starts.
	Start func(ctx context.Context, o jobs.StartRequest) (tuning.Job, error)
	// Evaluate starts an evaluation, within the same limit.
	Evaluate func(ctx context.Context, o evaluations.StartRequest) (evalrun.Run, error)
	// Admit waits for the memory that the body of a request takes. The caller must call release.
	Admit func(r *http.Request) (release func(), err error)
	// Explain adds to an error how to fix it.
	Explain func(err error) *fault.Error
	Now     func() time.Time
	Log     *slog.Logger

	mux   *http.ServeMux
	once  sync.Once
	cross http.CrossOriginProtection
	spent cache[*monthCosts]
	tuned cache[[]int64]
}

// Config holds the settings of the console.
type Config struct {
	// Mode is AUTH_MODE.
	Mode string
	// Project, Location, Inbox and Data are named on the pages.
	Project, Location, Inbox, Data string
	BaseModel                      string
	Budget                         jobs.Budget
	// Timeout limits the work on a request.
	Timeout time.Duration
}

// Root is the address of the console.
const Root = "/console"

// Serves reports whether a request is for the console. A browser that asks for the root of the
// service is led to the console; all other answers at the root stay as they are.
func Serves(r *http.Request) bool {
	path := r.URL.Path
	if path == "/" {
		isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
		return isRead && strings.Contains(r.Header.Get("Accept"), "text/html")
	}
	return path == Root || strings.HasPrefix(path, Root+"/")
}

// Answer describes a served request for the log.
type Answer struct {
	Route  string // the pattern, without anything that a caller wrote
	Caller string
	Err    error
}

type answerKey struct{}

// Serve serves a page, and returns what to log of it.
func (c *Console) Serve(w http.ResponseWriter, r *http.Request) Answer {
	c.once.Do(c.routes)
	answer := Answer{Route: Root}
	r = r.WithContext(context.WithValue(r.Context(), answerKey{}, &answer))
	secure(w.Header())
	c.mux.ServeHTTP(w, r)
	return answer
}

// secure sets the headers of every answer. The policy allows nothing but what the console itself
// serves, and no other page may frame it.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	// With no-referrer, browsers hide the origin of a form, which the check of origins needs.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// call is a request for a page.
type call struct {
	*Console
	w      http.ResponseWriter
	r      *http.Request
	caller auth.Caller
}

func (c *call) ctx() context.Context { return c.r.Context() }

// page is a handler of one page.
type page func(*call) error

// pages are the pages with the roles that they need.
var pages = map[string]struct {
	role  auth.Role
	serve page
}{
	Root + "/":                                  {auth.Reader, notFound},
	"GET " + Root:                               {auth.Reader, (*call).jobs},
	"GET " + Root + "/jobs/{id}":                {auth.Reader, (*call).job},
	"GET " + Root + "/jobs/{id}/cancel":         {auth.Starter, (*call).confirmCancel},
	"POST " + Root + "/jobs/{id}/cancel":        {auth.Starter, (*call).cancel},
	"GET " + Root + "/jobs/{id}/promote":        {auth.Starter, (*call).promoteForm},
	"POST " + Root + "/jobs/{id}/promote":       {auth.Starter, (*call).promote},
	"GET " + Root + "/jobs/{id}/retune":         {auth.Starter, (*call).confirmRetune},
	"POST " + Root + "/jobs/{id}/retune":        {auth.Starter, (*call).retune},
	"GET " + Root + "/jobs/{id}/evaluate":       {auth.Starter, (*call).evaluateForm},
	"POST " + Root + "/jobs/{id}/evaluate":      {auth.Starter, (*call).evaluate},
	"GET " + Root + "/models/{model}":           {auth.Reader, (*call).model},
	"GET " + Root + "/models/{model}/rollback":  {auth.Starter, (*call).confirmRollback},
	"POST " + Root + "/models/{model}/rollback": {auth.Starter, (*call).rollback},
	"GET " + Root + "/jobs/{id}/evaluation":     {auth.Operator, (*call).answers},
	"GET " + Root + "/models":                   {auth.Reader, (*call).models},
	"GET " + Root + "/money":                    {auth.Reader, (*call).money},
	"GET " + Root + "/start":                    {auth.Starter, (*call).startForm},
	"POST " + Root + "/start":                   {auth.Starter, (*call).start},
	"GET " + Root + "/data":                     {auth.Operator, (*call).data},
	"POST " + Root + "/data":                    {auth.Operator, (*call).upload},
	"GET " + Root + "/data/report/{key}":        {auth.Operator, (*call).report},
	"GET " + issuerPath:                         {auth.None, (*call).toIssuer},
	"GET " + callbackPath:                       {auth.None, (*call).fromIssuer},
	"GET " + Root + "/sign-in":                  {auth.None, (*call).signInPage},
	"POST " + Root + "/sign-in":                 {auth.None, (*call).signIn},
	"POST " + Root + "/sign-out":                {auth.None, (*call).signOut},
}

// routes fills the routing table. Every page but those that sign in and out needs a role.
func (c *Console) routes() {
	c.mux = http.NewServeMux()
	c.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, Root, http.StatusFound) })
	c.mux.HandleFunc("GET "+Root+"/static/{name}", serveStatic)
	for pattern, p := range pages {
		c.mux.Handle(pattern, c.handler(p.role, p.serve))
	}
}

func notFound(*call) error { return fault.New(fault.NotFound, "There is no page at this address.") }

// retryLimit is how long a failing call to Google Cloud is retried before the error is shown.
const retryLimit = 3 * time.Second

// handler returns the handler of a page for callers with a role.
func (c *Console) handler(role auth.Role, page page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, _ := r.Context().Value(answerKey{}).(*Answer)
		answer.Route = routeOf(r.Pattern)
		ctx, cancel := context.WithTimeout(gcperr.WithRetryLimit(r.Context(), retryLimit), c.Config.Timeout)
		defer cancel()
		one := &call{Console: c, w: w, r: r.WithContext(ctx)}
		err := one.serve(role, page)
		answer.Caller, answer.Err = one.caller.Name, err
		if err != nil {
			one.showError(err)
		}
	})
}

// routeOf returns the pattern of a page without its method.
func routeOf(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	return pattern
}

// serve checks where the request comes from and who the caller is, and calls the page. A panic
// becomes an error, which is logged with its stack.
func (c *call) serve(role auth.Role, page page) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = serve.PanicError(value)
		}
	}()
	if err := c.cross.Check(c.r); err != nil {
		return fault.Wrap(fault.PermissionDenied, err, "The form was sent from another site. Open the page here, and send it again.")
	}
	if role != auth.None {
		if c.caller, err = c.identify(); err != nil {
			return err
		}
		if err := c.caller.Require(role); err != nil {
			return err
		}
	}
	if c.r.Method == http.MethodPost {
		_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(c.Config.Timeout)) // without a connection there is nothing to limit
		release, err := c.Admit(c.r)
		if err != nil {
			return err
		}
		defer release()
	}
	return page(c)
}

// find returns the job that the address names.
func (c *call) find() (store.Record, error) {
	id := c.r.PathValue("id")
	if !tuning.IsID(id) {
		return store.Record{}, fault.New(fault.NotFound, "There is no job at this address.")
	}
	return c.Access.Find(c.ctx(), id)
}

// redirect leads the browser to another page of the console after a form.
func (c *call) redirect(to string) error {
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
	return nil
}
