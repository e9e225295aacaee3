// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package livecatalogue_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/livecatalogue"
)

const bucket = cloudtest.Data

// world is a bucket, a folder, and a clock that only the test advances.
type world struct {
	*cloudtest.Cloud
	dir string
	log bytes.Buffer
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{Cloud: cloudtest.Start(t), dir: t.TempDir(), now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
}

func (w *world) open(t *testing.T, setting string) (*livecatalogue.Source, error) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	return livecatalogue.Open(t.Context(), livecatalogue.Config{Catalogue: setting, MaxAge: time.Minute}, w.Objects, func() time.Time { return w.now }, log)
}

func (w *world) upload(t *testing.T, name string, text []byte) {
	t.Helper()
	w.Upload(t, bucket, name, string(text), nil)
}

func (w *world) save(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	// Two writes of one test can fall into one tick of a coarse file system clock.
	w.now = w.now.Add(time.Second)
	if err := os.Chtimes(filepath.Join(w.dir, name), w.now, w.now); err != nil {
		t.Fatal(err)
	}
}

// dated returns the default catalogue with another date, which identifies it.
func dated(date string) []byte {
	return bytes.Replace(catalogue.JSON(), []byte(catalogue.Default().AsOf.String()), []byte(date), 1)
}

func TestBuiltIn(t *testing.T) {
	t.Parallel()
	s, err := livecatalogue.Open(t.Context(), livecatalogue.Config{}, nil, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if s.Current(t.Context()) != catalogue.Default() {
		t.Error("it is not the built-in catalogue")
	}
}

func TestReplaced(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"object", "file"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			setting, write := "gs://"+bucket+"/facts/catalogue.json", func(text []byte) { w.upload(t, "facts/catalogue.json", text) }
			if where == "file" {
				setting, write = filepath.Join(w.dir, "c.json"), func(text []byte) { w.save(t, "c.json", text) }
			}
			write(dated("2026-11-24"))
			s, err := w.open(t, setting)
			if err != nil {
				t.Fatal(err)
			}
			expect := func(when, want string) {
				t.Helper()
				if got := s.Current(t.Context()).AsOf.String(); got != want {
					t.Errorf("%s the catalogue is of %s, want %s", when, got, want)
				}
			}
			expect("at first", "2026-11-24")
			write(dated("2026-11-25"))
			w.now = w.now.Add(50 * time.Second)
			expect("before its time", "2026-11-24")
			w.now = w.now.Add(10 * time.Second)
			expect("a minute later", "2026-11-25")

			write([]byte(`{"as_of": "2026-11-26"}`))
			w.now = w.now.Add(time.Minute)
			expect("after a bad change", "2026-11-25")
			if !strings.Contains(w.log.String(), "/models: is missing") {
				t.Errorf("the log does not have the cause:\n%s", &w.log)
			}
			seen := w.log.Len()
			w.now = w.now.Add(time.Minute)
			expect("with the bad change", "2026-11-25")
			if w.log.Len() != seen {
				t.Errorf("the same is logged again:\n%s", w.log.String()[seen:])
			}
			write(dated("2026-11-27"))
			w.now = w.now.Add(time.Minute)
			expect("mended", "2026-11-27")
		})
	}
}

// If the catalogue or its service disappears, the last catalogue stays in use.
func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, "c.json", dated("2026-11-24"))
	s, err := w.open(t, filepath.Join(w.dir, "c.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(w.dir, "c.json")); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	if got := s.Current(t.Context()).AsOf.String(); got != "2026-11-24" {
		t.Errorf("the catalogue is of %s", got)
	}
	if !strings.Contains(w.log.String(), "no such file") {
		t.Errorf("the log says:\n%s", &w.log)
	}
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.upload(t, "bad.json", []byte(`{"as_of": 5}`))
	w.upload(t, "large.json", bytes.Repeat([]byte(" "), 4<<20+1))
	for setting, want := range map[string]string{
		"gs://" + bucket + "/bad.json":   "/as_of: must be a day",
		"gs://" + bucket + "/large.json": "more than 4194304 bytes",
		"gs://" + bucket + "/none.json":  "no such object",
		"gs://" + bucket:                 "",
		filepath.Join(w.dir, "none"):     "no such file",
		w.dir:                            "is a directory",
	} {
		_, err := w.open(t, setting)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "CATALOGUE="+setting) {
			t.Errorf("%s: error %v, want one with %q", setting, err, want)
		}
	}
}

// Many callers may ask at the same time; the race detector checks that.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(t, "c.json", dated("2026-11-24"))
	log := slog.New(slog.DiscardHandler)
	s, err := livecatalogue.Open(t.Context(), livecatalogue.Config{Catalogue: filepath.Join(w.dir, "c.json")}, w.Objects, time.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if s.Current(t.Context()).AsOf.String() != "2026-11-24" {
					t.Error("another catalogue")
				}
			}
		})
	}
	all.Wait()
}
