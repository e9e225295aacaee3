// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

func read(t *testing.T, s *gcs.Store, name string, generation int64) (string, error) {
	t.Helper()
	r, err := s.Read(t.Context(), bucket, name, generation)
	if err != nil {
		return "", err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return string(content), err
}

func TestRead_is_of_one_generation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec("a b/ü.jsonl")
	first := w.write(t, s, "one")
	if got, err := read(t, w.Objects, s.Name, first); err != nil || got != "one" {
		t.Errorf("Read = %q, %v", got, err)
	}
	s.Replaces = first
	second := w.write(t, s, "two")
	if _, err := read(t, w.Objects, s.Name, first); !errors.Is(err, gcs.ErrNotFound) {
		t.Errorf("Read of a replaced generation: %v, want ErrNotFound", err)
	}
	if got, err := read(t, w.Objects, s.Name, second); err != nil || got != "two" {
		t.Errorf("Read of the live generation = %q, %v", got, err)
	}
	if _, err := read(t, w.Objects, "nothing", 1); !errors.Is(err, gcs.ErrNotFound) {
		t.Errorf("Read of nothing: %v, want ErrNotFound", err)
	}
}

// TestRead_gives_stored_bytes: Cloud Storage would decompress such an object for a client that does
// not accept gzip.
func TestRead_gives_stored_bytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.CopyN(z, pattern{}, 100_000); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	upload := cloudtest.StorageClient(w.Cloud).Bucket(bucket).Object("a.jsonl").NewWriter(t.Context())
	upload.ContentEncoding, upload.ContentType = "gzip", "application/jsonl"
	if _, err := upload.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := upload.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := read(t, w.Objects, "a.jsonl", upload.Attrs().Generation)
	if err != nil {
		t.Fatal(err)
	}
	if got != packed.String() {
		t.Errorf("read %d bytes that are not the %d stored", len(got), packed.Len())
	}
}

func TestAttrs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	generation := w.write(t, spec("a.jsonl"), "one\n")
	got, err := w.Objects.Attrs(t.Context(), bucket, "a.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	want := gcs.Attrs{Generation: generation, Size: 4, Metadata: map[string]string{"made-from": "7"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	for _, place := range [][2]string{{bucket, "nothing"}, {"no-such-bucket", "a.jsonl"}} {
		if _, err := w.Objects.Attrs(t.Context(), place[0], place[1]); !errors.Is(err, gcs.ErrNotFound) {
			t.Errorf("Attrs of %s: %v, want ErrNotFound", gcs.URI(place[0], place[1]), err)
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec("a.jsonl")
	first := w.write(t, s, "one")
	s.Replaces = first
	second := w.write(t, s, "two")
	if err := w.Objects.Delete(t.Context(), bucket, s.Name, first); !errors.Is(err, gcs.ErrConflict) {
		t.Errorf("Delete of a replaced generation: %v, want ErrConflict", err)
	}
	w.holds(t, s.Name, "two")
	lost := w.loseAnswer(func(r *http.Request) bool { return r.Method == http.MethodDelete })
	if err := w.Objects.Delete(t.Context(), bucket, s.Name, second); err != nil || !lost.Load() {
		t.Errorf("Delete whose answer is lost: %v (lost: %v)", err, lost.Load())
	}
	if got, there := w.Object(t, bucket, s.Name); there != nil {
		t.Errorf("the object still exists: %q", got)
	}
	if err := w.Objects.Delete(t.Context(), bucket, s.Name, second); err != nil {
		t.Errorf("Delete of nothing: %v", err)
	}
	if err := w.Objects.DeleteLive(t.Context(), bucket, s.Name); err != nil {
		t.Errorf("DeleteLive of nothing: %v", err)
	}
	w.write(t, spec(s.Name), "again")
	if err := w.Objects.DeleteLive(t.Context(), bucket, s.Name); err != nil {
		t.Errorf("DeleteLive: %v", err)
	}
	if got, there := w.Object(t, bucket, s.Name); there != nil {
		t.Errorf("after DeleteLive the object still exists: %q", got)
	}
}

func TestService_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	generation := w.write(t, spec("a.jsonl"), "one")
	calls := map[string]func() error{
		"attrs":  func() error { _, err := w.Objects.Attrs(t.Context(), bucket, "a.jsonl"); return err },
		"read":   func() error { _, err := read(t, w.Objects, "a.jsonl", generation); return err },
		"delete": func() error { return w.Objects.Delete(t.Context(), bucket, "a.jsonl", generation) },
		"write":  func() error { _, err := w.Objects.Write(t.Context(), spec("b.jsonl"), fill("x")); return err },
	}
	// An error that the client does not retry, but that an operator can repair by granting access.
	w.OnHTTP(func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(rw, "service-1@gcp-sa has no right to it", http.StatusForbidden)
	})
	for name, call := range calls {
		err := call()
		if fault.KindOf(err) != fault.UpstreamFailed || !fault.ShouldRedeliver(err) {
			t.Errorf("%s: %v (kind %d), want UpstreamFailed", name, err, fault.KindOf(err))
		}
	}
}

// TestStreaming moves 50 MiB through Write and Read, and measures the memory in use meanwhile. It
// is not parallel, because the memory of other tests would count too.
func TestStreaming(t *testing.T) { //nolint:paralleltest // see above
	const size, bound = 50 << 20, 24 << 20
	w := newWorld(t)
	peakHeap := watchHeap(t)
	generation, err := w.Objects.Write(t.Context(), spec("big"), func(to io.Writer) error {
		_, err := io.CopyN(to, pattern{}, size)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Objects.Read(t.Context(), bucket, "big", generation)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	if err != nil || n != size {
		t.Errorf("read %d bytes, %v", n, err)
	}
	if got := peakHeap(); got > bound {
		t.Errorf("the heap grew by %d MiB for an object of %d MiB, want at most %d MiB", got>>20, size>>20, bound>>20)
	}
}

// watchHeap returns a function that reports the largest growth of the live heap since the call.
func watchHeap(t *testing.T) func() uint64 {
	t.Helper()
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		most := before
		for {
			select {
			case <-stop:
				result <- most - before
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, live())
			}
		}
	}()
	return func() uint64 { close(stop); return <-result }
}
