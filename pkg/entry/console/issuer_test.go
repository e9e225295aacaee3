// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// desk is an OpenID issuer whose only user is Ann.
type desk struct {
	url   string
	nonce string // of the last sign-in
	long  bool   // its tokens are too long for a cookie
}

// at lets people sign in to the console at an issuer.
func (s *system) at(t *testing.T) *desk {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	write := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]string{"issuer": d.url, "jwks_uri": d.url + "/keys", "authorization_endpoint": d.url + "/authorize", "token_endpoint": d.url + "/token"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "1"}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: "1"}}, nil)
		if err != nil {
			t.Error(err)
			return
		}
		claims := map[string]any{
			"iss": d.url, "sub": "1", "aud": "console", "exp": time.Now().Add(time.Hour).Unix(), "nonce": d.nonce, "email": "ann@example.com", "email_verified": true,
		}
		if d.long {
			claims["groups"] = strings.Repeat("x", 4000)
		}
		token, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Error(err)
		}
		write(w, map[string]string{"access_token": "a", "token_type": "Bearer", "id_token": token})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	d.url = server.URL
	config := auth.Config{Mode: "oidc", Issuer: d.url, Audiences: []string{"api"}, ClientID: "console", ClientSecret: "s", Operators: []string{"email:ann@example.com"}}
	if s.console.Auth, err = auth.New(config); err != nil {
		t.Fatal(err)
	}
	s.console.SignIn, s.console.Config.Mode = auth.NewSignIn(config, s.console.Auth), "oidc"
	return d
}

// leave goes to the issuer, and returns the state and the cookie that the browser has.
func (s *system) leave(t *testing.T, d *desk, next string, edit ...func(*http.Request)) (state string, cookie *http.Cookie) {
	t.Helper()
	a := s.send(t, http.MethodGet, "", "/console/sign-in/issuer?next="+url.QueryEscape(next), nil, edit...)
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.code != http.StatusFound || !strings.HasPrefix(to.String(), d.url+"/authorize?") {
		t.Fatalf("got %d to %q, %v", a.code, to, err)
	}
	d.nonce = to.Query().Get("nonce")
	if !strings.HasSuffix(to.Query().Get("redirect_uri"), "/console/sign-in/callback") {
		t.Errorf("the issuer sends the browser to %s", to.Query().Get("redirect_uri"))
	}
	return to.Query().Get("state"), a.cookie(t)
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
	s.get(t, "", "/console/money").has(t, http.StatusUnauthorized, `href="/console/sign-in/issuer?next=%2Fconsole%2Fmoney"`, strings.TrimPrefix(d.url, "http://")).hasNo(t, `id="token"`)
	state, cookie := s.leave(t, d, "/console/money?month=2026-11")
	if cookie.Name != "vertextune-local-sign-in" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 600 || cookie.Path != "/" {
		t.Errorf("the cookie is %+v", cookie)
	}
	back := "/console/sign-in/callback?code=c&state=" + state
	a := s.send(t, http.MethodGet, "", back, nil, with(cookie)).has(t, http.StatusOK, `http-equiv="refresh" content="0; url=/console/money?month=2026-11"`)
	set := a.cookies()
	session := set["vertextune-local"]
	if session == nil || !session.HttpOnly || session.SameSite != http.SameSiteStrictMode || session.MaxAge < 3500 || session.MaxAge > 3600 || set[cookie.Name].MaxAge >= 0 {
		t.Fatalf("the cookies are %v", a.header.Values("Set-Cookie"))
	}
	s.get(t, session.Value, "/console/data").has(t, http.StatusOK, "ann@example.com", "operator", "Sign out")
	s.get(t, session.Value, "/console/start").has(t, http.StatusForbidden)
	if strings.Contains(s.Log.String(), session.Value) || strings.Contains(s.Log.String(), state) {
		t.Error("a secret is in the log")
	}
}

func TestSignIn_at_an_issuer_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	d := s.at(t)
	state, cookie := s.leave(t, d, "/console")
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
	d.nonce = "of another sign-in"
	s.send(t, http.MethodGet, "", "/console/sign-in/callback?code=c&state="+state, nil, with(cookie)).has(t, http.StatusUnauthorized)
	d.long = true
	state, cookie = s.leave(t, d, "/console")
	s.send(t, http.MethodGet, "", "/console/sign-in/callback?code=c&state="+state, nil, with(cookie)).has(t, http.StatusUnauthorized, "too long for a cookie")
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
	state, cookie := s.leave(t, d, "/console/"+strings.Repeat("x", 2000), elsewhere)
	s.send(t, http.MethodGet, "", "/console/sign-in/callback?code=c&state="+state, nil, elsewhere, with(cookie)).has(t, http.StatusOK, `url=/console"`)
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
