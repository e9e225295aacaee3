// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// userText is a word that appears only in users' texts in these tests: in messages, in training
// data, and in wrong bodies, queries and headers.
const userText = "Xylophon"

// journal is a log in the format of Cloud Logging.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// holds fails the test for each log entry that contains one of the words. It returns the number of
// entries by status code.
func (j *journal) holds(t *testing.T, words ...string) map[int]int {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	codes := map[int]int{}
	for line := range strings.Lines(j.text.String()) {
		for _, word := range words {
			if strings.Contains(line, word) {
				t.Errorf("the log has %q: %s", word, line)
			}
		}
		var entry struct {
			Code int `json:"code"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		codes[entry.Code]++
	}
	return codes
}

// levels counts the log entries with a status code by their severity.
func (j *journal) levels(t *testing.T, code int) map[string]int {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	levels := map[string]int{}
	for line := range strings.Lines(j.text.String()) {
		var entry struct {
			Code     int    `json:"code"`
			Severity string `json:"severity"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if entry.Code == code {
			levels[entry.Severity]++
		}
	}
	return levels
}

func TestLog_has_no_secret_and_no_text(t *testing.T) {
	t.Parallel()
	var log journal
	s := newSystem(t, func(set *setup) {
		set.api.StatusMaxAge = 0
		set.log = serve.Logger(&log, slog.LevelDebug)
		set.api.StartsPerMinute = 100
		var tokens auth.Tokens
		if err := tokens.UnmarshalText([]byte(caller + ":" + auth.Hash(secret) + ",reader:reader:" + auth.Hash("reader-"+userText))); err != nil {
			t.Fatal(err)
		}
		set.auth = &tokens
	})
	s.message("1", turn("a", "user", userText))
	s.message("2", map[string]any{"session_id": "odd", "role": userText, "content": userText, "created_at": userText, "related_message": userText})
	s.message("3", map[string]any{"session_id": "odd", "role": "user", "content": map[string]any{userText: userText}})
	good := `{"data":[` + strings.TrimSpace(line(userText)) + `],"filename":"one"}`
	send := func(method, path, body string, edit ...func(*http.Request)) {
		s.send(t, method, base+path, body, edit...)
	}
	post := func(path, body string, edit ...func(*http.Request)) { send(http.MethodPost, path, body, edit...) }

	post("/start", `{"session_id":"a"}`)
	post("/start", `{"session_id":"odd"}`)
	post("/convert-json", good)
	post("/convert-json", strings.Replace(good, userText+"?", userText+" again?", 1)) // 409
	post("/validate-data", `{"data":[{"contents":[{"role":"`+userText+`","parts":[{"text":"`+userText+`"}]}]}]}`)
	for _, path := range []string{"/start", "/convert-json", "/validate-data"} {
		post(path, userText)
		post(path, `{"`+userText+`":"`+userText+`"}`)
		post(path, `{"data":["`+userText+`"`)
		post(path, `{"data":"`+userText+`","session_id":["`+userText+`"],"filename":"`+userText+`/"}`)
		post(path, "{}", func(r *http.Request) { r.Header.Set("Content-Type", "text/"+userText) })
		if code := s.cutOff(t, base+path, userText); code != 499 {
			t.Errorf("%s: got %d, want 499", path, code)
		}
	}
	// Files whose content does not match their names, and users' text in the names of requests.
	for name, content := range map[string]string{
		"csv.jsonl": "id,e-mail\n1," + userText + "@example.com\n" + userText + "," + userText, "text.jsonl": strings.Repeat(userText+"\n", 50),
		"roles.jsonl": `{"messages":[{"role":"` + userText + `","content":"` + userText + `"}]}`, "keys.jsonl": `{"` + userText + `":"` + userText + `"}`,
		userText + ".jsonl": `{"contents":[{"role":"user","parts":[{"` + userText + `":"x"}]}]}`,
	} {
		s.Upload(t, data, name, content, nil)
		for _, more := range []string{"", `,"dry_run":true`, `,"labels":{"team":"` + strings.ToLower(userText) + `"},"display_name":"` + userText + `"`} {
			post("/start", `{"training_data":"gs://`+data+`/`+name+`"`+more+`}`)
			post("/start", `{"session_id":"a","validation_data":"gs://`+data+`/`+name+`"`+more+`}`)
		}
	}
	for _, body := range []string{
		`{"training_data":"gs://` + data + `/` + userText + `-none.jsonl"}`, `{"training_data":"gs://` + strings.ToLower(userText) + `/` + userText + ` a b.jsonl"}`,
		`{"message_ids":["` + userText + `","` + userText + `2"]}`, `{"session_id":"` + userText + `"}`, `{"session_id":"` + userText + `","message_ids":["1"]}`,
		`{"session_id":"a","model_id":"` + userText + `"}`, `{"session_id":"a","base_model":"` + userText + `"}`, `{"session_id":"a","labels":{"` + userText + `":"` + userText + `"}}`,
		`{"session_id":"a","hyperparameters":{"` + userText + `":1}}`, `{"session_id":"a","pre_tuned_model":"` + userText + `"}`,
	} {
		post("/start", body)
		post("/start", body, func(r *http.Request) { r.Header.Set("Idempotency-Key", userText) })
	}
	for _, path := range []string{"/job-status/", "/lineage/", "/lineage/gs%3A%2F%2Fb%2F", "/", "/lineage/projects/p/locations/l/models/"} {
		send(http.MethodGet, path+userText, "")
	}
	send(http.MethodPost, "/cancel/"+userText, "{}")
	send(userText, "/jobs", "")

	post("/validate-data", `{"data":["`+strings.Repeat(userText, 32<<20/len(userText))+`"]}`)
	send(http.MethodGet, "/jobs?status="+userText+"&"+userText+"="+userText+"&page_token="+userText, "")
	send(http.MethodGet, "/jobs?%"+userText, "")
	send(http.MethodGet, "/job-status/4711", "")
	send(http.MethodPut, "/start", userText)

	// Wrong credentials, and a valid token whose role is too low.
	for _, credentials := range []string{
		"Bearer wrong-" + userText, "Basic " + userText, userText, "Bearer " + secret + userText, "Bearer " + auth.Hash(secret), "Bearer reader-" + userText,
		"Bearer " + strings.Repeat(userText, 10_000),
	} {
		post("/start", userText, func(r *http.Request) { r.Header.Set("Authorization", credentials) })
	}

	// Google's errors that quote the data, and other failures of Google's services.
	for _, code := range []codes.Code{codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound} {
		s.fail(faults.Vertex, status.Error(code, "line 1: "+userText))
		post("/start", `{"session_id":"a"}`)
	}
	for _, err := range []error{errDenied, errAway, faults.ErrCut} { // the client's own error contains the object's name
		s.fail(faults.Storage, err)
		post("/start", `{"training_data":"gs://`+data+`/`+userText+`.jsonl"}`)
		post("/convert-json", strings.Replace(good, "one", userText+status.Code(err).String(), 1))
	}
	s.fail(faults.Storage, nil)
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted} {
		s.fail(faults.Vertex, status.Error(code, "no"))
		post("/start", `{"session_id":"a"}`)
	}
	if _, err := s.Firestore.Collection("tuning_jobs").Doc("vt-20261201-143022-abcdefghij").Set(t.Context(), map[string]any{
		"number": "4712", "created_at": userText, "started_by": []string{userText},
	}); err != nil {
		t.Fatal(err)
	}
	send(http.MethodGet, "/job-status/4712", "")
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted} {
		s.fail(faults.Firestore, status.Error(code, "no"))
		send(http.MethodGet, "/jobs", "")
	}

	for range 100 { // this exceeds the rate limit
		post("/start", userText)
	}
	seen := log.holds(t, userText, strings.ToLower(userText), secret, auth.Hash(secret), "Bearer")
	delete(seen, 0) // entries that are not about a request
	want := []int{200, 400, 401, 403, 404, 405, 409, 413, 415, 429, 499, 500, 502, 503, 504}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("codes in the log (-want +got):\n%s", diff)
	}
}

// cutOff announces a longer body than it sends. It returns the status code of the response.
func (s *system) cutOff(t *testing.T, path, body string) int {
	t.Helper()
	address := strings.TrimPrefix(s.url, "http://")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, address, secret, len(body)+100, body); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// No part of a token is logged, valid or not, and whether its issuer is available or not.
func TestLog_has_no_part_of_a_token(t *testing.T) {
	t.Parallel()
	url, token := issuer(t)
	for _, where := range []string{url, "http://127.0.0.1:1"} {
		var log journal
		s := newSystem(t, func(set *setup) {
			set.auth = openID(t, where)
			set.log = serve.Logger(&log, slog.LevelDebug)
		})
		good := token(map[string]any{"sub": "sub-of-ann", "email": "ann@example.com", "groups": []string{"readers"}})
		parts := strings.Split(good, ".")
		for _, bearer := range []string{
			good, token(map[string]any{"exp": 1}), token(map[string]any{"aud": "other"}), parts[0] + "." + parts[1] + ".", good + "A", parts[1],
			parts[0] + "." + parts[1] + ".SIGNATURE_REMOVED_BY_GOOGLE",
		} {
			s.send(t, http.MethodGet, base+"/jobs", "", bearing(bearer))
		}
		codes := log.holds(t, parts[0], parts[1], parts[2], "REMOVED", "ann@example.com") // the issuer has not verified this address
		if where == url && (codes[200] != 1 || codes[401] != 6) || where != url && codes[503] == 0 {
			t.Errorf("%s: codes are %v", where, codes)
		}
	}
}
