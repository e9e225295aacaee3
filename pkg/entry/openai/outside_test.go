// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// answered is a response whose body was read.
type answered struct {
	StatusCode int
	Header     http.Header
	text       string
}

var rawClient = &http.Client{Timeout: time.Minute}

// raw sends a request that no client of OpenAI's sends.
func (s *system) raw(t *testing.T, method, path, contentType string, body io.Reader, header ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := rawClient.Do(r)
	check(t, err)
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	return answered{answer.StatusCode, answer.Header, string(text)}
}

// wantRaw requires an error in OpenAI's shape that is not to be retried.
func wantRaw(t *testing.T, answer answered, status int, code, param string) {
	t.Helper()
	var e struct {
		Error struct {
			Message, Type, Code string
			Param               *string
		}
	}
	if err := json.Unmarshal([]byte(answer.text), &e); err != nil {
		t.Fatalf("%v: %s", err, answer.text)
	}
	got := ""
	if e.Error.Param != nil {
		got = *e.Error.Param
	}
	if answer.StatusCode != status || e.Error.Code != code || got != param || e.Error.Message == "" || e.Error.Type != "invalid_request_error" {
		t.Errorf("answered %d %s, want %d %q %q", answer.StatusCode, answer.text, status, code, param)
	}
	if answer.Header.Get("X-Request-Id") == "" || answer.Header.Get("X-Should-Retry") != "false" {
		t.Errorf("the headers are %v", answer.Header)
	}
}

// Forms come in the shapes that HTTP clients of other languages give them.
func TestForm_shapes(t *testing.T) {
	t.Parallel()
	const purpose = "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune"
	file := func(header string) string { return header + "\r\n\r\n" + good(3) }
	plain := file(`Content-Disposition: form-data; name="file"; filename="chat.jsonl"`)
	const usual = "multipart/form-data; boundary=b"
	tests := []struct {
		name, contentType string
		parts             []string
		filename          string // "" if the form is refused
		code, param       string
	}{
		{"file_last", usual, []string{purpose, plain}, "chat.jsonl", "", ""},
		{"quoted_boundary", `multipart/form-data; boundary="b"`, []string{plain, purpose}, "chat.jsonl", "", ""},
		{
			"dotnet", usual, []string{
				file("Content-Type: application/jsonl\r\nContent-Disposition: form-data; name=file; filename=\"=?utf-8?B?w7w=?=\"; filename*=utf-8''%C3%BC.jsonl"),
				"Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=purpose\r\n\r\nfine-tune",
			}, "ü.jsonl", "", "",
		},
		{"length_of_a_part", usual, []string{file("Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Length: 1\r\nContent-Transfer-Encoding: binary"), purpose}, "a", "", ""},
		{"path", usual, []string{file(`Content-Disposition: form-data; name="file"; filename="../../a.jsonl"`), purpose}, "a.jsonl", "", ""},
		{"no_filename", usual, []string{file(`Content-Disposition: form-data; name="file"`), purpose}, "", "invalid_filename", "file"},
		{"quote_in_filename", usual, []string{file(`Content-Disposition: form-data; name="file"; filename="a"b.jsonl"`), purpose}, "", "invalid_argument", ""},
		{"no_name", usual, []string{plain, "X-Other: y\r\n\r\nfine-tune"}, "", "invalid_argument", ""},
		{"newline_after_purpose", usual, []string{plain, purpose + "\n"}, "", "invalid_purpose", "purpose"},
		{"unknown_field", usual, []string{plain, purpose, "Content-Disposition: form-data; name=\"user\"\r\n\r\nx"}, "", "unknown_field", "user"},
		{"file_twice", usual, []string{plain, plain, purpose}, "", "repeated", "file"},
		{"other_boundary", "multipart/form-data; boundary=c", []string{plain, purpose}, "", "required", "file"},
	}
	s := newSystem(t)
	kept := 0
	for _, tt := range tests {
		body := "--b\r\n" + strings.Join(tt.parts, "\r\n--b\r\n") + "\r\n--b--\r\n"
		// A reader without a length is sent in chunks.
		answer := s.raw(t, http.MethodPost, "/v1/files", tt.contentType, io.MultiReader(strings.NewReader(body)))
		t.Log(tt.name)
		if tt.filename == "" {
			wantRaw(t, answer, http.StatusBadRequest, tt.code, tt.param)
			continue
		}
		kept += 2 // the file and the report
		var f client.FileObject
		check(t, json.Unmarshal([]byte(answer.text), &f))
		if f.Filename != tt.filename || s.content(t, f.ID) != good(3) {
			t.Errorf("created %s", answer.text)
		}
	}
	answer := s.raw(t, http.MethodPost, "/v1/files", usual, strings.NewReader("x"), "Content-Encoding", "gzip")
	wantRaw(t, answer, http.StatusUnsupportedMediaType, "unsupported_media", "")
	if objects := s.objectNames(t, "files/"); len(objects) != kept {
		t.Errorf("there are %d objects, want %d: %v", len(objects), kept, objects)
	}
}

// A client that stops sending after the file leaves no object, although the request has no time
// left.
func TestForm_stalls(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(c *api.Config, _ *cloud.Config) { c.RequestTimeout = 8 * time.Second })
	body, to := io.Pipe()
	defer func() { _ = to.Close() }() // the server has answered
	go func() {
		_, _ = io.WriteString(to, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"+good(1000)+"\r\n--b\r\nX-Padding: "+
			strings.Repeat("x", 16<<10)) // more than the buffer of the sender
	}()
	written := make(chan bool, 1)
	go func() {
		for range 1500 { // half a minute on a slow machine
			if len(s.objectNames(t, "files/")) > 0 {
				written <- true
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		written <- false
	}()
	answer := s.raw(t, http.MethodPost, "/v1/files", "multipart/form-data; boundary=b", body)
	if answer.StatusCode != 499 || !<-written {
		t.Errorf("answered %d %s", answer.StatusCode, answer.text)
	}
	if left := s.objectNames(t, "files/"); len(left) > 0 {
		t.Errorf("objects are left: %v", left)
	}
}

// Clients of other languages name a content type also without a body.
func TestCancel_without_a_body(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	for _, contentType := range []string{"", "application/json", "application/x-www-form-urlencoded", "text/plain; charset=UTF-8"} {
		job := s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID, Suffix: client.String("for " + contentType)})
		answer := s.raw(t, http.MethodPost, "/v1/fine_tuning/jobs/"+job.ID+"/cancel", contentType, http.NoBody)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%q: answered %d %s", contentType, answer.StatusCode, answer.text)
		}
	}
}

// OpenAI's client for Node writes a parameter that is null as an empty one.
func TestLists_empty_parameters(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	job := s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID})
	s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID, Metadata: map[string]string{"team": "a"}})
	for path, want := range map[string]int{
		"/v1/files?limit=&after=&order=&purpose=":                   2,
		"/v1/fine_tuning/jobs?limit=&after=":                        2,
		"/v1/fine_tuning/jobs?metadata=&after=":                     1,
		"/v1/fine_tuning/jobs?metadata=null":                        1,
		"/v1/fine_tuning/jobs/" + job.ID + "/events?limit=1&after=": 1,
		"/v1/fine_tuning/jobs/" + job.ID + "/checkpoints?limit=":    0,
	} {
		answer := s.raw(t, http.MethodGet, path, "", http.NoBody)
		var page struct{ Data []any }
		check(t, json.Unmarshal([]byte(answer.text), &page))
		if len(page.Data) != want {
			t.Errorf("%s: %s", path, answer.text)
		}
	}
	answer := s.raw(t, http.MethodGet, "/v1/files?other=", "", http.NoBody)
	wantRaw(t, answer, http.StatusBadRequest, "unknown_field", "other")
}

// Nothing below /v1 is answered in another shape.
func TestPaths_unknown(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for _, path := range []string{"/v1", "/v1/", "/v1/files/", "/v1%2Ffiles", "/v1/fine-tunes", "/v1/files/a%2F..%2Fb", "/v1/files/%00/content"} {
		answer := s.raw(t, http.MethodGet, path, "", http.NoBody)
		t.Log(path)
		wantRaw(t, answer, http.StatusNotFound, "not_found", "")
	}
}

// A download that fails on the way must not look complete.
func TestContent_cut_off(t *testing.T) {
	t.Parallel()
	const first = 1 << 20
	whole := good(30_000)
	var reads atomic.Int64
	s := newSystem(t, func(_ *api.Config, clouds *cloud.Config) {
		clouds.StorageWrap = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/"+data+"/files/"):
					next.ServeHTTP(w, r)
				case reads.Add(1) > 1: // the client for Cloud Storage asks for the rest
					w.WriteHeader(http.StatusForbidden)
				default:
					w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
					_, _ = io.WriteString(w, whole[:first]) // the server closes the connection after too few bytes
				}
			})
		}
	})
	f := s.send(t, "chat.jsonl", whole)
	answer, err := s.client.Files.Content(t.Context(), f.ID, option.WithMaxRetries(0))
	if err == nil {
		defer func() { _ = answer.Body.Close() }() // it was read to its end
		_, err = io.Copy(io.Discard, answer.Body)
	}
	if err == nil || reads.Load() < 2 {
		t.Errorf("the client got %v after %d reads", err, reads.Load())
	}
}

// A completion whose parts were deleted meanwhile, because an equal one was faster, gives the same
// file.
func TestUploads_complete_at_once(t *testing.T) {
	t.Parallel()
	text := good(40)
	var armed atomic.Bool
	var faster func()
	s := newSystem(t, func(_ *api.Config, clouds *cloud.Config) {
		clouds.StorageWrap = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/"+data+"/uploads/") && armed.CompareAndSwap(true, false) {
					faster()
				}
				next.ServeHTTP(w, r)
			})
		}
	})
	u := s.upload(t, len(text))
	ids := []string{s.part(t, u.ID, text[:100]), s.part(t, u.ID, text[100:])}
	complete := func() *client.Upload {
		done, err := s.client.Uploads.Complete(t.Context(), u.ID, client.UploadCompleteParams{PartIDs: ids}, option.WithMaxRetries(0))
		if err != nil {
			t.Error(err)
			return &client.Upload{}
		}
		return done
	}
	var first *client.Upload
	faster = func() { first = complete() }
	armed.Store(true)
	if second := complete(); first == nil || second.File.ID != first.File.ID || second.Status != "completed" {
		t.Errorf("the slower call got %s", second.RawJSON())
	}
}
