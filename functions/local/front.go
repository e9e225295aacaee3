// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// limits are how long the header and the body of a request may take to arrive.
type limits struct{ header, body time.Duration }

var usualLimits = limits{header: 10 * time.Second, body: time.Minute}

// newFront returns the server that takes the place of Cloud Run's front end. It limits how long a
// request may take to arrive. The Functions Framework has no such limit.
func newFront(target *url.URL, l limits) *http.Server {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // the function checks the query as sent
		},
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100},
		ErrorLog:  slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			// When the deadline passes, the request's context also ends. The proxy may report only
			// the end of the context.
			if body, ok := r.Context().Value(bodyKey{}).(*timedBody); ok && body.timedOut.Load() {
				err = os.ErrDeadlineExceeded
			}
			refuse(w, l, err)
		},
	}
	return &http.Server{
		ReadHeaderTimeout: l.header,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          proxy.ErrorLog,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength != 0 {
				// The deadline applies to the body alone. A server's ReadTimeout would also end the
				// work that follows.
				control := http.NewResponseController(w)
				if err := control.SetReadDeadline(time.Now().Add(l.body)); err != nil {
					refuse(w, l, err)
					return
				}
				body := &timedBody{ReadCloser: r.Body, control: control}
				r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, body))
				r.Body = body
			}
			proxy.ServeHTTP(w, r)
		}),
	}
}

// bodyKey is the context key of a request's timedBody.
type bodyKey struct{}

// timedBody is a body that removes the read deadline when it has arrived completely.
type timedBody struct {
	io.ReadCloser
	control  *http.ResponseController
	timedOut atomic.Bool // the deadline passed before the body had arrived
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{}) // on error the connection is closed already
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		b.timedOut.Store(true)
	}
	return n, err //nolint:wrapcheck // a reader's error is returned unchanged
}

// refuse answers a request that could not be forwarded, in the shape of all errors.
func refuse(w http.ResponseWriter, l limits, err error) {
	var body fault.Body
	body.Error.Code, body.Error.Status = http.StatusServiceUnavailable, "UNAVAILABLE"
	body.Error.Message = "The functions do not answer. See the output of the local command."
	if errors.Is(err, os.ErrDeadlineExceeded) {
		body.Error.Code, body.Error.Status = http.StatusRequestTimeout, "DEADLINE_EXCEEDED"
		body.Error.Message = fmt.Sprintf("The body did not arrive within %s. Send it again.", l.body)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(body.Error.Code)
	_ = json.NewEncoder(w).Encode(body) // a caller who has disconnected needs no answer
}

// serveFront serves until ctx is done and all requests in progress are answered.
func serveFront(ctx context.Context, front *http.Server, l net.Listener) error {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		// The functions may take the same time to stop.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = front.Shutdown(grace) // requests that are unanswered by then are cut off
	})
	defer stop()
	if err := front.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the functions on %s: %w", l.Addr(), err)
	}
	<-ended
	return nil
}
