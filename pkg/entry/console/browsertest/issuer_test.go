// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// issuer starts an OpenID issuer at which everybody is Ann, and returns its address. To a browser
// it is another site than the service.
func issuer(t *testing.T) string {
	t.Helper()
	private := newKey(t)
	var nonces sync.Map // by code
	own := ""
	write := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]string{"issuer": own, "jwks_uri": own + "/keys", "authorization_endpoint": own + "/authorize", "token_endpoint": own + "/token"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "1"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q, code := r.URL.Query(), rand.Text()
		nonces.Store(code, q.Get("nonce"))
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {code}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: "1"}}, nil)
		if err != nil {
			t.Error(err)
			return
		}
		nonce, _ := nonces.LoadAndDelete(r.PostFormValue("code"))
		token, err := jwt.Signed(signer).Claims(map[string]any{
			"iss": own, "sub": "1", "aud": "console", "exp": time.Now().Add(time.Hour).Unix(), "nonce": nonce, "email": "ann@example.com", "email_verified": true,
		}).Serialize()
		if err != nil {
			t.Error(err)
		}
		write(w, map[string]string{"access_token": "a", "token_type": "Bearer", "id_token": token})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	own = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return own
}

// A sign-in at an issuer, which is another site, and back to the page that was wanted.
func TestSignIn_at_an_issuer(t *testing.T) {
	t.Parallel()
	at := issuer(t)
	own, _ := launched(t, "AUTH_MODE=oidc", "AUTH_ISSUER="+at, "AUTH_AUDIENCES=api", "AUTH_CLIENT_ID=console", "AUTH_CLIENT_SECRET=s", "AUTH_OPERATORS=email:ann@example.com")
	own = strings.Replace(own, "localhost", "127.0.0.1", 1)
	b := open(t, at, own)
	b.do(chromedp.Navigate(own+"/console/models"), chromedp.WaitReady(chromedp.CSS("footer")))
	b.see("You sign in at")
	b.accessible("the page for signing in")
	b.click("Sign in")
	b.see("ann@example.com")
	b.see("Base model")
	if now := eval[string](b, "location.href"); now != own+"/console/models" {
		t.Errorf("the address is %s", now)
	}
	if cookies := eval[string](b, "document.cookie"); cookies != "" {
		t.Errorf("a script can read %q", cookies)
	}
	b.click("Data")
	b.see("A file with conversations")
	b.click("Sign out")
	b.see("You sign in at")
	b.do(chromedp.Navigate(own+"/console/sign-in/callback?state=x&code=y"), chromedp.WaitReady(chromedp.CSS("footer")))
	b.see("The sign-in was not completed.")
	b.accessible("the refused sign-in")
}
