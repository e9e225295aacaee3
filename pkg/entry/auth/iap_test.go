// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"crypto/elliptic"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

const proxied = "/projects/123456789012/locations/us-central1/services/vertextune-api"

// gateway is Identity-Aware Proxy, and the checker behind it.
type gateway struct {
	*issuer
	auth.Checker
	key jose.JSONWebKey
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{key: named("2nMJtw", ecKey(elliptic.P256()))}
	g.issuer = newIssuer(t, g.key)
	var err error
	g.Checker, err = auth.New(auth.Config{
		Mode: "iam", Private: "true", Audiences: []string{audience}, IAPAudience: proxied,
		Readers: []string{"domain:example.com", "domain:gmail.com", "subject:sts.google.com:pool:7"}, Starters: []string{"email:eve@example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	auth.KeysAt(g.Checker, g.url+"/keys")
	return g
}

// assert returns an assertion of the proxy, with changes to its claims.
func (g *gateway) assert(changes map[string]any) string {
	now := time.Now()
	claims := map[string]any{
		"iss": "https://cloud.google.com/iap", "sub": "accounts.google.com:1234567890", "aud": proxied, "exp": now.Add(10 * time.Minute).Unix(), "iat": now.Unix(),
		"email": "ann@example.com", "hd": "example.com",
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return sign(g.t, jose.ES256, g.key, claims)
}

// caller returns the caller of a request with these headers.
func (g *gateway) caller(header http.Header) (auth.Caller, error) {
	g.t.Helper()
	r := request(g.t)
	r.Header = header
	return g.Check(r)
}

func asserted(all ...string) http.Header { return http.Header{"X-Goog-Iap-Jwt-Assertion": all} }

func TestIAP(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	for name, test := range map[string]struct {
		changes map[string]any
		want    auth.Caller
	}{
		"of the domain":         {nil, auth.Caller{Name: "ann@example.com", Role: auth.Reader}},
		"by address":            {map[string]any{"email": "eve@example.com"}, auth.Caller{Name: "eve@example.com", Role: auth.Starter}},
		"nobody":                {map[string]any{"email": "bob@elsewhere.com", "hd": "elsewhere.com"}, auth.Caller{Name: "bob@elsewhere.com"}},
		"hosted by no domain":   {map[string]any{"email": "ann@gmail.com", "hd": nil}, auth.Caller{Name: "ann@gmail.com"}},
		"of another provider":   {map[string]any{"sub": "securetoken.google.com/p:7", "email": "eve@example.com"}, auth.Caller{Name: "subject:securetoken.google.com/p:7"}},
		"of a workforce pool":   {map[string]any{"sub": "sts.google.com:pool:7", "email": "eve@example.com"}, auth.Caller{Name: "subject:sts.google.com:pool:7", Role: auth.Reader}},
		"says that it verified": {map[string]any{"sub": "x:7", "email": "eve@example.com", "email_verified": true}, auth.Caller{Name: "subject:x:7"}},
	} {
		// The proxy calls the service as itself, and passes on what the caller has sent.
		header := asserted(g.assert(test.changes))
		header.Set("X-Serverless-Authorization", "Bearer "+checked(map[string]any{"email": "service-1@gcp-sa-iap.iam.gserviceaccount.com", "hd": nil}))
		header.Set("Authorization", "Bearer "+checked(map[string]any{"email": "eve@example.com"}))
		if caller, err := g.caller(header); err != nil || caller != test.want {
			t.Errorf("%s: %+v, %v", name, caller, err)
		}
	}
}

func TestIAP_refuses(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	forger := &gateway{issuer: g.issuer, key: named("2nMJtw", ecKey(elliptic.P256()))}
	good := g.assert(nil)
	for name, header := range map[string]http.Header{
		"forged":           asserted(forger.assert(nil)),
		"another key":      asserted(sign(t, jose.RS256, named("2nMJtw", rsaKey()), map[string]any{"iss": "https://cloud.google.com/iap"})),
		"signature gone":   asserted(good[:strings.LastIndex(good, ".")] + "." + removed),
		"none":             asserted(compact(map[string]any{"alg": "none"}, map[string]any{"sub": "accounts.google.com:1"}, "")),
		"twice":            asserted(good, good),
		"empty":            asserted(""),
		"long":             asserted(strings.Repeat("x", 17<<10)),
		"another service":  asserted(g.assert(map[string]any{"aud": proxied + "-2"})),
		"for the address":  asserted(g.assert(map[string]any{"aud": audience})),
		"another issuer":   asserted(g.assert(map[string]any{"iss": "https://accounts.google.com"})),
		"expired":          asserted(g.assert(map[string]any{"exp": time.Now().Add(-2 * time.Minute).Unix()})),
		"never expires":    asserted(g.assert(map[string]any{"exp": nil})),
		"not yet":          asserted(g.assert(map[string]any{"iat": time.Now().Add(time.Hour).Unix()})),
		"as a bearer":      {"Authorization": {"Bearer " + good}},
		"without anything": {},
	} {
		if caller, err := g.caller(header); fault.KindOf(err) != fault.Unauthenticated || caller != (auth.Caller{}) {
			t.Errorf("%s: %+v, %v", name, caller, err)
		}
	}
	// A call that did not come through the proxy is checked as before.
	if caller, err := g.caller(http.Header{"Authorization": {"Bearer " + checked(nil)}}); err != nil || caller.Role != auth.Reader {
		t.Errorf("past the proxy: %+v, %v", caller, err)
	}
}

// A browser sends the cookie of the proxy for pages of other sites too. They may look at nothing
// and change nothing.
func TestIAP_of_another_site(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	for name, test := range map[string]struct {
		method string
		header http.Header
		want   fault.Kind
	}{
		"another site":   {http.MethodPost, http.Header{"Sec-Fetch-Site": {"cross-site"}}, fault.PermissionDenied},
		"a neighbour":    {http.MethodPost, http.Header{"Sec-Fetch-Site": {"same-site"}}, fault.PermissionDenied},
		"an old browser": {http.MethodDelete, http.Header{"Origin": {"https://evil.example.com"}}, fault.PermissionDenied},
		"a page of ours": {http.MethodPost, http.Header{"Sec-Fetch-Site": {"same-origin"}}, 0},
		"a program":      {http.MethodPost, http.Header{}, 0},
		"a link":         {http.MethodGet, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 0},
	} {
		r := request(t)
		r.Method, r.Header = test.method, test.header
		r.Header.Set("X-Goog-IAP-JWT-Assertion", g.assert(nil))
		_, err := g.Check(r)
		if test.want == 0 && err != nil || test.want != 0 && fault.KindOf(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Without the setting, the header says nothing.
func TestIAP_off(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.Checker = newIAM(t)
	if caller, err := g.caller(asserted(g.assert(nil))); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("%+v, %v", caller, err)
	}
}

// The keys are kept while they cannot be fetched, and made-up keys cause few requests.
func TestIAP_keys(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.fails(away)
	if _, err := g.caller(asserted(g.assert(nil))); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without keys: %v", err)
	}
	g.fails(nil)
	if _, err := g.caller(asserted(g.assert(nil))); err != nil {
		t.Error(err)
	}
	g.fails(away)
	if _, err := g.caller(asserted(g.assert(nil))); err != nil {
		t.Errorf("with kept keys: %v", err)
	}
	g.fails(nil)
	for i := range 40 {
		forger := &gateway{issuer: g.issuer, key: named(strings.Repeat("k", i+1), ecKey(elliptic.P256()))}
		if _, err := g.caller(asserted(forger.assert(nil))); err == nil {
			t.Fatal("a forged assertion was accepted")
		}
	}
	if n := g.asked.Load(); n > 6 {
		t.Errorf("the keys were fetched %d times", n)
	}
}
