// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func TestNew(t *testing.T) {
	t.Parallel()
	token := map[string]string{"API_TOKENS": "ci:" + auth.Hash("x")}
	oidc := map[string]string{
		"AUTH_MODE": "oidc", "AUTH_ISSUER": "https://accounts.google.com", "AUTH_AUDIENCES": audience + ", another",
		"AUTH_READERS": "domain:example.com,group:watchers", "AUTH_STARTERS": "email:ann@example.com",
	}
	iam := map[string]string{"AUTH_MODE": "iam", "AUTH_IAM_PRIVATE": "true", "AUTH_AUDIENCES": audience, "AUTH_OPERATORS": "email:ann@example.com"}
	tests := []struct {
		name    string
		base    map[string]string
		changes map[string]string
		faults  []string // all texts that the error must contain
	}{
		{"token", token, nil, nil},
		{"token_said", token, map[string]string{"AUTH_MODE": "token"}, nil},
		{"mode_empty", token, map[string]string{"AUTH_MODE": ""}, nil},
		{"oidc", oidc, nil, nil},
		{"oidc_on_this_machine", oidc, map[string]string{"AUTH_ISSUER": "http://127.0.0.1:8080/realm", "AUTH_GROUPS_CLAIM": "teams"}, nil},
		{"oidc_with_a_client", oidc, map[string]string{"AUTH_CLIENT_ID": "c", "AUTH_CLIENT_SECRET": "s"}, nil},
		{"oidc_with_a_secret_alone", oidc, map[string]string{"AUTH_CLIENT_SECRET": "hunter2"}, []string{"AUTH_CLIENT_SECRET has no effect without AUTH_CLIENT_ID"}},
		{"oidc_with_an_odd_client", oidc, map[string]string{"AUTH_CLIENT_ID": "a\nb"}, []string{"AUTH_CLIENT_ID must be"}},
		{"iam", iam, nil, nil},
		{"iam_behind_a_proxy", iam, map[string]string{"AUTH_IAP_AUDIENCE": "/projects/1/locations/l/services/s"}, nil},
		{"iam_behind_any_proxy", iam, map[string]string{"AUTH_IAP_AUDIENCE": "https://tune.example.com"}, []string{"AUTH_IAP_AUDIENCE must be"}},
		{"iam_with_a_client", iam, map[string]string{"AUTH_CLIENT_ID": "c", "AUTH_CLIENT_SECRET": "hunter2"}, []string{"AUTH_CLIENT_ID has no effect", "AUTH_CLIENT_SECRET has no effect"}},
		{"oidc_behind_a_proxy", oidc, map[string]string{"AUTH_IAP_AUDIENCE": "/projects/1/locations/l/services/s"}, []string{"AUTH_IAP_AUDIENCE has no effect"}},
		{"nothing", nil, nil, []string{"API_TOKENS must be set"}},
		{"unknown_mode", token, map[string]string{"AUTH_MODE": "none"}, []string{`AUTH_MODE is "none"`, "token, oidc or iam"}},
		{"mode_in_capitals", oidc, map[string]string{"AUTH_MODE": "OIDC"}, []string{`AUTH_MODE is "OIDC"`}},
		{"bad_tokens", token, map[string]string{"API_TOKENS": "ci:hunter2,:"}, []string{"API_TOKENS: token 1", "token 2"}},
		{
			"token_with_settings_of_the_others", token,
			map[string]string{
				"AUTH_ISSUER": "x", "AUTH_AUDIENCES": "x", "AUTH_READERS": "x", "AUTH_OPERATORS": "x", "AUTH_STARTERS": "x", "AUTH_GROUPS_CLAIM": "x",
				"AUTH_IAM_PRIVATE": "x",
			},
			[]string{
				"AUTH_ISSUER has no effect with AUTH_MODE=token", "AUTH_AUDIENCES has no effect", "AUTH_READERS has no effect", "AUTH_OPERATORS has no effect", "AUTH_STARTERS has no effect",
				"AUTH_GROUPS_CLAIM has no effect", "AUTH_IAM_PRIVATE has no effect",
			},
		},
		{
			"oidc_without_anything", nil, map[string]string{"AUTH_MODE": "oidc"},
			[]string{"AUTH_ISSUER: \"\" must begin with https://", "AUTH_AUDIENCES must be set", "no caller is allowed"},
		},
		{
			"oidc_with_settings_of_the_others", oidc, map[string]string{"API_TOKENS": "x", "AUTH_IAM_PRIVATE": "true"},
			[]string{"API_TOKENS has no effect with AUTH_MODE=oidc", "AUTH_IAM_PRIVATE has no effect"},
		},
		{"issuer_in_the_clear", oidc, map[string]string{"AUTH_ISSUER": "http://accounts.example.com"}, []string{"AUTH_ISSUER", "https://"}},
		{"issuer_looks_local", oidc, map[string]string{"AUTH_ISSUER": "http://localhost.example.com"}, []string{"AUTH_ISSUER", "https://"}},
		{"issuer_is_a_host", oidc, map[string]string{"AUTH_ISSUER": "accounts.google.com"}, []string{"AUTH_ISSUER", "https://"}},
		{"issuer_has_a_password", oidc, map[string]string{"AUTH_ISSUER": "https://user:hunter2@example.com"}, []string{"AUTH_ISSUER"}},
		{"issuer_has_a_query", oidc, map[string]string{"AUTH_ISSUER": "https://example.com/?realm=1"}, []string{"AUTH_ISSUER"}},
		{"issuer_is_a_file", oidc, map[string]string{"AUTH_ISSUER": "file:///etc/passwd"}, []string{"AUTH_ISSUER"}},
		{"issuer_is_broken", oidc, map[string]string{"AUTH_ISSUER": "https://[::1"}, []string{"AUTH_ISSUER"}},
		{"any_audience", oidc, map[string]string{"AUTH_AUDIENCES": "*"}, []string{`AUTH_AUDIENCES: "*"`}},
		{"audience_left_out", oidc, map[string]string{"AUTH_AUDIENCES": audience + ","}, []string{`AUTH_AUDIENCES: ""`}},
		{
			"bad_principals", oidc,
			map[string]string{
				"AUTH_READERS": "ann@example.com,email:ann,email:*@example.com,email:a b@example.com,", "AUTH_OPERATORS": "domain:com,domain:*.example.com,domain:@example.com,group:",
				"AUTH_STARTERS": "user:ann@example.com,allUsers,subject: ,*",
			},
			[]string{
				`AUTH_READERS: "ann@example.com" must begin with email:`, `"email:ann" must be an address`, `"email:*@example.com"`, `"email:a b@example.com"`, `"" must begin`,
				`AUTH_OPERATORS: "domain:com" must be a domain`, `"domain:*.example.com"`, `"domain:@example.com"`, `"group:" must have a name`,
				`AUTH_STARTERS: "user:ann@example.com" must begin`, `"allUsers"`, `"subject:"`, `"*"`,
			},
		},
		{
			"iam_without_anything", nil, map[string]string{"AUTH_MODE": "iam"},
			[]string{"AUTH_IAM_PRIVATE must be true", "AUTH_AUDIENCES must be set", "no caller is allowed"},
		},
		{"iam_not_private", iam, map[string]string{"AUTH_IAM_PRIVATE": "false"}, []string{"AUTH_IAM_PRIVATE must be true", "allUsers"}},
		{
			"iam_with_settings_of_the_others", iam, map[string]string{"API_TOKENS": "x", "AUTH_ISSUER": "x", "AUTH_GROUPS_CLAIM": "x", "AUTH_READERS": "group:x"},
			[]string{"API_TOKENS has no effect with AUTH_MODE=iam", "AUTH_ISSUER has no effect", "AUTH_GROUPS_CLAIM has no effect", "group: has no effect"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			environment := maps.Clone(tt.base)
			if environment == nil {
				environment = map[string]string{}
			}
			maps.Copy(environment, tt.changes)
			config, err := serve.Config[auth.Config](environment)
			if err != nil {
				t.Fatal(err)
			}
			checker, err := auth.New(config)
			if len(tt.faults) == 0 && (err != nil || checker == nil) {
				t.Errorf("New: %v", err)
			}
			for _, want := range tt.faults {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("New does not say %q: %v", want, err)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}
