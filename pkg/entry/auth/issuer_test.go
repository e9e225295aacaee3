// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// audience is the name of our service in the tokens.
const audience = "https://vertextune.example.com"

// issuer is a local OpenID issuer.
type issuer struct {
	t     testing.TB
	url   string
	about map[string]any // the OpenID configuration
	asked atomic.Int64   // the number of requests for the keys

	mux *http.ServeMux

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	instead http.HandlerFunc // if set, answers every request
}

func newIssuer(t testing.TB, keys ...jose.JSONWebKey) *issuer {
	t.Helper()
	i := &issuer{t: t}
	i.publish(keys...)
	mux := http.NewServeMux()
	i.mux = mux
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) { i.answer(w, i.about) })
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.answer(w, map[string]any{"keys": i.keys})
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		instead := i.instead
		i.mu.Unlock()
		if instead != nil {
			instead(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	i.about = map[string]any{"issuer": i.url, "jwks_uri": i.url + "/keys"}
	return i
}

func (i *issuer) answer(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Error(err)
	}
}

// publish replaces the published keys with the public halves of these keys.
func (i *issuer) publish(keys ...jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = nil
	for _, key := range keys {
		i.keys = append(i.keys, key.Public())
	}
}

// fails makes another handler answer all requests. With nil, the issuer answers again.
func (i *issuer) fails(instead http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.instead = instead
}

// away answers that the issuer is not available.
func away(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

// checker returns a checker of mode oidc that uses this issuer.
func (i *issuer) checker(edit ...func(*auth.Config)) auth.Checker {
	i.t.Helper()
	config := auth.Config{
		Mode: "oidc", Issuer: i.url, Audiences: []string{"other", audience},
		Readers: []string{"domain:example.com"}, Starters: []string{"email:ann@example.com"},
	}
	for _, f := range edit {
		f(&config)
	}
	checker, err := auth.New(config)
	if err != nil {
		i.t.Fatal(err)
	}
	return checker
}

// claims returns the claims of a valid token of Ann's, with changes. A nil value removes a claim.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := time.Now()
	all := map[string]any{
		"iss": i.url, "sub": "ann-1", "aud": audience, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
		"email": "ann@example.com", "email_verified": true,
	}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

var (
	rsaKey      = sync.OnceValue(func() any { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherRSAKey = sync.OnceValue(func() any { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ed25519Key  = sync.OnceValue(func() any { _, key, err := ed25519.GenerateKey(rand.Reader); return must(key, err) })
)

func ecKey(curve elliptic.Curve) any { return must(ecdsa.GenerateKey(curve, rand.Reader)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func named(kid string, key any) jose.JSONWebKey { return jose.JSONWebKey{KeyID: kid, Key: key} }

// sign returns a signed token. The header may have additional fields.
func sign(t testing.TB, algorithm jose.SignatureAlgorithm, key jose.JSONWebKey, claims any, header ...any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	for n := 0; n < len(header); n += 2 {
		options.WithHeader(jose.HeaderKey(header[n].(string)), header[n+1])
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(must(json.Marshal(claims)))
	if err != nil {
		t.Fatal(err)
	}
	return must(signed.CompactSerialize())
}

// compact builds a token from any parts.
func compact(header, claims any, signature string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return strings.Join([]string{encode(must(json.Marshal(header))), encode(must(json.Marshal(claims))), signature}, ".")
}

// request returns a request with each token in a separate Authorization header.
func request(t testing.TB, tokens ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, token := range tokens {
		r.Header.Add("Authorization", "Bearer "+token)
	}
	return r
}
