// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestWrite_sizes: objects just below and above the size of a small chunk have their whole content.
func TestWrite_sizes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, size := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 4 << 20, 4<<20 + 1} {
		for _, step := range []int{1000, 256 << 10, 5 << 20} { // the bytes of each Write
			t.Run(fmt.Sprintf("%d_by_%d", size, step), func(t *testing.T) {
				t.Parallel()
				content := strings.Repeat("0123456789", size/10+1)[:size]
				s := spec(t.Name())
				if _, err := w.Objects.Write(t.Context(), s, func(to io.Writer) error {
					for part := range slices.Chunk([]byte(content), step) {
						if _, err := to.Write(part); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				w.holds(t, s.Name, content)
			})
		}
	}
}

// TestWrite_sends_and_fills_at_the_same_time: the first chunk, of 4 MiB, is only received when
// 5 MiB have been filled.
func TestWrite_sends_and_fills_at_the_same_time(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	filled := make(chan struct{})
	var received atomic.Bool
	w.OnAny(func(ctx context.Context, c faults.Call, do faults.Do) error {
		if isFirstChunk(c) {
			received.Store(true)
			select {
			case <-filled:
			case <-time.After(time.Minute):
				t.Error("nothing is filled while a chunk is sent")
			}
		}
		return do(ctx)
	})
	_, err := w.Objects.Write(t.Context(), spec("a.jsonl"), func(to io.Writer) error {
		_, err := io.CopyN(to, pattern{}, 5<<20)
		close(filled)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Object(t, bucket, "a.jsonl"); len(got) != 5<<20 || !received.Load() {
		t.Errorf("the object has %d bytes, want 5 MiB in chunks", len(got))
	}
}

// TestWrite_refused_while_filling: an upload that Cloud Storage refuses ends the source, however long
// that is.
func TestWrite_refused_while_filling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.OnAny(faults.If(isFirstChunk, faults.Fail(codes.PermissionDenied)))
	_, err := w.Objects.Write(t.Context(), spec("a.jsonl"), func(to io.Writer) error {
		_, err := io.Copy(to, pattern{})
		return err
	})
	if fault.KindOf(err) != fault.UpstreamFailed || !strings.Contains(err.Error(), "a.jsonl") {
		t.Errorf("Write = %v (kind %d), want UpstreamFailed", err, fault.KindOf(err))
	}
	if got, there := w.Object(t, bucket, "a.jsonl"); there != nil {
		t.Errorf("there is an object of %d bytes", len(got))
	}
}

func isFirstChunk(c faults.Call) bool {
	return strings.HasPrefix(c.Request.(*http.Request).Header.Get("Content-Range"), "bytes 0-")
}

// TestWrite_conflict_of_many_chunks: the conflict is found before the end of the upload, and the
// rest must still be compared.
func TestWrite_conflict_of_many_chunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write := func(last string) (int64, error) {
		return w.Objects.Write(t.Context(), spec("a.jsonl"), func(to io.Writer) error {
			if _, err := io.CopyN(to, pattern{}, 9<<20); err != nil {
				return err
			}
			return fill(last)(to)
		})
	}
	first, err := write("same")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := write("same"); err != nil || again != first {
		t.Errorf("the same again: generation %d, %v; want %d", again, err, first)
	}
	if _, err := write("else"); !errors.Is(err, gcs.ErrConflict) {
		t.Errorf("other content: %v, want ErrConflict", err)
	}
}
