// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// sessionLife is how long a browser stays signed in: a working day.
const sessionLife = 8 * time.Hour

// tokenLimit is the maximum length of a token in a cookie, in bytes. Browsers drop longer cookies.
const tokenLimit = 3800

// The names of the cookie. Browsers accept the prefix __Host- only for a cookie that is sent over
// HTTPS and belongs to this host alone. On this machine there is no HTTPS.
const (
	cookieName      = "__Host-vertextune"
	localCookieName = "vertextune-local"
)

// isLocal reports whether the browser asked for an address on this machine.
func isLocal(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")).IsLoopback()
}

func cookieOf(r *http.Request) string {
	if isLocal(r) {
		return localCookieName
	}
	return cookieName
}

// setSession sets the cookie that carries the caller's token, or removes it if the token is empty.
// The token is the one that the API takes, so that it is checked at each request, and a token that
// is withdrawn ends the session. Scripts cannot read the cookie.
func setSession(w http.ResponseWriter, r *http.Request, token string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // without HTTPS, on localhost, browsers refuse a secure cookie
		Name: cookieOf(r), Value: token, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: !isLocal(r), SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// errSignedOut means that the browser has no session.
var errSignedOut = &fault.Error{Kind: fault.Unauthenticated, Reason: "SIGNED_OUT", Message: "Sign in to see this page."}

// identify returns the caller of a request. A cookie stands for the header of an API call. A proxy
// in front of the service may send the header itself; Identity-Aware Proxy sends another one.
func (c *call) identify() (auth.Caller, error) {
	if c.r.Header.Get("Authorization") != "" || c.Config.Mode == "iam" && auth.HasAssertion(c.r) {
		return c.Auth.Check(c.r)
	}
	cookie, err := c.r.Cookie(cookieOf(c.r))
	if err != nil || cookie.Value == "" {
		return auth.Caller{}, errSignedOut
	}
	return c.check(cookie.Value)
}

// check identifies the caller who has the token.
func (c *call) check(token string) (auth.Caller, error) {
	request := c.r.Clone(c.ctx())
	request.Header = http.Header{"Authorization": {"Bearer " + token}}
	return c.Auth.Check(request)
}

// signInForm is what the page for signing in shows.
type signInForm struct {
	Mode, Next, Problem string
	Issuer              string // that signs people in, or ""
}

func (c *call) signInPage() error {
	return c.showSignInForm(http.StatusOK, nextOf(c.r.URL.Query().Get("next")), "")
}

func (c *call) showSignInForm(code int, next, problem string) error {
	form := signInForm{Mode: c.Config.Mode, Next: next, Problem: problem}
	if c.SignIn != nil {
		form.Issuer = c.SignIn.Host()
	}
	return c.show(code, "sign-in", view{Title: "Sign in", Body: form})
}

// signIn takes the token of the form. A wrong token is answered with the form again.
func (c *call) signIn() error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, 4*tokenLimit)
	if err := c.r.ParseForm(); err != nil {
		return fault.Wrap(fault.InvalidArgument, err, "The form could not be read. Send it again.")
	}
	token, next := strings.TrimSpace(c.r.PostFormValue("token")), nextOf(c.r.PostFormValue("next"))
	problem := ""
	switch {
	case c.Config.Mode == "iam":
		return fault.New(fault.NotFound, "No token is taken here: Google Cloud says who you are.")
	case token == "":
		problem = "Enter your token."
	case len(token) > tokenLimit || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`",;\`, r) }):
		problem = "This is not a token. Copy the whole token, and nothing else."
	}
	if problem == "" {
		caller, err := c.check(token)
		switch {
		case err == nil:
			c.caller = caller
			setSession(c.w, c.r, token, sessionLife)
			return c.redirect(next)
		case fault.KindOf(err) != fault.Unauthenticated:
			return err
		}
		problem = "The token is not valid. Ask for a new one from the person who runs this service."
	}
	return c.showSignInForm(http.StatusUnauthorized, next, problem)
}

func (c *call) signOut() error {
	setSession(c.w, c.r, "", 0)
	return c.redirect(Root + "/sign-in")
}

// nextOf returns the page to which a sign-in leads: an address of the console, and nothing else.
func nextOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.IsAbs() || u.Host != "" || u.Path != path.Clean(u.Path) {
		return Root
	}
	if u.Path != Root && !strings.HasPrefix(u.Path, Root+"/") || strings.HasPrefix(u.Path, Root+"/sign-") {
		return Root
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
