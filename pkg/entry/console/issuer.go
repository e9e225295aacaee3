// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// The addresses of a sign-in at the issuer.
const (
	issuerPath   = Root + "/sign-in/issuer"
	callbackPath = Root + "/sign-in/callback"
)

// attemptLife is how long a person may take at the issuer.
const attemptLife = 10 * time.Minute

// The names of the cookie that keeps a sign-in until the browser comes back from the issuer.
const (
	attemptName      = "__Host-vertextune-sign-in"
	localAttemptName = "vertextune-local-sign-in"
)

// longestNext is the maximum length of the address after a sign-in, in bytes: the cookie carries
// it.
const longestNext = 1500

// attempt is a sign-in that has begun, and where it leads.
type attempt struct {
	auth.Attempt
	Next string `json:"p"`
}

// attemptCookie returns the cookie of a sign-in. The browser comes back from another site, so the
// cookie cannot be strict.
func attemptCookie(r *http.Request, value string, life time.Duration) *http.Cookie {
	cookie := &http.Cookie{ //nolint:gosec // without HTTPS, on localhost, browsers refuse a secure cookie
		Name: attemptName, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, Secure: !isLocal(r), SameSite: http.SameSiteLaxMode,
	}
	if isLocal(r) {
		cookie.Name = localAttemptName
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// callbackOf is the address to which the issuer sends the browser back. The issuer knows the
// addresses that are allowed, so the host of the request cannot lead it elsewhere.
func callbackOf(r *http.Request) string {
	scheme := "https://"
	if isLocal(r) && r.TLS == nil {
		scheme = "http://"
	}
	return scheme + r.Host + callbackPath
}

var errNoIssuer = fault.New(fault.NotFound, "There is no page at this address.")

// toIssuer sends the browser to the issuer.
func (c *call) toIssuer() error {
	if c.SignIn == nil {
		return errNoIssuer
	}
	begun, address, err := c.SignIn.Begin(c.ctx(), callbackOf(c.r))
	if err != nil {
		return err
	}
	next := nextOf(c.r.URL.Query().Get("next"))
	if len(next) > longestNext {
		next = Root
	}
	text, err := json.Marshal(attempt{begun, next})
	if err != nil {
		return err //nolint:wrapcheck // strings can always be encoded
	}
	http.SetCookie(c.w, attemptCookie(c.r, base64.RawURLEncoding.EncodeToString(text), attemptLife))
	http.Redirect(c.w, c.r, address, http.StatusFound)
	return nil
}

// fromIssuer takes the browser back from the issuer. The ID token becomes the session, and is
// checked again at each request.
func (c *call) fromIssuer() error {
	if c.SignIn == nil {
		return errNoIssuer
	}
	begun := c.attempt()
	http.SetCookie(c.w, attemptCookie(c.r, "", 0)) // an attempt has one try
	query := c.r.URL.Query()
	if query.Get("error") != "" {
		return c.notSignedIn(begun.Next, "You were not signed in. Sign in again, or ask the person who runs this service.")
	}
	token, caller, expires, err := c.SignIn.Complete(c.ctx(), callbackOf(c.r), query.Get("state"), query.Get("code"), begun.Attempt)
	switch {
	case fault.KindOf(err) == fault.Unauthenticated:
		return c.notSignedIn(begun.Next, fault.From(err).Message)
	case err != nil:
		return err
	case len(token) > tokenLimit:
		return c.notSignedIn(begun.Next, "Your ID token is too long for a cookie. Ask the person who runs this service to have fewer claims in it.")
	}
	c.caller = caller
	setSession(c.w, c.r, token, min(sessionLife, expires.Sub(c.Now())))
	// Browsers send a strict cookie only from here, so the page leads on by itself.
	return c.show(http.StatusOK, "again", view{Title: "One moment", Body: nextOf(begun.Next)})
}

// attempt returns the sign-in that the browser has begun, or an empty one.
func (c *call) attempt() (begun attempt) {
	cookie, err := c.r.Cookie(attemptCookie(c.r, "", 0).Name)
	if err != nil {
		return begun
	}
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(text, &begun) != nil {
		return attempt{}
	}
	return begun
}

func (c *call) notSignedIn(next, problem string) error {
	return c.showSignInForm(http.StatusUnauthorized, nextOf(next), problem)
}

// IssuerPath is the address that leads to the issuer and then to the next page.
func (f signInForm) IssuerPath() string {
	return address(issuerPath, map[string][]string{"next": {f.Next}})
}
