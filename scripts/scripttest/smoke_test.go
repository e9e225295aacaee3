// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"os"
	"strings"
	"testing"
)

// TestSmokeHere runs the smoke test against the local command, as a user would.
func TestSmokeHere(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{})
	s.startLocal(t)
	s.env = append(s.env, "STORAGE_EMULATOR_HOST="+s.storage, "CURL_HOME="+os.DevNull)
	for _, tt := range []struct {
		name string
		args []string
		want string // a part of the output; the script succeeds if this is "all checks passed"
	}{
		{"everything", []string{"-s", "support-1", s.local, "secret"}, "all checks passed"},
		{"again", []string{s.local, "secret"}, "all checks passed"},
		{"from_outside", []string{s.local}, "skipped: endpoints"},
		{"wrong_token", []string{s.local, "wrong"}, "FAILED: GET health|FAILED: POST validate-data, right: 401"},
		{"nobody_there", []string{"http://127.0.0.1:1", "secret"}, "is not answered"},
		{"no_arguments", nil, "usage: scripts/smoke"},
	} {
		said, _, err := s.run(t, "smoke", tt.args...)
		passed := strings.Contains(said, "all checks passed")
		if (err == nil) != passed || !containsAny(said, strings.Split(tt.want, "|")) {
			t.Errorf("%s: error %v, want %q:\n%s", tt.name, err, tt.want, said)
		}
	}
}

func containsAny(text string, words []string) bool {
	for _, s := range words {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
