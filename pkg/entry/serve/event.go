// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// eventLimit is the maximum length of an event's body in bytes, also after decompression. A Pub/Sub
// message has 10 MB at most.
const eventLimit = 16 << 20

// serveEvent passes the event in a request to an event function. An event that is not acknowledged
// is delivered again until it succeeds or becomes a dead letter. Events of a wrong configuration
// become dead letters too, where the operator finds them.
func (f *Function) serveEvent(w http.ResponseWriter, r *http.Request) {
	r = Identify(w, r, f.Project)
	err := f.deliver(w, r)
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	_ = WriteError(w, fault.From(err), RequestID(r.Context())) // if the sender has gone, it delivers the event again
}

func (f *Function) deliver(w http.ResponseWriter, r *http.Request) error {
	if f.Admit != nil {
		if err := f.Admit(r); err != nil {
			slog.WarnContext(r.Context(), "the event was refused", "error", err)
			return err
		}
	}
	events, err := readEvents(w, r)
	if err != nil {
		slog.ErrorContext(r.Context(), "the request holds no event that can be read", "error", err)
		return err
	}
	for _, event := range events { // every event is tried; a repeated delivery of one that succeeded is harmless
		err = errors.Join(err, f.handle(r.Context(), event))
	}
	return err
}

// handle calls the event function. It turns a panic into an error.
func (f *Function) handle(ctx context.Context, event cloudevents.Event) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = PanicError(value)
			slog.ErrorContext(ctx, "the event function panicked", "event_id", event.ID(), "error", err)
		}
	}()
	return f.Event(ctx, event)
}

// readEvents reads the CloudEvents in a request, in any of the three content modes. It does not
// read the older background events, because Eventarc sends none.
func readEvents(w http.ResponseWriter, r *http.Request) ([]cloudevents.Event, error) {
	if r.Method != http.MethodPost {
		return nil, &fault.Error{
			Kind: fault.MethodNotAllowed, Message: "An event comes by POST.", Metadata: map[string]string{"allow": http.MethodPost},
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, eventLimit)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, unread(err, "NOT_GZIP", "The body is not gzip, as its header Content-Encoding says.")
		}
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(unpacked, eventLimit), r.Body}
	default:
		return nil, fault.New(fault.UnsupportedMedia, "The body of an event may be compressed with gzip only.")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == cloudevents.ApplicationCloudEventsBatchJSON {
		r.Header.Set("Content-Type", media) // the SDK expects the media type without parameters
		events, err := cehttp.NewEventsFromHTTPRequest(r)
		if err != nil {
			return nil, unread(err, "NOT_A_BATCH", "The body is no batch of CloudEvents.")
		}
		return events, validate(events...)
	}
	event, err := cehttp.NewEventFromHTTPRequest(r)
	if err != nil {
		return nil, unread(err, "NOT_A_CLOUDEVENT", "The request is no CloudEvent.")
	}
	return []cloudevents.Event{*event}, validate(*event)
}

func validate(events ...cloudevents.Event) error {
	for _, event := range events {
		if err := event.Validate(); err != nil {
			return unread(err, "INCOMPLETE_CLOUDEVENT", "The CloudEvent lacks an attribute that it must have.")
		}
	}
	return nil
}

// unread returns an InvalidArgument for a request that cannot be read as an event.
func unread(err error, reason, message string) error {
	out := fault.Wrap(fault.InvalidArgument, err, "%s", message)
	out.Reason = reason
	return out
}

// FailureLevel returns the level at which an event function logs a failure that a redelivery can
// mend: warning if the sender closed the request before its end, which is no fault of the
// function, and error otherwise.
func FailureLevel(ctx context.Context) slog.Level {
	if errors.Is(ctx.Err(), context.Canceled) {
		return slog.LevelWarn
	}
	return slog.LevelError
}
