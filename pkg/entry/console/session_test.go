// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// cookie returns the cookie that an answer sets.
func (a answer) cookie(t *testing.T) *http.Cookie {
	t.Helper()
	all := (&http.Response{Header: a.header}).Cookies()
	if len(all) != 1 {
		t.Fatalf("the answer sets %d cookies: %v", len(all), a.header)
	}
	return all[0]
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.get(t, "", "/console").has(t, http.StatusUnauthorized, `name="next" value="/console"`, "Sign in").hasNo(t, "Project test")
	a := s.send(t, http.MethodPost, "", "/console/sign-in", url.Values{"token": {" " + reader + "\n"}, "next": {"/console?status=PIPELINE_STATE_FAILED"}})
	if c := a.cookie(t); a.code != http.StatusSeeOther || a.header.Get("Location") != "/console?status=PIPELINE_STATE_FAILED" ||
		c.Value != reader || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 8*60*60 || c.Path != "/" || c.Secure {
		t.Errorf("got %d to %q with %+v", a.code, a.header.Get("Location"), c)
	}
	s.get(t, reader, "/console").has(t, http.StatusOK, "rita", "Sign out")
	out := s.send(t, http.MethodPost, reader, "/console/sign-out", nil)
	if c := out.cookie(t); out.code != http.StatusSeeOther || c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("got %d with %+v", out.code, c)
	}
}

func TestSignIn_over_HTTPS(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	elsewhere := func(r *http.Request) { r.Host = "tune.example.com" }
	a := s.send(t, http.MethodPost, "", "/console/sign-in", url.Values{"token": {reader}}, elsewhere)
	if c := a.cookie(t); c.Name != "__Host-vertextune" || !c.Secure {
		t.Errorf("the cookie is %+v", c)
	}
	// The cookie of this machine counts for nothing elsewhere.
	if a := s.send(t, http.MethodGet, reader, "/console", nil, elsewhere); a.code != http.StatusUnauthorized {
		t.Errorf("got %d", a.code)
	}
}

func TestSignIn_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for name, token := range map[string]string{
		"empty": "", "unknown": "token-of-nobody", "quoted": `"` + reader, "two lines": "a\nb", "long": strings.Repeat("x", 4000),
	} {
		a := s.send(t, http.MethodPost, "", "/console/sign-in", url.Values{"token": {token}})
		a.has(t, http.StatusUnauthorized, `class="problem"`, `aria-invalid="true"`)
		if token != "" {
			a.hasNo(t, token)
		}
		if a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: a cookie is set", name)
		}
	}
	s.get(t, "token-of-nobody", "/console").has(t, http.StatusUnauthorized, "The token is not valid.")
	if strings.Contains(s.Log.String(), "token-of-") {
		t.Error("a token is in the log")
	}
}

func TestSignIn_leads_nowhere_else(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for _, next := range []string{
		"https://evil.example.com/console", "//evil.example.com/console", `/\evil.example.com`, "/api", "/console/../api", "/consolex", "javascript:alert(1)",
		"/console/sign-out", "%zz", "/console/\x00",
	} {
		a := s.send(t, http.MethodPost, "", "/console/sign-in", url.Values{"token": {reader}, "next": {next}})
		if to := a.header.Get("Location"); to != "/console" {
			t.Errorf("next=%q leads to %q", next, to)
		}
	}
}

// A link in a mail does not carry the cookie, although the reader is signed in.
func TestSignIn_again_from_here(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	from := func(site string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", site) }
	}
	s.send(t, http.MethodGet, "", "/console?label=a:b", nil, from("cross-site")).
		has(t, http.StatusOK, `http-equiv="refresh" content="0; url=/console?label=a:b"`).hasNo(t, "Token")
	s.send(t, http.MethodGet, "", "/console", nil, from("same-origin")).has(t, http.StatusUnauthorized, "Token")
}

func TestForms_of_other_sites(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	job := s.start(t, nil)
	for _, edit := range []func(*http.Request){
		func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example.com")
		},
	} {
		for _, path := range []string{"/console/sign-in", "/console/sign-out", "/console/jobs/" + job.ID + "/cancel"} {
			s.send(t, http.MethodPost, starter, path, nil, edit).has(t, http.StatusForbidden, "another site")
		}
	}
}
