// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

func TestOIDC_accepts_every_algorithm_with_a_private_key(t *testing.T) {
	t.Parallel()
	keys := map[jose.SignatureAlgorithm]any{
		jose.RS256: rsaKey(), jose.RS384: rsaKey(), jose.RS512: rsaKey(), jose.PS256: rsaKey(), jose.PS384: rsaKey(), jose.PS512: rsaKey(),
		jose.ES256: ecKey(elliptic.P256()), jose.ES384: ecKey(elliptic.P384()), jose.ES512: ecKey(elliptic.P521()), jose.EdDSA: ed25519Key(),
	}
	var published []jose.JSONWebKey
	for algorithm, key := range keys {
		published = append(published, named(string(algorithm), key))
	}
	i := newIssuer(t, published...)
	checker := i.checker()
	for _, key := range published {
		algorithm := jose.SignatureAlgorithm(key.KeyID)
		caller, err := checker.Check(request(t, sign(t, algorithm, key, i.claims(nil))))
		if err != nil || caller != (auth.Caller{Name: "ann@example.com", Role: auth.Starter}) {
			t.Errorf("%s: %+v, %v", algorithm, caller, err)
		}
	}
	// A token without a key ID is checked with every key.
	if _, err := checker.Check(request(t, sign(t, jose.RS256, named("", rsaKey()), i.claims(nil)))); err != nil {
		t.Errorf("without kid: %v", err)
	}
}

func TestOIDC_refuses(t *testing.T) {
	t.Parallel()
	good := named("good", rsaKey())
	ec := named("ec", ecKey(elliptic.P256()))
	i := newIssuer(t, good, ec)
	checker := i.checker()
	if _, err := checker.Check(request(t, sign(t, jose.RS256, good, i.claims(nil)))); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	with := func(changes map[string]any) string { return sign(t, jose.RS256, good, i.claims(changes)) }
	signed := with(nil)
	part := func(token string, n int) string { return strings.Split(token, ".")[n] }
	public := must(x509.MarshalPKIXPublicKey(&rsaKey().(*rsa.PrivateKey).PublicKey))
	forger := named("good", otherRSAKey())

	// The forged tokens name this server as the source of their keys.
	var lured atomic.Int64
	lure := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		lured.Add(1)
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{forger.Public()}})
	}))
	t.Cleanup(lure.Close)

	tests := []struct {
		name   string
		tokens []string
		want   string // part of the message
	}{
		{"absent", nil, "no token"},
		{"twice", []string{signed, signed}, "not a single bearer token"},
		{"forged_then_good", []string{sign(t, jose.RS256, forger, i.claims(nil)), signed}, "not a single bearer token"},
		{"not_a_jwt", []string{"secret"}, "not an ID token"},
		{"empty_parts", []string{".."}, "not an ID token"},
		{"two_parts", []string{signed[:strings.LastIndex(signed, ".")]}, "not an ID token"},
		{"four_parts", []string{signed + ".x"}, "not an ID token"},
		{"two_in_one", []string{signed + " " + signed}, "not an ID token"},
		{"longer_than_16_KiB", []string{signed + strings.Repeat("A", 16<<10)}, "longer than 16 KiB"},
		{"a_megabyte", []string{strings.Repeat("A", 1<<20)}, "longer than 16 KiB"},
		{"forged", []string{sign(t, jose.RS256, forger, i.claims(nil))}, "not valid"},
		{"forged_with_other_kind_of_key", []string{sign(t, jose.ES256, named("good", ecKey(elliptic.P256())), i.claims(nil))}, "not valid"},
		{"claims_changed", []string{strings.Join([]string{part(signed, 0), part(with(map[string]any{"sub": "eve"}), 1), part(signed, 2)}, ".")}, "not valid"},
		{"signature_of_another_token", []string{strings.Join([]string{part(signed, 0), part(signed, 1), part(with(map[string]any{"sub": "eve"}), 2)}, ".")}, "not valid"},
		{"signature_stripped", []string{signed[:strings.LastIndex(signed, ".")+1]}, "not valid"},
		{"signature_removed_by_google", []string{signed[:strings.LastIndex(signed, ".")] + ".SIGNATURE_REMOVED_BY_GOOGLE"}, "not valid"},
		{"none", []string{compact(map[string]any{"alg": "none", "kid": "good"}, i.claims(nil), "")}, "not an ID token"},
		{"None", []string{compact(map[string]any{"alg": "None", "kid": "good"}, i.claims(nil), "")}, "not an ID token"},
		{"no_algorithm", []string{compact(map[string]any{"kid": "good"}, i.claims(nil), "")}, "not an ID token"},
		{"HS256_with_the_public_key", []string{sign(t, jose.HS256, named("good", public), i.claims(nil))}, "not an ID token"},
		{"HS256_with_the_modulus", []string{sign(t, jose.HS256, named("good", rsaKey().(*rsa.PrivateKey).N.Bytes()), i.claims(nil))}, "not an ID token"},
		{"unknown_kid", []string{sign(t, jose.RS256, named("unknown", otherRSAKey()), i.claims(nil))}, "not valid"},
		{"kid_is_a_path", []string{sign(t, jose.RS256, named("../../../../etc/passwd", otherRSAKey()), i.claims(nil))}, "not valid"},
		{"kid_is_an_address", []string{sign(t, jose.RS256, named(lure.URL, otherRSAKey()), i.claims(nil))}, "not valid"},
		{"kid_of_another_key", []string{sign(t, jose.RS256, named("ec", otherRSAKey()), i.claims(nil))}, "not valid"},
		{"jku", []string{sign(t, jose.RS256, forger, i.claims(nil), "jku", lure.URL)}, "not valid"},
		{"x5u", []string{sign(t, jose.RS256, forger, i.claims(nil), "x5u", lure.URL)}, "not valid"},
		{"jwk", []string{sign(t, jose.RS256, forger, i.claims(nil), "jwk", forger.Public())}, "not valid"},
		{"crit", []string{sign(t, jose.RS256, good, i.claims(nil), "crit", []string{"exp"}, "exp", 1)}, "not valid"},
		{"expired", []string{with(map[string]any{"exp": now.Add(-2 * time.Minute).Unix()})}, "has expired"},
		{"never_expires", []string{with(map[string]any{"exp": nil})}, "never expires"},
		{"expiry_is_text", []string{with(map[string]any{"exp": "tomorrow"})}, "not valid"},
		{"not_yet_valid", []string{with(map[string]any{"nbf": now.Add(2 * time.Minute).Unix()})}, "not valid yet"},
		{"issued_tomorrow", []string{with(map[string]any{"iat": now.Add(24 * time.Hour).Unix()})}, "not valid yet"},
		{"no_issuer", []string{with(map[string]any{"iss": nil})}, "another issuer"},
		{"other_issuer", []string{with(map[string]any{"iss": "https://accounts.google.com"})}, "another issuer"},
		{"issuer_with_slash", []string{with(map[string]any{"iss": i.url + "/"})}, "another issuer"},
		{"no_audience", []string{with(map[string]any{"aud": nil})}, "another audience"},
		{"other_audience", []string{with(map[string]any{"aud": "https://other.example.com"})}, "another audience"},
		{"part_of_the_audience", []string{with(map[string]any{"aud": audience + "/"})}, "another audience"},
		{"no_subject", []string{with(map[string]any{"sub": nil})}, "no subject"},
		{"subject_with_line", []string{with(map[string]any{"sub": "a\nb"})}, "no subject"},
		{"claims_are_no_object", []string{sign(t, jose.RS256, good, []string{"ann"})}, "not valid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			caller, err := checker.Check(request(t, tt.tokens...))
			refusal := fault.From(err)
			if refusal.Kind != fault.Unauthenticated || !strings.Contains(refusal.Message, tt.want) {
				t.Fatalf("Check = %+v, %v (kind %d), want Unauthenticated: …%s…", caller, err, refusal.Kind, tt.want)
			}
			for _, token := range tt.tokens {
				if len(token) > 2 && strings.Contains(refusal.Error(), token) {
					t.Errorf("the refusal contains the token: %v", refusal)
				}
			}
		})
	}
	t.Cleanup(func() {
		if lured.Load() > 0 {
			t.Error("a token chose where its key comes from")
		}
	})
}

func TestOIDC_allows_for_clocks_that_differ(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	i := newIssuer(t, key)
	checker := i.checker()
	now := time.Now()
	for name, changes := range map[string]map[string]any{
		"expired_just_now":  {"exp": now.Add(-30 * time.Second).Unix()},
		"valid_in_a_moment": {"nbf": now.Add(30 * time.Second).Unix(), "iat": now.Add(30 * time.Second).Unix()},
	} {
		if _, err := checker.Check(request(t, sign(t, jose.RS256, key, i.claims(changes)))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOIDC_knows_who_it_is(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	i := newIssuer(t, key)
	checker := i.checker(func(c *auth.Config) {
		c.GroupsClaim = "teams"
		c.Readers = []string{"domain:example.com", " group:watchers"}
		c.Operators = []string{"email:Bob@Example.com", "domain:lab.example.org", "group:labels"}
		c.Starters = []string{"email:ann@example.com", "group:tuners", "subject:repo:acme/tune:ref:refs/heads/main"}
	})
	tests := []struct {
		name    string
		changes map[string]any
		want    auth.Caller
	}{
		{"address", nil, auth.Caller{Name: "ann@example.com", Role: auth.Starter}},
		{"address_in_capitals", map[string]any{"email": "ANN@Example.COM"}, auth.Caller{Name: "ann@example.com", Role: auth.Starter}},
		{"setting_in_capitals", map[string]any{"email": "bob@example.com"}, auth.Caller{Name: "bob@example.com", Role: auth.Operator}},
		{"several_audiences", map[string]any{"aud": []string{"x", audience}}, auth.Caller{Name: "ann@example.com", Role: auth.Starter}},
		{"verified_as_text", map[string]any{"email_verified": "true"}, auth.Caller{Name: "ann@example.com", Role: auth.Starter}},
		{"subject_is_an_address", map[string]any{"sub": "ann@example.com", "email": nil}, auth.Caller{Name: "subject:ann@example.com"}},
		{"address_is_a_subject", map[string]any{"email": "subject:ann@example.com"}, auth.Caller{Name: "subject:ann-1"}},
		{"not_verified", map[string]any{"email_verified": false}, auth.Caller{Name: "subject:ann-1"}},
		{"verified_is_not_said", map[string]any{"email_verified": nil}, auth.Caller{Name: "subject:ann-1"}},
		{"verified_is_1", map[string]any{"email_verified": 1}, auth.Caller{Name: "subject:ann-1"}},
		{"domain", map[string]any{"email": "carl@example.com"}, auth.Caller{Name: "carl@example.com", Role: auth.Reader}},
		{"domain_below", map[string]any{"email": "carl@sub.example.com"}, auth.Caller{Name: "carl@sub.example.com"}},
		{"domain_around", map[string]any{"email": "carl@example.com.evil.org"}, auth.Caller{Name: "carl@example.com.evil.org"}},
		{"domain_not_verified", map[string]any{"email": "carl@example.com", "email_verified": false}, auth.Caller{Name: "subject:ann-1"}},
		{"two_domains", map[string]any{"email": "carl@evil.org@example.com"}, auth.Caller{Name: "subject:ann-1"}},
		{"hosted_domain", map[string]any{"email": "carl@example.com", "hd": "LAB.example.org"}, auth.Caller{Name: "carl@example.com", Role: auth.Operator}},
		{"hosted_elsewhere", map[string]any{"email": "carl@example.com", "hd": "evil.org"}, auth.Caller{Name: "carl@example.com"}},
		{"hosted_but_no_address", map[string]any{"email": nil, "hd": "example.com"}, auth.Caller{Name: "subject:ann-1"}},
		{"kelvin_sign", map[string]any{"email": "\u212Aann@example.com"}, auth.Caller{Name: "\u212Aann@example.com", Role: auth.Reader}},
		{"address_with_line", map[string]any{"email": "ann\n@example.com"}, auth.Caller{Name: "subject:ann-1"}},
		{"group", map[string]any{"email": nil, "teams": []string{"other", "tuners"}}, auth.Caller{Name: "subject:ann-1", Role: auth.Starter}},
		{"one_group", map[string]any{"email": nil, "teams": "labels"}, auth.Caller{Name: "subject:ann-1", Role: auth.Operator}},
		{"highest_of_several", map[string]any{"email": "carl@example.com", "teams": []any{"watchers", "labels", 7}}, auth.Caller{Name: "carl@example.com", Role: auth.Operator}},
		{"group_in_capitals", map[string]any{"email": nil, "teams": []string{"Tuners"}}, auth.Caller{Name: "subject:ann-1"}},
		{"groups_in_another_claim", map[string]any{"email": nil, "groups": []string{"tuners"}}, auth.Caller{Name: "subject:ann-1"}},
		{"group_named_like_an_address", map[string]any{"email": nil, "teams": []string{"ann@example.com", "email:ann@example.com"}}, auth.Caller{Name: "subject:ann-1"}},
		{
			"subject",
			map[string]any{"email": nil, "sub": "repo:acme/tune:ref:refs/heads/main"},
			auth.Caller{Name: "subject:repo:acme/tune:ref:refs/heads/main", Role: auth.Starter},
		},
		{"nobody", map[string]any{"email": "eve@evil.org"}, auth.Caller{Name: "eve@evil.org"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := checker.Check(request(t, sign(t, jose.RS256, key, i.claims(tt.changes))))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkOIDC_Check(b *testing.B) {
	key := named("1", rsaKey())
	i := newIssuer(b, key)
	checker := i.checker()
	r := request(b, sign(b, jose.RS256, key, i.claims(nil)))
	for b.Loop() {
		if _, err := checker.Check(r); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzOIDC_Check: every input is either Ann's token or refused, and none causes a panic.
func FuzzOIDC_Check(f *testing.F) {
	key := named("1", rsaKey())
	i := newIssuer(f, key)
	checker := i.checker()
	good := sign(f, jose.RS256, key, i.claims(nil))
	for _, seed := range []string{
		good, "", "..", good[:len(good)-1], good + ".", compact(map[string]any{"alg": "none"}, i.claims(nil), ""), "e30.e30.", "e30.W10.AA",
		compact(map[string]any{"alg": "RS256", "kid": "1"}, i.claims(nil), removed), compact([]int{1}, 1, "AA"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		caller, err := checker.Check(request(t, token))
		if err == nil && (caller.Name != "ann@example.com" || !strings.HasPrefix(token, good[:strings.LastIndex(good, ".")])) {
			t.Errorf("%q is accepted as %+v", token, caller)
		}
		if err != nil && fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%q: %v", token, err)
		}
	})
}
