// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

func TestTokensCheck(t *testing.T) {
	t.Parallel()
	const old, current, colon = "old-token", "cürrent token", "a:b,c"
	var tokens auth.Tokens
	named := "ci:" + auth.Hash(old) + ", ci 2:reader:" + auth.Hash(colon) + ",ops:operator:" + strings.ToUpper(auth.Hash(current)) +
		",ops:starter:" + auth.Hash("next")
	if err := tokens.UnmarshalText([]byte(named)); err != nil {
		t.Fatal(err)
	}
	none, nobody := &auth.Tokens{}, auth.Caller{}
	huge := "Bearer " + strings.Repeat("x", 1<<20)
	tests := []struct {
		name    string
		checker *auth.Tokens
		headers []string
		want    auth.Caller // the zero value means a refusal
		message string      // of the refusal
	}{
		{"first_token", &tokens, []string{"Bearer " + old}, auth.Caller{Name: "ci", Role: auth.Starter}, ""},
		{"last_token", &tokens, []string{"Bearer " + current}, auth.Caller{Name: "ops", Role: auth.Operator}, ""},
		{"second_token_of_a_name", &tokens, []string{"Bearer next"}, auth.Caller{Name: "ops", Role: auth.Starter}, ""},
		{"token_like_the_setting", &tokens, []string{"Bearer " + colon}, auth.Caller{Name: "ci 2", Role: auth.Reader}, ""},
		{"scheme_in_lower_case", &tokens, []string{"bearer " + old}, auth.Caller{Name: "ci", Role: auth.Starter}, ""},
		{"scheme_in_upper_case", &tokens, []string{"BEARER " + old}, auth.Caller{Name: "ci", Role: auth.Starter}, ""},
		{"no_header", &tokens, nil, nobody, "carries no token"},
		{"empty_header", &tokens, []string{""}, nobody, "not a single bearer token"},
		{"scheme_alone", &tokens, []string{"Bearer"}, nobody, "not a single bearer token"},
		{"empty_token", &tokens, []string{"Bearer "}, nobody, "not a single bearer token"},
		{"token_alone", &tokens, []string{old}, nobody, "not a single bearer token"},
		{"other_scheme", &tokens, []string{"Basic " + old}, nobody, "not a single bearer token"},
		{"two_headers", &tokens, []string{"Bearer " + old, "Bearer " + old}, nobody, "not a single bearer token"},
		{"wrong_token", &tokens, []string{"Bearer nope"}, nobody, "not valid"},
		{"part_of_a_token", &tokens, []string{"Bearer " + old[:8]}, nobody, "not valid"},
		{"token_and_more", &tokens, []string{"Bearer " + old + " "}, nobody, "not valid"},
		{"hash_as_token", &tokens, []string{"Bearer " + auth.Hash(old)}, nobody, "not valid"},
		{"huge_token", &tokens, []string{huge}, nobody, "longer than 16 KiB"},
		{"no_tokens_known", none, []string{"Bearer " + old}, nobody, "not valid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Authorization"] = tt.headers
			caller, err := tt.checker.Check(r)
			if diff := cmp.Diff(tt.want, caller); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
			if tt.want != nobody {
				if err != nil {
					t.Errorf("Check: %v", err)
				}
				return
			}
			refusal := fault.From(err)
			if refusal.Kind != fault.Unauthenticated || !strings.Contains(refusal.Message, tt.message) {
				t.Errorf("Check = %v (kind %d), want Unauthenticated: …%s…", err, refusal.Kind, tt.message)
			}
			for _, secret := range []string{old, current, auth.Hash(old), "nope", "xxxx"} {
				if strings.Contains(refusal.Error(), secret) {
					t.Errorf("the refusal tells %q: %v", secret, refusal)
				}
			}
		})
	}
}

func TestTokensUnmarshalText(t *testing.T) {
	t.Parallel()
	good, other := auth.Hash("x"), auth.Hash("y")
	tests := []struct {
		name, text string
		faults     []string // all texts that the error must contain
	}{
		{"without_role", "ci:" + good, nil},
		{"with_role", "ci:reader:" + good, nil},
		{"several_with_spaces", "ci:" + good + " , ci:operator:" + other, nil},
		{"empty", "", []string{"token 1: must be name:role:sha256"}},
		{"comma_at_the_end", "ci:" + good + ",", []string{"token 2: must be name:role:sha256"}},
		{"hash_alone", good, []string{"token 1: must be name:role:sha256"}},
		{"too_many_parts", "a:b:reader:" + good, []string{"token 1: must be name:role:sha256"}},
		{"hash_too_short", "ci:" + good[2:], []string{`token 1: the SHA-256 hash of "ci" must be 64 hexadecimal digits`}},
		{"hash_too_long", "ci:" + good + "00", []string{`token 1: the SHA-256 hash of "ci"`}},
		{"not_hexadecimal", "ci:" + strings.Repeat("g", 64), []string{`token 1: the SHA-256 hash of "ci"`}},
		{"plain_token", "ci:hunter2", []string{`token 1: the SHA-256 hash of "ci"`}},
		{"plain_token_with_role", "ci:reader:hunter2", []string{`token 1: the SHA-256 hash of "ci"`}},
		{"empty_token_hashed", "ci:" + auth.Hash(""), []string{`token 1: the hash of "ci" is the hash of an empty token`}},
		{"same_token_twice", "a:reader:" + good + ",b:starter:" + good, []string{`token 2: "b" has the same hash as an earlier token`}},
		{"unknown_role", "ci:admin:" + good, []string{`token 1: the role of "ci" must be reader, operator or starter`}},
		{"role_none", "ci:none:" + good, []string{`token 1: the role of "ci"`}},
		{"role_in_capitals", "ci:Reader:" + good, []string{`token 1: the role of "ci"`}},
		{"no_role", "ci::" + good, []string{`token 1: the role of "ci"`}},
		{"no_name", ":" + good, []string{"token 1: must have a name"}},
		{"name_with_space", "ci :" + good, []string{"token 1: must have a name"}},
		{"name_with_line", "c\ni:" + good, []string{"token 1: must have a name"}},
		{"long_name", strings.Repeat("a", 256) + ":" + good, []string{"token 1: must have a name"}},
		{
			"all_faults_at_once", ":" + good + ",a:1,ok:" + good + ",b:zz",
			[]string{"token 1: must have a name", `token 2: the SHA-256 hash of "a"`, `token 4: the SHA-256 hash of "b"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tokens auth.Tokens
			err := tokens.UnmarshalText([]byte(tt.text))
			if len(tt.faults) == 0 {
				if err != nil {
					t.Errorf("UnmarshalText: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("UnmarshalText: no error")
			}
			for _, want := range tt.faults {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("UnmarshalText = %q, does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("UnmarshalText = %q, which tells what may be a token", err)
			}
		})
	}
}

// TestTokensUnmarshalText_anew: reading a second setting into the same value removes the first
// tokens.
func TestTokensUnmarshalText_anew(t *testing.T) {
	t.Parallel()
	var tokens auth.Tokens
	for _, text := range []string{"a:" + auth.Hash("1"), "b:" + auth.Hash("2")} {
		if err := tokens.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer 1")
	if caller, err := tokens.Check(r); err == nil {
		t.Errorf("a token that was removed is still %q", caller.Name)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	if got, want := auth.Hash("secret"), fmt.Sprintf("%x", sha256.Sum256([]byte("secret"))); got != want {
		t.Errorf("Hash = %q, want %q", got, want)
	}
}
