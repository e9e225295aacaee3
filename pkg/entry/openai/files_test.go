// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//lint:file-ignore SA1019 OpenAI has deprecated the status of a file, but its clients wait for it.

package openai_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	client "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

// A good file is processed, keeps its bytes, and can be deleted with its report.
func TestFiles(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(12))
	if f.Status != client.FileObjectStatusProcessed || f.Filename != "chat.jsonl" || f.Bytes != int64(len(good(12))) || f.Purpose != "fine-tune" || f.CreatedAt == 0 {
		t.Fatalf("created %s", f.RawJSON())
	}
	again, err := s.client.Files.Get(t.Context(), f.ID)
	check(t, err)
	if again.RawJSON() != f.RawJSON() {
		t.Errorf("retrieved %s, created %s", again.RawJSON(), f.RawJSON())
	}
	if got := s.content(t, f.ID); got != good(12) {
		t.Errorf("content %q", got)
	}
	gone, err := s.client.Files.Delete(t.Context(), f.ID)
	check(t, err)
	if !gone.Deleted || gone.ID != f.ID {
		t.Errorf("deleted %s", gone.RawJSON())
	}
	_, err = s.client.Files.Get(t.Context(), f.ID)
	wantError(t, err, http.StatusNotFound, "invalid_request_error", "not_found", "")
	if left := s.objectNames(t, "files/"); len(left) > 0 {
		t.Errorf("objects are left: %v", left)
	}
}

func (s *system) content(t *testing.T, id string) string {
	t.Helper()
	answer, err := s.client.Files.Content(t.Context(), id)
	check(t, err)
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	return string(text)
}

// A faulty file has the status error, the first fault, how many there are, and a whole report.
func TestFiles_faulty(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(2)+`{"messages": [{"role": "robot", "content": "x"}]}`+"\n{]\n")
	if f.Status != client.FileObjectStatusError {
		t.Fatalf("created %s", f.RawJSON())
	}
	for _, part := range []string{"The data has ", " in 4 records. First: file[2]", f.ID + "-report"} {
		if !strings.Contains(f.StatusDetails, part) {
			t.Errorf("the details lack %q: %s", part, f.StatusDetails)
		}
	}
	report := s.content(t, f.ID+"-report")
	if !strings.Contains(report, `"INVALID_ROLE"`) || !strings.Contains(report, `"limits_of": "`+baseModel) {
		t.Errorf("report %s", report)
	}
	_, err := s.client.FineTuning.Jobs.New(t.Context(), client.FineTuningJobNewParams{Model: baseModel, TrainingFile: f.ID})
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "invalid_file", "training_file")
}

// Every format that a dropped file may have is taken, also a packed one.
func TestFiles_formats(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for name, content := range map[string]string{
		"a.json":  `[{"prompt": "Hi", "completion": "Hello"}]`,
		"b.jsonl": `{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": "Hello"}]}]}`,
	} {
		if f := s.send(t, name, content); f.Status != client.FileObjectStatusProcessed {
			t.Errorf("%s: %s", name, f.RawJSON())
		}
	}
	if f := s.send(t, "c.csv", "question,answer\nHi,Hello\n"); f.Status != client.FileObjectStatusError || f.Bytes != 25 {
		t.Errorf("a table: %s", f.RawJSON())
	}
}

// The client walks over three pages by itself, in both orders, and a file may be deleted while it
// does.
func TestFiles_pages(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	var ids []string
	for range 5 {
		ids = append(ids, s.send(t, "chat.jsonl", good(1)).ID)
	}
	slices.Sort(ids)
	s.sentRequests()
	walk := func(order client.FileListParamsOrder, each func(id string)) (got []string) {
		pages := s.client.Files.ListAutoPaging(t.Context(), client.FileListParams{
			Limit: client.Int(2), Order: order, Purpose: client.String("fine-tune"),
		})
		for pages.Next() {
			got = append(got, pages.Current().ID)
			each(pages.Current().ID)
		}
		check(t, pages.Err())
		return got
	}
	got := walk(client.FileListParamsOrderAsc, func(string) {})
	if slices.Sort(got); !slices.Equal(got, ids) || len(s.sentRequests()) != 3 {
		t.Errorf("got %v, want %v", got, ids)
	}
	got = walk("", func(id string) {
		_, err := s.client.Files.Delete(t.Context(), id)
		check(t, err)
	})
	if slices.Sort(got); !slices.Equal(got, ids) {
		t.Errorf("with deletions: got %v, want %v", got, ids)
	}
	_, err := s.client.Files.List(t.Context(), client.FileListParams{After: client.String("file-unknown")})
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unknown_id", "after")
}

// A create that is refused leaves no object, whatever the order of its parts.
func TestFiles_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for name, c := range map[string]struct {
		params      client.FileNewParams
		code, param string
	}{
		"purpose": {client.FileNewParams{Purpose: client.FilePurposeBatch}, "invalid_purpose", "purpose"},
		"expiry": {
			client.FileNewParams{Purpose: client.FilePurposeFineTune, ExpiresAfter: client.FileNewParamsExpiresAfter{Seconds: 3600}},
			"unsupported", "expires_after[anchor]",
		},
	} {
		c.params.File = client.File(strings.NewReader(good(3)), "chat.jsonl", "application/octet-stream")
		_, err := s.client.Files.New(t.Context(), c.params)
		t.Log(name)
		wantError(t, err, http.StatusBadRequest, "invalid_request_error", c.code, c.param)
	}
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n" + good(1)
	var answer any
	err := s.client.Post(t.Context(), "files", strings.NewReader(body), &answer, option.WithHeader("Content-Type", "multipart/form-data; boundary=x"))
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "invalid_argument", "")
	if left := s.objectNames(t, "files/"); len(left) > 0 {
		t.Errorf("objects are left: %v", left)
	}
}

// A file that is too large for one request is refused with the way to send it.
func TestFiles_too_large(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	_, err := s.client.Files.New(t.Context(), client.FileNewParams{
		File: client.File(strings.NewReader(strings.Repeat(" ", 33<<20)), "chat.jsonl", "application/octet-stream"), Purpose: client.FilePurposeFineTune,
	})
	e := wantError(t, err, http.StatusRequestEntityTooLarge, "invalid_request_error", "too_large", "")
	if !strings.Contains(e.Message, "/v1/uploads") || e.Response.Header.Get("X-Should-Retry") != "false" {
		t.Errorf("message %q, header %v", e.Message, e.Response.Header)
	}
}
