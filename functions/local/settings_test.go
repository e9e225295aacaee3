// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

func TestNotes(t *testing.T) {
	t.Parallel()
	given := map[string]string{
		"GOOGLE_CLOUD_PROJECT": "mine", "DATA_BUCKET": data, "INBOX_BUCKET": "", "EVENT_ACCOUNT": "a@b", "AUTH_MODE": "oidc", "MAX_CONCURRENT_JOBS": "1",
	}
	want := []string{
		"GOOGLE_CLOUD_PROJECT=mine has no effect: the local command always uses local",
		"EVENT_ACCOUNT has no effect: the local command chooses a new value each time",
		"-token has no effect with AUTH_MODE=oidc",
	}
	if diff := cmp.Diff(want, notes(given, options{token: "T"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := notes(map[string]string{"PATH": "/bin"}, options{token: "T"}); got != nil {
		t.Errorf("got the notes %q, want none", got)
	}
}

// TestSettings checks that a setting takes effect unless notes names it, and that an empty setting
// counts as unset.
func TestSettings(t *testing.T) {
	t.Parallel()
	given := map[string]string{
		"MAX_CONCURRENT_JOBS": "1", "BASE_MODEL": "", "GOOGLE_CLOUD_LOCATION": "europe-west4", "API_TOKENS": "ann:reader:0123,", "FIRESTORE_DATABASE": "mine",
	}
	got := settings(given, &cloud.Cloud{}, options{token: "T", concurrentJobs: 4, pollInterval: time.Second}, "a@b")
	for name, want := range map[string]string{
		"MAX_CONCURRENT_JOBS": "1", "BASE_MODEL": "gemini-3.1-flash-lite", "GOOGLE_CLOUD_LOCATION": "europe-west4",
		"API_TOKENS": "ann:reader:0123,local:" + auth.Hash("T"), "FIRESTORE_DATABASE": "(default)", "EVENT_ACCOUNT": "a@b", "CATALOGUE_MAX_AGE": "1s",
	} {
		if got[name] != want {
			t.Errorf("%s=%q, want %q", name, got[name], want)
		}
	}
}

// TestRolesAndCatalogue tries a reader's token of API_TOKENS. It also edits the catalogue. The next
// command with the same folder must keep the edited catalogue.
func TestRolesAndCatalogue(t *testing.T) {
	t.Parallel()
	args := "-port 0 -token secret -data " + t.TempDir()
	r := launch(t, args, "API_TOKENS=ann:reader:"+auth.Hash("readers"), "DATA_BUCKET=mine")
	const catalogueObject = "/storage/v1/b/local-data/o/catalogue.json?alt=media"
	for _, tt := range []struct {
		token, method, path string
		want                int
	}{
		{"readers", http.MethodGet, "/jobs", http.StatusOK},
		{"readers", http.MethodPost, "/start", http.StatusForbidden},
		{"secret", http.MethodGet, "/jobs", http.StatusOK},
		{"other", http.MethodGet, "/jobs", http.StatusUnauthorized},
	} {
		if code, text := fetch(t, tt.method, r.url+tt.path, tt.token, "{}"); code != tt.want {
			t.Errorf("%s %s with the token %s: %d %s", tt.method, tt.path, tt.token, code, text)
		}
	}

	_, text := fetch(t, http.MethodGet, r.storage+catalogueObject, "", "")
	if strings.Count(text, "\n") < 100 {
		t.Errorf("the catalogue is not indented: %.100s", text)
	}
	edited := strings.Replace(text, `"as_of": "`, `"as_of": "2020-01-01", "was": "`, 1)
	edited = strings.Replace(edited, `"was": "`+between(text, `"as_of": "`, `"`)+`",`, "", 1)
	upload := "/upload/storage/v1/b/local-data/o?uploadType=media&name=catalogue.json"
	if code, answer := fetch(t, http.MethodPost, r.storage+upload, "", edited); code != http.StatusOK {
		t.Fatalf("upload: %d %s", code, answer)
	}
	shows := func(r running) func() bool {
		return func() bool {
			_, text := fetch(t, http.MethodGet, r.url+"/models", "secret", "")
			return strings.Contains(text, `"as_of":"2020-01-01"`)
		}
	}
	waitFor(t, "the edited catalogue", shows(r))
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait() // the error says that it was killed
	r = launch(t, args)
	if !shows(r)() {
		t.Error("the edited catalogue was replaced")
	}

	if code, answer := fetch(t, http.MethodPost, r.storage+upload, "", `{"models": 7}`); code != http.StatusOK {
		t.Fatalf("upload: %d %s", code, answer)
	}
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait() // the error says that it was killed
	r = launch(t, args)
	if _, text := fetch(t, http.MethodGet, r.storage+"/storage/v1/b/local-data/o/catalogue-not-valid.json?alt=media", "", ""); text != `{"models": 7}` {
		t.Errorf("the catalogue that is not valid was not saved: %s", text)
	}
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}

func fetch(t *testing.T, method, address, token, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
