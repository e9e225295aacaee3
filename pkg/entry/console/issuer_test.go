// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/standin/openid"
)

// at lets people sign in to the console at an issuer.
func (s *system) at(t *testing.T) *openid.Issuer {
	t.Helper()
	issuer := openid.Start(t)
	config := auth.Config{
		Mode: "oidc", Issuer: issuer.URL, Audiences: []string{"api"}, ClientID: "console", ClientSecret: "s", Operators: []string{"email:ann@example.com"},
	}
	var err error
	if s.console.Auth, err = auth.New(config); err != nil {
		t.Fatal(err)
	}
	s.console.SignIn, s.console.Config.Mode = auth.NewSignIn(config, s.console.Auth), "oidc"
	return issuer
}

// leave signs Ann in at the issuer, and returns where she is sent back to, and the cookie that her
// browser has.
func (s *system) leave(t *testing.T, issuer *openid.Issuer, next string, edit ...func(*http.Request)) (back *url.URL, cookie *http.Cookie) {
	t.Helper()
	a := s.send(t, http.MethodGet, "", "/console/sign-in/issuer?next="+url.QueryEscape(next), nil, edit...)
	to := a.header.Get("Location")
	if a.code != http.StatusFound || !strings.HasPrefix(to, issuer.URL+"/authorize?") {
		t.Fatalf("got %d to %q", a.code, to)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	back, err = response.Location()
	if err != nil || back.Path != "/console/sign-in/callback" {
		t.Fatalf("the issuer sends the browser to %v, %v", back, err)
	}
	return back, a.cookie(t)
}

// cookies returns the cookies that an answer sets, by name.
func (a answer) cookies() map[string]*http.Cookie {
	all := map[string]*http.Cookie{}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		all[c.Name] = c
	}
	return all
}

func with(cookie *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(cookie) }
}

func TestSignIn_at_an_issuer(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	d := s.at(t)
	s.get(t, "", "/console/money").has(t, http.StatusUnauthorized, `href="/console/sign-in/issuer?next=%2Fconsole%2Fmoney"`, strings.TrimPrefix(d.URL, "http://")).hasNo(t, `id="token"`)
	back, cookie := s.leave(t, d, "/console/money?month=2026-11")
	if cookie.Name != "vertextune-local-sign-in" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 600 || cookie.Path != "/" {
		t.Errorf("the cookie is %+v", cookie)
	}
	a := s.send(t, http.MethodGet, "", back.RequestURI(), nil, with(cookie)).has(t, http.StatusOK, `http-equiv="refresh" content="0; url=/console/money?month=2026-11"`)
	set := a.cookies()
	session := set["vertextune-local"]
	if session == nil || !session.HttpOnly || session.SameSite != http.SameSiteStrictMode || session.MaxAge < 3500 || session.MaxAge > 3600 || set[cookie.Name].MaxAge >= 0 {
		t.Fatalf("the cookies are %v", a.header.Values("Set-Cookie"))
	}
	s.get(t, session.Value, "/console/data").has(t, http.StatusOK, "ann@example.com", "operator", "Sign out")
	s.get(t, session.Value, "/console/start").has(t, http.StatusForbidden)
	if strings.Contains(s.Log.String(), session.Value) || strings.Contains(s.Log.String(), back.Query().Get("state")) {
		t.Error("a secret is in the log")
	}
}

func TestSignIn_at_an_issuer_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	d := s.at(t)
	back, cookie := s.leave(t, d, "/console")
	state := back.Query().Get("state")
	other := *cookie
	other.Value = "bm8"
	for name, test := range map[string]struct {
		path string
		edit []func(*http.Request)
	}{
		"no cookie":      {"?code=c&state=" + state, nil},
		"another cookie": {"?code=c&state=" + state, []func(*http.Request){with(&other)}},
		"another state":  {"?code=c&state=x", []func(*http.Request){with(cookie)}},
		"no code":        {"?state=" + state, []func(*http.Request){with(cookie)}},
		"refused":        {"?error=access_denied&error_description=marked-word", []func(*http.Request){with(cookie)}},
	} {
		a := s.send(t, http.MethodGet, "", "/console/sign-in/callback"+test.path, nil, test.edit...).has(t, http.StatusUnauthorized, "Sign in", `class="problem"`).hasNo(t, "marked-word")
		if a.cookies()["vertextune-local"] != nil {
			t.Errorf("%s: there is a session", name)
		}
	}
	for name, test := range map[string]struct {
		claim string
		value any
		says  string
	}{
		"of another sign-in": {"nonce", "another", "not completed"},
		"of another client":  {"aud", "another", "not completed"},
		"too long":           {"groups", strings.Repeat("x", 4000), "too long for a cookie"},
	} {
		d.Claims = func(claims map[string]any) { claims[test.claim] = test.value }
		back, cookie = s.leave(t, d, "/console")
		a := s.send(t, http.MethodGet, "", back.RequestURI(), nil, with(cookie)).has(t, http.StatusUnauthorized, test.says)
		if a.cookies()["vertextune-local"] != nil {
			t.Errorf("a token %s: there is a session", name)
		}
	}
}

func TestSignIn_at_an_issuer_over_HTTPS(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	d := s.at(t)
	elsewhere := func(r *http.Request) { r.Host = "tune.example.com" }
	_, cookie := s.leave(t, d, "https://evil.example.com/", elsewhere)
	if cookie.Name != "__Host-vertextune-sign-in" || !cookie.Secure {
		t.Errorf("the cookie is %+v", cookie)
	}
	back, cookie := s.leave(t, d, "/console/"+strings.Repeat("x", 2000), elsewhere)
	s.send(t, http.MethodGet, "", back.RequestURI(), nil, elsewhere, with(cookie)).has(t, http.StatusOK, `url=/console"`)
}

// Without a client of the issuer, people paste a token.
func TestSignIn_without_a_client(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.get(t, "", "/console/sign-in").has(t, http.StatusOK, `id="token"`).hasNo(t, "/sign-in/issuer")
	s.get(t, "", "/console/sign-in/issuer").has(t, http.StatusNotFound)
	s.get(t, "", "/console/sign-in/callback?code=c&state=s").has(t, http.StatusNotFound)
}

// proxied takes the assertion as the caller's name.
type proxied struct{}

func (proxied) Check(r *http.Request) (auth.Caller, error) {
	return auth.Caller{Name: r.Header.Get("X-Goog-IAP-JWT-Assertion"), Role: auth.Reader}, nil
}

// Behind Identity-Aware Proxy, its assertion says who the caller is, and nothing else does.
func TestSignIn_behind_a_proxy(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.console.Auth, s.console.Config.Mode = proxied{}, "iam"
	from := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Goog-IAP-JWT-Assertion", name) }
	}
	s.send(t, http.MethodGet, "", "/console", nil, from("ann@example.com")).has(t, http.StatusOK, "ann@example.com").hasNo(t, "Sign out")
	s.get(t, "", "/console").has(t, http.StatusUnauthorized, "Identity-Aware Proxy")
}
