// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package facts hands out the catalogue of base models: the one that the program was built with, or one that
// CATALOGUE names and that is read again when it changes, so that a new price or model needs no new build.
package facts

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

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/object"
)

// Config says which catalogue to use.
type Config struct {
	// Catalogue is a gs:// object or a file; empty is the catalogue of the program.
	Catalogue string `env:"CATALOGUE"`
	// MaxAge is how old the catalogue may be before a look is taken whether it has changed.
	MaxAge time.Duration `env:"CATALOGUE_MAX_AGE" envDefault:"5m" sign:"not_negative"`
}

const (
	sizeLimit   = 4 << 20 // bytes; the one of the program has 26,000
	readTimeout = 10 * time.Second
)

// Source hands out the catalogue.
type Source struct {
	config  Config
	objects *object.Store
	log     *slog.Logger
	now     func() time.Time
	current atomic.Pointer[catalogue.Catalogue]

	mu      sync.Mutex // held while a look is taken
	version string     // of what was read last, good or not
	looked  time.Time
}

// Open returns a source that has read its catalogue: one that cannot be used must stop the function from
// starting.
func Open(ctx context.Context, config Config, objects *object.Store, now func() time.Time, log *slog.Logger) (*Source, error) {
	s := &Source{config: config, objects: objects, now: now, log: log}
	if config.Catalogue == "" {
		s.current.Store(catalogue.Default())
		return s, nil
	}
	s.looked = now()
	if err := s.read(ctx); err != nil {
		return nil, fmt.Errorf("CATALOGUE=%s: %w", config.Catalogue, err)
	}
	return s, nil
}

// Current returns the catalogue. A change that cannot be used is logged, and the catalogue stays what it was.
func (s *Source) Current(ctx context.Context) *catalogue.Catalogue {
	// Whoever comes while another looks takes what there is.
	if s.config.Catalogue != "" && s.mu.TryLock() {
		defer s.mu.Unlock()
		if now := s.now(); now.Sub(s.looked) >= s.config.MaxAge {
			s.looked = now
			if err := s.read(ctx); err != nil {
				s.log.ErrorContext(ctx, "the catalogue was not read again, the last one stays", "catalogue", s.config.Catalogue, "error", err)
			}
		}
	}
	return s.current.Load()
}

// read takes the catalogue in if it is not the one that was read last.
func (s *Source) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	version, open, err := s.look(ctx)
	if err != nil || version == s.version {
		return err
	}
	text, err := content(open)
	if err != nil {
		return err
	}
	first := s.version == ""
	s.version = version // a bad one is not read again until it has changed
	c, err := catalogue.Load(text)
	if err != nil {
		return err //nolint:wrapcheck // it says that it is about the catalogue, and our caller says which
	}
	s.current.Store(c)
	level := slog.LevelInfo
	if first {
		level = slog.LevelDebug // each function reads it when it starts
	}
	s.log.Log(ctx, level, "the catalogue was read", "catalogue", s.config.Catalogue, "version", version, "as_of", c.AsOf.String())
	return nil
}

// look returns what the catalogue's content is told by, and how to read it.
func (s *Source) look(ctx context.Context) (version string, open func() (io.ReadCloser, error), err error) {
	path, ok := strings.CutPrefix(s.config.Catalogue, "gs://")
	if !ok {
		info, err := os.Stat(s.config.Catalogue)
		if err != nil {
			return "", nil, err //nolint:wrapcheck // it names the file
		}
		version = fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
		return version, func() (io.ReadCloser, error) { return os.Open(s.config.Catalogue) }, nil
	}
	bucket, name, _ := strings.Cut(path, "/")
	attrs, err := s.objects.Attrs(ctx, bucket, name)
	if err != nil {
		return "", nil, err //nolint:wrapcheck // it names the object
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
