// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func spec(name string) gcs.Spec {
	return gcs.Spec{
		Bucket: bucket, Name: name, ContentType: "application/jsonl", Metadata: map[string]string{"made-from": "7"},
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	generation := w.write(t, spec("a.jsonl"), "one\n")
	got, err := cloudtest.StorageClient(w.Cloud).Bucket(bucket).Object("a.jsonl").Attrs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type facts struct {
		Generation, Size int64
		ContentType      string
		Metadata         map[string]string
	}
	want := facts{generation, 4, "application/jsonl", map[string]string{"made-from": "7"}}
	if diff := cmp.Diff(want, facts{got.Generation, got.Size, got.ContentType, got.Metadata}); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
	w.holds(t, "a.jsonl", "one\n")
}

func TestWritePreconditions(t *testing.T) {
	t.Parallel()
	const there, other = "what is there\n", "something else\n"
	tests := []struct {
		name     string
		replaces func(live int64) int64
		content  string
		metadata map[string]string
		want     error  // nil: written now or by an earlier try
		same     bool   // the generation does not change
		holds    string // the content afterwards
	}{
		{"same_again", func(int64) int64 { return 0 }, there, map[string]string{"made-from": "7"}, nil, true, there},
		{"same_over_a_past_generation", func(live int64) int64 { return live - 1 }, there, map[string]string{"made-from": "7"}, nil, true, there},
		{"other_content", func(int64) int64 { return 0 }, other, map[string]string{"made-from": "7"}, gcs.ErrConflict, true, there},
		{"same_size", func(int64) int64 { return 0 }, strings.ToUpper(there), map[string]string{"made-from": "7"}, gcs.ErrConflict, true, there},
		{"other_metadata", func(int64) int64 { return 0 }, there, map[string]string{"made-from": "8"}, gcs.ErrConflict, true, there},
		{"no_metadata", func(int64) int64 { return 0 }, there, nil, gcs.ErrConflict, true, there},
		{"replaced", func(live int64) int64 { return live }, other, nil, nil, false, other},
		{"past_generation", func(live int64) int64 { return live - 1 }, other, nil, gcs.ErrConflict, true, there},
		{"generation_to_come", func(live int64) int64 { return live + 1 }, other, nil, gcs.ErrConflict, true, there},
	}
	w := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := spec(tt.name)
			live := w.write(t, s, there)
			s.Replaces, s.Metadata = tt.replaces(live), tt.metadata
			got, err := w.Objects.Write(t.Context(), s, fill(tt.content))
			if !errors.Is(err, tt.want) {
				t.Fatalf("Write = %v, want %v", err, tt.want)
			}
			if err == nil && (got == live) != tt.same {
				t.Errorf("generation %d after %d", got, live)
			}
			w.holds(t, tt.name, tt.holds)
		})
	}
}

// TestWrite_over_what_is_gone: the object to be replaced was deleted meanwhile. The caller must
// read it again.
func TestWrite_over_what_is_gone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec("gone.jsonl")
	s.Replaces = w.write(t, s, "one")
	if err := cloudtest.StorageClient(w.Cloud).Bucket(bucket).Object(s.Name).Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Objects.Write(t.Context(), s, fill("two")); !errors.Is(err, gcs.ErrConflict) {
		t.Errorf("Write = %v, want ErrConflict", err)
	}
	if got, there := w.Object(t, bucket, s.Name); there != nil {
		t.Errorf("the object exists again: %q", got)
	}
}

// TestWrite_refused_without_an_object: the precondition of a new object failed, but no object has
// the name. The write must be repeated, because no other process has made it.
func TestWrite_refused_without_an_object(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec("none.jsonl")
	w.On("POST_upload", faults.First(1, faults.Fail(codes.Aborted))) // over HTTP, 412
	_, err := w.Objects.Write(t.Context(), s, fill("one"))
	if errors.Is(err, gcs.ErrConflict) || !fault.IsTransient(err) {
		t.Errorf("Write = %v, want a transient error", err)
	}
	w.write(t, s, "one")
	w.holds(t, s.Name, "one")
}

func TestWrite_fill_fails(t *testing.T) {
	t.Parallel()
	errFill := errors.New("the source has faults")
	w := newWorld(t)
	for name, size := range map[string]int{"nothing_written": 0, "a_little": 100, "several_chunks": 9 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.Objects.Write(t.Context(), spec(name), func(to io.Writer) error {
				if _, err := io.CopyN(to, pattern{}, int64(size)); err != nil {
					return err
				}
				return errFill
			})
			if !errors.Is(err, errFill) {
				t.Errorf("Write = %v, want %v", err, errFill)
			}
			if got, there := w.Object(t, bucket, name); there != nil {
				t.Errorf("there is an object of %d bytes", len(got))
			}
		})
	}
}

// TestWrite_fill_fails_after_a_conflict: an upload of several chunks gets the conflict before its
// source turns out to be invalid. The error is that of the source.
func TestWrite_fill_fails_after_a_conflict(t *testing.T) {
	t.Parallel()
	errFill := errors.New("the source has faults")
	w := newWorld(t)
	w.write(t, spec("a.jsonl"), "another's")
	_, err := w.Objects.Write(t.Context(), spec("a.jsonl"), func(to io.Writer) error {
		if _, err := io.CopyN(to, pattern{}, 9<<20); err != nil {
			return err
		}
		return errFill
	})
	if !errors.Is(err, errFill) {
		t.Errorf("Write = %v, want %v", err, errFill)
	}
	w.holds(t, "a.jsonl", "another's")
}

// TestWrite_answer_lost: the object was written, but the answer was lost. The client sends it
// again, the precondition fails, and that counts as success.
func TestWrite_answer_lost(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"one_request": 1000, "several_chunks": 9 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			lost := w.loseAnswer(func(r *http.Request) bool {
				upload := strings.HasPrefix(r.URL.Path, "/upload/")
				whole := r.URL.Query().Get("uploadType") == "multipart"
				last := strings.HasSuffix(r.Header.Get("Content-Range"), "/9437184")
				return upload && (whole || last)
			})
			generation, err := w.Objects.Write(t.Context(), spec(name), func(to io.Writer) error {
				_, err := io.CopyN(to, pattern{}, size)
				return err
			})
			if err != nil {
				t.Fatalf("Write: %v", err)
			}
			if !lost.Load() {
				t.Fatal("no answer was lost")
			}
			attrs, err := cloudtest.StorageClient(w.Cloud).Bucket(bucket).Object(name).Attrs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if attrs.Generation != generation || attrs.Size != size {
				t.Errorf("generation %d of %d bytes exists, want %d of %d", attrs.Generation, attrs.Size, generation, size)
			}
		})
	}
}

func TestWrite_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name    string
		spec    gcs.Spec
		kind    fault.Kind
		message string
	}{
		{"no_bucket", gcs.Spec{Bucket: "no-such-bucket", Name: "x"}, fault.UpstreamFailed, "bucket gs://no-such-bucket does not exist"},
		{"name_too_long", gcs.Spec{Bucket: bucket, Name: strings.Repeat("x", 1025)}, fault.InvalidArgument, "1024"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.Objects.Write(t.Context(), tt.spec, fill("x"))
			if fault.KindOf(err) != tt.kind || !strings.Contains(fault.From(err).Message, tt.message) {
				t.Errorf("Write = %v (kind %d), want kind %d that says %q", err, fault.KindOf(err), tt.kind, tt.message)
			}
		})
	}
}

func TestWrite_cancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := w.Objects.Write(ctx, spec("a.jsonl"), func(to io.Writer) error {
		if err := fill("begun")(to); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if fault.KindOf(err) != fault.Canceled {
		t.Errorf("Write = %v, want Canceled", err)
	}
	if got, there := w.Object(t, bucket, "a.jsonl"); there != nil {
		t.Errorf("there is an object: %q", got)
	}
}

// pattern is endless text.
type pattern struct{}

func (pattern) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a' + byte(i%26)
	}
	return len(p), nil
}
