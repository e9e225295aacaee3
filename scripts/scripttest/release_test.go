// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// released is a project with the second release of the functions.
func released() world {
	w := world{Billing: true, Services: map[string]*service{}}
	for _, name := range []string{"vertextune-api", "vertextune-convert", "vertextune-poll"} {
		w.Services[name] = &service{Revisions: 3, Parts: []part{
			{Revision: name + "-00003", Percent: 100}, {Revision: name + "-00003", Tag: "released"}, {Revision: name + "-00002", Tag: "previous"},
		}}
	}
	return w
}

const digest = "@sha256:0000000000000000000000000000000000000000000000000000000000000001\n"

func (s *stage) images(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(s.dir, "images")
	write(t, file, text)
	return file
}

func TestRelease(t *testing.T) {
	t.Parallel()
	all := "r/api" + digest + "r/convert" + digest + "r/poll" + digest
	t.Run("as_an_account", func(t *testing.T) {
		t.Parallel()
		w := released()
		w.Identity = true
		s := setUp(t, w).withFunctions(t)
		said, after, err := s.run(t, "release", "my-project", "us-central1", s.images(t, all))
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		wantServing(t, after, 4, 3)
	})
	t.Run("with_a_token_of_a_secret", func(t *testing.T) {
		t.Parallel()
		s := setUp(t, released()).withFunctions(t)
		s.env = append(s.env, "TOKEN_SECRET=smoke")
		if said, _, err := s.run(t, "release", "my-project", "us-central1", s.images(t, all)); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	})
	// The candidate is well, but not once it has the traffic.
	t.Run("takes_back_what_fails", func(t *testing.T) {
		t.Parallel()
		w := released()
		w.Broken = true
		s := setUp(t, w).withFunctions(t)
		said, after, err := s.run(t, "release", "my-project", "us-central1", s.images(t, all))
		if err == nil || !strings.Contains(said, "rolled back") {
			t.Errorf("error %v:\n%s", err, said)
		}
		wantServing(t, after, 3, 3)
	})
	// Nothing answers, so the candidate fails, and takes no traffic.
	t.Run("gives_no_traffic_untried", func(t *testing.T) {
		t.Parallel()
		s := setUp(t, released())
		write(t, filepath.Join(filepath.Dir(s.file), ".curlrc"), "connect-to = \"::127.0.0.1:1\"\n")
		said, after, err := s.run(t, "release", "my-project", "us-central1", s.images(t, all))
		if err == nil || !strings.Contains(said, "FAILED") {
			t.Errorf("error %v:\n%s", err, said)
		}
		for name, service := range after.Services {
			if service.serving() != name+"-00003" {
				t.Errorf("%s: %s has the traffic", name, service.serving())
			}
		}
	})
	for name, tt := range map[string]struct {
		images string
		change func(world)
		want   string
	}{
		"an_image_is_missing": {images: "r/api" + digest + "r/poll" + digest, want: "no image .../convert@sha256:"},
		"an_image_by_its_tag": {images: strings.Replace(all, "r/api"+digest, "r/api:latest\n", 1), want: "no image .../api@sha256:"},
		"split_traffic": {images: all, want: "is split", change: func(w world) {
			w.Services["vertextune-poll"].Parts[0].Percent = 50
		}},
	} {
		t.Run("refuses_"+name, func(t *testing.T) {
			t.Parallel()
			w := released()
			if tt.change != nil {
				tt.change(w)
			}
			s := setUp(t, w)
			said, after, err := s.run(t, "release", "my-project", "us-central1", s.images(t, tt.images))
			if err == nil || !strings.Contains(said, tt.want) {
				t.Errorf("error %v, want %q:\n%s", err, tt.want, said)
			}
			for name, service := range after.Services {
				if service.Revisions != 3 {
					t.Errorf("%s has a new revision", name)
				}
			}
		})
	}
}

// TestRollbackOfTheFirst has nothing to go back to.
func TestRollbackOfTheFirst(t *testing.T) {
	t.Parallel()
	w := released()
	w.Services["vertextune-poll"].untag("previous")
	said, after, err := setUp(t, w).run(t, "rollback", "my-project", "us-central1")
	if err == nil || !strings.Contains(said, "not taken back: poll") {
		t.Errorf("error %v:\n%s", err, said)
	}
	if got := after.Services["vertextune-api"].serving(); got != "vertextune-api-00002" {
		t.Errorf("api: %s has the traffic: the others go back all the same", got)
	}
}

// TestSmokeHere tries the local command as its user would.
func TestSmokeHere(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{})
	s.startLocal(t)
	s.env = append(s.env, "STORAGE_EMULATOR_HOST="+s.storage, "CURL_HOME="+os.DevNull)
	for _, tt := range []struct {
		name string
		args []string
		want string // of what it says; it succeeds where this is "all checks passed"
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
