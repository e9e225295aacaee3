// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

const removed = "SIGNATURE_REMOVED_BY_GOOGLE"

// checked returns a Google token as Cloud Run passes it on, with changes to its claims.
func checked(changes map[string]any) string {
	claims := map[string]any{
		"iss": "https://accounts.google.com", "sub": "1234567890", "aud": audience, "exp": time.Now().Add(time.Hour).Unix(),
		"email": "ann@example.com", "email_verified": true, "hd": "example.com",
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return compact(map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}, claims, removed)
}

func newIAM(t *testing.T) auth.Checker {
	t.Helper()
	checker, err := auth.New(auth.Config{
		Mode: "iam", Private: "true", Audiences: []string{audience},
		Readers:  []string{"domain:example.com", "domain:gmail.com", "domain:developer.gserviceaccount.com"},
		Starters: []string{"email:eve@example.com", "domain:acme.iam.gserviceaccount.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

func TestIAM(t *testing.T) {
	t.Parallel()
	checker := newIAM(t)
	const authorization, serverless = "Authorization", "X-Serverless-Authorization"
	one := func(token string) http.Header { return http.Header{authorization: {"Bearer " + token}} }
	eve := checked(map[string]any{"email": "eve@example.com"})
	tests := []struct {
		name   string
		header http.Header
		want   auth.Caller // the zero value means a refusal
		says   string
	}{
		{"checked", one(checked(nil)), auth.Caller{Name: "ann@example.com", Role: auth.Reader}, ""},
		{
			"service_account_of_the_project", one(checked(map[string]any{"email": "ci@acme.iam.gserviceaccount.com", "hd": nil})),
			auth.Caller{Name: "ci@acme.iam.gserviceaccount.com", Role: auth.Starter}, "",
		},
		{
			"service_account_of_any_project", one(checked(map[string]any{"email": "1-compute@developer.gserviceaccount.com", "hd": nil})),
			auth.Caller{Name: "1-compute@developer.gserviceaccount.com"}, "",
		},
		{
			"account_that_no_domain_hosts", one(checked(map[string]any{"hd": nil})),
			auth.Caller{Name: "ann@example.com"}, "",
		},
		{"anybody", one(checked(map[string]any{"email": "x@gmail.com", "hd": nil})), auth.Caller{Name: "x@gmail.com"}, ""},
		{
			"the_header_that_was_checked", http.Header{serverless: {"Bearer " + checked(nil)}},
			auth.Caller{Name: "ann@example.com", Role: auth.Reader}, "",
		},
		{
			"the_header_that_was_not_checked_counts_for_nothing", http.Header{serverless: {"Bearer " + checked(nil)}, authorization: {"Bearer " + eve}},
			auth.Caller{Name: "ann@example.com", Role: auth.Reader}, "",
		},
		{
			"nor_if_the_other_is_no_token", http.Header{serverless: {""}, authorization: {"Bearer " + eve}},
			auth.Caller{}, "not a single bearer token",
		},
		{"both_twice", http.Header{serverless: {"Bearer " + checked(nil), "Bearer " + eve}}, auth.Caller{}, "not a single bearer token"},
		{"twice", http.Header{authorization: {"Bearer " + eve, "Bearer " + checked(nil)}}, auth.Caller{}, "not a single bearer token"},
		{"absent", http.Header{}, auth.Caller{}, "no token"},
		{
			"with_a_signature", one(sign(t, jose.RS256, named("1", rsaKey()), map[string]any{"iss": "https://accounts.google.com"})),
			auth.Caller{}, "not one that Cloud Run has checked",
		},
		{"without_any", one(strings.TrimSuffix(checked(nil), removed)), auth.Caller{}, "not one that Cloud Run has checked"},
		{"removed_and_more", one(checked(nil) + "A"), auth.Caller{}, "not one that Cloud Run has checked"},
		{"removed_in_front", one("." + removed), auth.Caller{}, "not one that Cloud Run has checked"},
		{"not_base64", one("x.?." + removed), auth.Caller{}, "not one that Cloud Run has checked"},
		{"access_token", one("ya29.c.c0ASRK0Ga"), auth.Caller{}, "not one that Cloud Run has checked"},
		{"no_json", one("e30.e30x." + removed), auth.Caller{}, "not one that Cloud Run has checked"},
		{"other_issuer", one(checked(map[string]any{"iss": "https://evil.example.com"})), auth.Caller{}, "another issuer"},
		{"other_audience", one(checked(map[string]any{"aud": "https://other.example.com"})), auth.Caller{}, "another audience"},
		{"expired", one(checked(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})), auth.Caller{}, "expired"},
		{"never_expires", one(checked(map[string]any{"exp": nil})), auth.Caller{}, "never expires"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request(t)
			r.Header = tt.header
			caller, err := checker.Check(r)
			if diff := cmp.Diff(tt.want, caller); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if refusal := fault.From(err); tt.says != "" && (refusal.Kind != fault.Unauthenticated || !strings.Contains(refusal.Message, tt.says)) {
				t.Errorf("Check = %v, want Unauthenticated: …%s…", err, tt.says)
			} else if tt.says == "" && err != nil {
				t.Errorf("Check = %v", err)
			}
		})
	}
}

func TestEventConfig(t *testing.T) {
	t.Parallel()
	if admit, err := (auth.EventConfig{}).Admit(); admit != nil || err != nil {
		t.Errorf("without an account: a check is made, %v", err)
	}
	for _, account := range []string{"eventarc", "@x", "a@*", "a b@example.com"} {
		if _, err := (auth.EventConfig{Account: account}).Admit(); err == nil || !strings.Contains(err.Error(), "EVENT_ACCOUNT") {
			t.Errorf("%q: %v", account, err)
		}
	}
	const account = "convert-trigger@acme.iam.gserviceaccount.com"
	admit, err := auth.EventConfig{Account: account}.Admit()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		tokens []string
		want   fault.Kind
	}{
		{"eventarc", []string{checked(map[string]any{"email": account, "hd": nil, "aud": "https://any.run.app"})}, accepted},
		{"owner_of_the_project", []string{checked(nil)}, fault.PermissionDenied},
		{"subject_like_it", []string{checked(map[string]any{"sub": "x", "email": account, "email_verified": false})}, fault.PermissionDenied},
		{"subject_is_the_account", []string{checked(map[string]any{"sub": account, "email": nil})}, fault.PermissionDenied},
		{"expired", []string{checked(map[string]any{"email": account, "exp": 1})}, fault.Unauthenticated},
		{"absent", nil, fault.Unauthenticated},
		{"not_checked", []string{strings.TrimSuffix(checked(map[string]any{"email": account}), removed)}, fault.Unauthenticated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := kindOf(auth.Caller{}, admit(request(t, tt.tokens...))); got != tt.want {
				t.Errorf("kind %d, want %d", got, tt.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	for have := auth.None; have <= auth.Starter; have++ {
		for need := auth.None; need <= auth.Starter; need++ {
			err := auth.Caller{Name: "ann", Role: have}.Require(need)
			if (err == nil) != (have >= need) {
				t.Errorf("%s, needed %s: %v", have, need, err)
			}
			has := "ann has the role " + have.String()
			if have == auth.None {
				has = "ann has no role"
			}
			if e := fault.From(err); err != nil && (e.Kind != fault.PermissionDenied || e.Metadata["role"] != need.String() ||
				!strings.Contains(e.Message, need.String()) || !strings.Contains(e.Message, has)) {
				t.Errorf("%s, needed %s: %+v", have, need, e)
			}
		}
	}
}
