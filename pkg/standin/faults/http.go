// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// statuses are the HTTP answers of Cloud Storage that correspond to gRPC's codes. It has no
// ABORTED; a writer gets 412 when another writer came first.
var statuses = map[codes.Code]int{
	codes.Aborted:           http.StatusPreconditionFailed,
	codes.DeadlineExceeded:  http.StatusGatewayTimeout,
	codes.Internal:          http.StatusInternalServerError,
	codes.NotFound:          http.StatusNotFound,
	codes.PermissionDenied:  http.StatusForbidden,
	codes.ResourceExhausted: http.StatusTooManyRequests,
	codes.Unavailable:       http.StatusServiceUnavailable,
}

// RawHook is called instead of each request to Cloud Storage; next makes the real request.
type RawHook func(rw http.ResponseWriter, r *http.Request, next http.Handler)

// OnHTTP calls hook for all requests to Cloud Storage, also those of bystanders, within other
// hooks; nil removes it.
func (i *Injector) OnHTTP(hook RawHook) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.raw = hook
}

// http wraps Cloud Storage.
func (i *Injector) http(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		next := i.rawly(next)
		if strings.Contains(r.UserAgent(), Bystander) {
			next.ServeHTTP(rw, r)
			return
		}
		call, hook := i.begin(Storage, describe(r))
		defer i.end()
		if hook == nil {
			next.ServeHTTP(rw, r)
			return
		}
		call.Request = r
		hooked(rw, r, next, call, hook)
	})
}

// rawly returns next under the raw hook, if there is one.
func (i *Injector) rawly(next http.Handler) http.Handler {
	i.mu.Lock()
	defer i.mu.Unlock()
	raw := i.raw
	if raw == nil {
		return next
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { raw(rw, r, next) })
}

// hooked makes a request under a hook. The request and the answer are held in memory, so that a
// request can take effect when its client has gone away, and an answer can be lost when it is
// there.
func hooked(rw http.ResponseWriter, r *http.Request, next http.Handler, call Call, hook Hook) {
	body, readErr := io.ReadAll(r.Body)
	answer := &heldResponse{header: http.Header{}, status: http.StatusOK}
	err := hook(r.Context(), call, func(ctx context.Context) error {
		r := r.WithContext(ctx)
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{readErr}))
		next.ServeHTTP(answer, r)
		return nil
	})
	if err == nil || errors.Is(err, ErrCutWithin) {
		answer.send(rw, err == nil)
		return
	}
	code := statuses[status.Code(err)]
	if errors.Is(err, ErrCut) || code == 0 {
		panic(http.ErrAbortHandler)
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(code)
	_ = json.NewEncoder(rw).Encode(map[string]any{"error": map[string]any{"code": code, "message": status.Convert(err).Message()}})
}

// describe names what a request does: uploads, objects' attributes and, by the XML API, what is in
// them.
func describe(r *http.Request) string {
	switch {
	case strings.HasPrefix(r.URL.Path, "/upload/"):
		return r.Method + "_upload"
	case strings.HasPrefix(r.URL.Path, "/storage/v1/"):
		return r.Method + "_object"
	default:
		return r.Method + "_media"
	}
}

// failing reads as nothing, with the error if there is one.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// heldResponse is an answer that was not sent yet.
type heldResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *heldResponse) Header() http.Header         { return k.header }
func (k *heldResponse) WriteHeader(status int)      { k.status = status }
func (k *heldResponse) Write(p []byte) (int, error) { return k.body.Write(p) }

// send sends the answer, or breaks off when half of it is sent.
func (k *heldResponse) send(rw http.ResponseWriter, whole bool) {
	maps.Copy(rw.Header(), k.header)
	if whole {
		rw.WriteHeader(k.status)
		_, _ = rw.Write(k.body.Bytes())
		return
	}
	rw.Header().Set("Content-Length", strconv.Itoa(k.body.Len()))
	rw.WriteHeader(k.status)
	_, _ = rw.Write(k.body.Bytes()[:k.body.Len()/2])
	_ = http.NewResponseController(rw).Flush() // what cannot be sent is cut as well
	panic(http.ErrAbortHandler)
}
