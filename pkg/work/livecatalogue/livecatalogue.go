// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package livecatalogue provides the catalogue of base models: either the one that is built into
// the program, or the one that CATALOGUE names. The latter is reloaded when it changes, so that a
// new price or model needs no new build.
package livecatalogue

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// Config selects the catalogue.
type Config struct {
	// Catalogue is a gs:// object or a file; empty means the catalogue that is built into the
	// program.
	Catalogue string `env:"CATALOGUE"`
	// MaxAge is how long the catalogue is used before it is checked for a change.
	MaxAge time.Duration `env:"CATALOGUE_MAX_AGE" envDefault:"5m" sign:"not_negative"`
}

const (
	sizeLimit   = 4 << 20 // bytes; the built-in catalogue has about 30,000
	readTimeout = 10 * time.Second
)

// Source provides the catalogue.
type Source struct {
	config  Config
	objects *gcs.Store
	log     *slog.Logger
	now     func() time.Time
	current atomic.Pointer[catalogue.Catalogue]

	mu      sync.Mutex // held during a check for a change
	version string     // of the last content that was read, valid or not
	checked time.Time
}

// Open returns a source that has read its catalogue. An unusable catalogue is an error, so that the
// function does not start.
func Open(ctx context.Context, config Config, objects *gcs.Store, now func() time.Time, log *slog.Logger) (*Source, error) {
	s := &Source{config: config, objects: objects, now: now, log: log}
	if config.Catalogue == "" {
		s.current.Store(catalogue.Default())
		return s, nil
	}
	s.checked = now()
	if err := s.read(ctx); err != nil {
		return nil, fmt.Errorf("CATALOGUE=%s: %w", config.Catalogue, err)
	}
	return s, nil
}

// Current returns the catalogue. If a changed catalogue is unusable, that is logged, and the last
// usable one stays in use.
func (s *Source) Current(ctx context.Context) *catalogue.Catalogue {
	// During the check of one caller, the others use the present catalogue.
	if s.config.Catalogue != "" && s.mu.TryLock() {
		defer s.mu.Unlock()
		if now := s.now(); now.Sub(s.checked) >= s.config.MaxAge {
			s.checked = now
			if err := s.read(ctx); err != nil {
				s.log.ErrorContext(ctx, "the catalogue was not reloaded and the last one stays in use", "catalogue", s.config.Catalogue, "error", err)
			}
		}
	}
	return s.current.Load()
}

// read loads the catalogue, unless it has the version that was read last.
func (s *Source) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	version, open, err := s.stat(ctx)
	if err != nil || version == s.version {
		return err
	}
	text, err := content(open)
	if err != nil {
		return err
	}
	first := s.version == ""
	s.version = version // an invalid one is read again only after a change
	c, err := catalogue.Load(text)
	if err != nil {
		return err //nolint:wrapcheck // the error says that it is about the catalogue, and our caller adds its name
	}
	s.current.Store(c)
	level := slog.LevelInfo
	if first {
		level = slog.LevelDebug // every function reads the catalogue at its start
	}
	s.log.Log(ctx, level, "the catalogue was read", "catalogue", s.config.Catalogue, "version", version, "as_of", c.AsOf.String())
	return nil
}

// stat returns the version of the catalogue's content, and a function that opens the content.
func (s *Source) stat(ctx context.Context) (version string, open func() (io.ReadCloser, error), err error) {
	path, ok := strings.CutPrefix(s.config.Catalogue, "gs://")
	if !ok {
		info, err := os.Stat(s.config.Catalogue)
		if err != nil {
			return "", nil, err //nolint:wrapcheck // the error names the file
		}
		version = fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
		return version, func() (io.ReadCloser, error) { return os.Open(s.config.Catalogue) }, nil
	}
	bucket, name, _ := strings.Cut(path, "/")
	attrs, err := s.objects.Attrs(ctx, bucket, name)
	if err != nil {
		return "", nil, err //nolint:wrapcheck // the error names the object
	}
	version = fmt.Sprintf("generation %d", attrs.Generation)
	return version, func() (io.ReadCloser, error) { return s.objects.Read(ctx, bucket, name, attrs.Generation) }, nil
}

func content(open func() (io.ReadCloser, error)) ([]byte, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // nothing is lost by a failing close after reading
	text, err := io.ReadAll(io.LimitReader(r, sizeLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(text) > sizeLimit {
		return nil, fmt.Errorf("has more than %d bytes", sizeLimit)
	}
	return text, nil
}
