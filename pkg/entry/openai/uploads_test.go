// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//lint:file-ignore SA1019 OpenAI has deprecated the status of a file, but its clients wait for it.

package openai_test

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/openai/openai-go/v3"

	"github.com/vertextune/vertextune/pkg/entry/openai"
)

// upload creates an upload of a file of this size.
func (s *system) upload(t *testing.T, size int) *client.Upload {
	t.Helper()
	u, err := s.client.Uploads.New(t.Context(), client.UploadNewParams{
		Bytes: int64(size), Filename: "chat.jsonl", MimeType: "application/jsonl", Purpose: client.FilePurposeFineTune,
	})
	check(t, err)
	return u
}

// part sends a part of an upload and returns its ID.
func (s *system) part(t *testing.T, upload, content string) string {
	t.Helper()
	p, err := s.client.Uploads.Parts.New(t.Context(), upload, client.UploadPartNewParams{Data: strings.NewReader(content)})
	check(t, err)
	if p.UploadID != upload || p.CreatedAt == 0 {
		t.Errorf("part %s", p.RawJSON())
	}
	return p.ID
}

// A file of 100 MB arrives in parts that are sent in another order. A completion that is repeated
// gives the same file.
func TestUploads_100_MB(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	line := `{"messages": [{"role": "user", "content": "` + strings.Repeat("x", 49_000) + `"}, {"role": "assistant", "content": "y"}]}` + "\n"
	whole := strings.Repeat(line, 100<<20/len(line))
	u := s.upload(t, len(whole))
	if u.Status != "pending" || u.ExpiresAt <= u.CreatedAt || u.JSON.File.Valid() {
		t.Errorf("created %s", u.RawJSON())
	}
	const size = 16 << 20
	var ids []string
	for start := (len(whole) - 1) / size * size; start >= 0; start -= size {
		ids = append(ids, s.part(t, u.ID, whole[start:min(start+size, len(whole))]))
	}
	slices.Reverse(ids)
	sum := md5.Sum([]byte(whole))
	complete := client.UploadCompleteParams{PartIDs: ids, Md5: client.String(hex.EncodeToString(sum[:]))}
	done, err := s.client.Uploads.Complete(t.Context(), u.ID, complete)
	check(t, err)
	if done.Status != "completed" || done.File.Status != client.FileObjectStatusProcessed || done.File.Bytes != int64(len(whole)) {
		t.Fatalf("completed %s", done.RawJSON())
	}
	again, err := s.client.Uploads.Complete(t.Context(), u.ID, complete)
	check(t, err)
	if again.RawJSON() != done.RawJSON() {
		t.Errorf("completed again %s, first %s", again.RawJSON(), done.RawJSON())
	}
	answer, err := s.client.Files.Content(t.Context(), done.File.ID)
	check(t, err)
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	got := md5.New()
	if _, err := io.Copy(got, answer.Body); err != nil || hex.EncodeToString(got.Sum(nil)) != hex.EncodeToString(sum[:]) {
		t.Errorf("the content differs: %v", err)
	}
	if left := s.objectNames(t, "uploads/"); len(left) > 0 {
		t.Errorf("parts are left: %v", left)
	}
	job := s.create(t, client.FineTuningJobNewParams{TrainingFile: done.File.ID})
	if job.TrainingFile != done.File.ID {
		t.Errorf("job %s", job.RawJSON())
	}
}

// What does not fit together is refused, and can be corrected.
func TestUploads_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	text := good(4)
	u := s.upload(t, len(text))
	first, second := s.part(t, u.ID, text[:100]), s.part(t, u.ID, text[100:])
	for _, c := range []struct {
		params      client.UploadCompleteParams
		code, param string
	}{
		{client.UploadCompleteParams{PartIDs: []string{first}}, "bytes_differ", "part_ids"},
		{client.UploadCompleteParams{PartIDs: []string{first, first}}, "unknown_part", "part_ids[1]"},
		{client.UploadCompleteParams{PartIDs: []string{first, "part_x"}}, "unknown_part", "part_ids[1]"},
		{client.UploadCompleteParams{PartIDs: []string{}}, "empty", "part_ids"},
		{client.UploadCompleteParams{PartIDs: []string{first, second}, Md5: client.String("00")}, "checksum_differs", "md5"},
	} {
		_, err := s.client.Uploads.Complete(t.Context(), u.ID, c.params)
		wantError(t, err, http.StatusBadRequest, "invalid_request_error", c.code, c.param)
	}
	if left := s.objectNames(t, "files/"); len(left) > 0 {
		t.Errorf("objects are left: %v", left)
	}
	done, err := s.client.Uploads.Complete(t.Context(), u.ID, client.UploadCompleteParams{PartIDs: []string{first, second}})
	check(t, err)
	if s.content(t, done.File.ID) != text {
		t.Error("the content differs")
	}
	_, err = s.client.Uploads.Parts.New(t.Context(), u.ID, client.UploadPartNewParams{Data: strings.NewReader("x")})
	wantError(t, err, http.StatusConflict, "invalid_request_error", "conflict", "")
	for _, c := range []struct {
		params      client.UploadNewParams
		code, param string
	}{
		{client.UploadNewParams{Bytes: 0, Filename: "a", Purpose: "fine-tune"}, "out_of_range", "bytes"},
		{client.UploadNewParams{Bytes: 9 << 30, Filename: "a", Purpose: "fine-tune"}, "out_of_range", "bytes"},
		{client.UploadNewParams{Bytes: 1, Filename: "a", Purpose: "batch"}, "invalid_purpose", "purpose"},
	} {
		c.params.MimeType = "application/jsonl"
		_, err := s.client.Uploads.New(t.Context(), c.params)
		wantError(t, err, http.StatusBadRequest, "invalid_request_error", c.code, c.param)
	}
}

// A cancelled upload and an expired one take no parts.
func TestUploads_end(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	u := s.upload(t, 10)
	s.part(t, u.ID, "0123456789")
	for range 2 {
		got, err := s.client.Uploads.Cancel(t.Context(), u.ID)
		check(t, err)
		if got.Status != "cancelled" {
			t.Errorf("cancelled %s", got.RawJSON())
		}
	}
	if left := s.objectNames(t, "uploads/"); len(left) > 0 {
		t.Errorf("parts are left: %v", left)
	}
	old := s.upload(t, 10)
	s.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	for _, id := range []string{u.ID, old.ID} {
		_, err := s.client.Uploads.Complete(t.Context(), id, client.UploadCompleteParams{PartIDs: []string{"part_x"}})
		wantError(t, err, http.StatusConflict, "invalid_request_error", "conflict", "")
	}
	_, err := s.client.Uploads.Cancel(t.Context(), "upload_x")
	wantError(t, err, http.StatusNotFound, "invalid_request_error", "not_found", "")
}

// Each alias needs a name and a model.
func TestConfig(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"gpt-4o": true, "": false} {
		if err := (openai.Config{Aliases: map[string]string{text: baseModel}}).Check(); (err == nil) != ok {
			t.Errorf("alias %q: %v", text, err)
		}
	}
}
