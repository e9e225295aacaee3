// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package storage is a stand-in for Cloud Storage.
//
// It serves the JSON API, and the XML API's object reads, over HTTP on one address, so that the
// official clients and plain curl work against it. Media streams between the connection and the
// disk; memory use does not depend on object size. Preconditions apply to every operation, and are
// checked and applied in one step.
//
// Buckets have neither object versioning nor soft delete, so there is at most one generation of a
// name. Access control does not exist: credentials are ignored. Everything else that is not
// implemented is refused with an error that names it, and never silently ignored.
//
// With a folder, all that was acknowledged survives the death of the process at any time, but not
// that of the machine: nothing is synced.
package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Config says how to start a Server.
type Config struct {
	// Addr is the address to listen on; port 0 picks a free one.
	// Empty means "127.0.0.1:0".
	Addr string
	// Dir keeps everything across restarts. It is created if missing, and only one Server at a time
	// may use it. Empty means a temporary folder that Close removes.
	Dir string
	// Wrap, if set, wraps the whole API, for fault injection and for counting calls.
	Wrap func(http.Handler) http.Handler
	// Buckets are created at start unless they exist.
	Buckets []string
	// Notify lists the buckets whose finalized objects are kept for Server.Finalized.
	Notify []string
	// Log receives a line, once each, for the calls that the Server refuses because it does not
	// implement them. Nil means slog.Default().
	Log *slog.Logger
}

// Server is a running stand-in.
type Server struct {
	store *store
	http  *http.Server
	ln    net.Listener
	temp  string // the folder to remove at Close, if it is ours

	stop context.CancelFunc
	ctx  context.Context // ends with the Server, which no caller's context does
	once sync.Once
	err  error

	mu      sync.Mutex
	closing bool
	busy    sync.WaitGroup // requests and Finalized loops
}

// Start opens the store and begins to serve.
func Start(cfg Config) (_ *Server, err error) {
	s := &Server{}
	dir := cfg.Dir
	if dir == "" {
		if s.temp, err = os.MkdirTemp("", "standin-storage-"); err != nil {
			return nil, fmt.Errorf("create temporary folder: %w", err)
		}
		dir = s.temp
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.removeTemp())
		}
	}()
	if s.store, err = openStore(dir, cfg.Notify); err != nil {
		return nil, fmt.Errorf("open storage in %s: %w", dir, err)
	}
	for _, name := range cfg.Buckets {
		if err := s.store.ensureBucket(name); err != nil {
			return nil, errors.Join(fmt.Errorf("create bucket %q: %w", name, err), s.store.shut())
		}
	}
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", addr, err), s.store.shut())
	}
	s.ln = ln
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.serve(cmp.Or(cfg.Log, slog.Default()), cfg.Wrap)
	return s, nil
}

func (s *Server) serve(log *slog.Logger, wrap func(http.Handler) http.Handler) {
	h := s.guard(&api{store: s.store, log: log})
	if wrap != nil {
		h = wrap(h)
	}
	s.http = &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 30 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
	go func() {
		// Serve's only other outcome than Close is a broken listener, which
		// every client then sees for itself.
		_ = s.http.Serve(s.ln)
	}()
}

// guard lets Close wait for the open requests, so that none of them uses the store after it is
// closed.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.begin() {
			writeError(w, r, errStopping)
			return
		}
		defer s.busy.Done()
		next.ServeHTTP(w, r)
	})
}

// begin counts one more user of the store, unless the Server is closing.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.busy.Add(1)
	return true
}

// Addr is the address served, as host:port.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// URL is the base URL served, without a trailing slash: the value for
// STORAGE_EMULATOR_HOST.
func (s *Server) URL() string { return "http://" + s.Addr() }

// Close ends all connections and every Finalized loop, waits for them, and
// closes the store. It may be called more than once.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closing = true
		s.mu.Unlock()
		s.stop()
		err := s.http.Close()
		s.busy.Wait()
		s.err = errors.Join(err, s.store.shut(), s.removeTemp())
	})
	return s.err
}

func (s *Server) removeTemp() error {
	if s.temp == "" {
		return nil
	}
	if err := os.RemoveAll(s.temp); err != nil {
		return fmt.Errorf("remove temporary folder: %w", err)
	}
	return nil
}
