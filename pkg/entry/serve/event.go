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

// eventLimit is how long the body of an event may be, unpacked too: a message of Pub/Sub has 10 MB at most.
const eventLimit = 16 << 20

// serveEvent hands the event in a request to an event function. What is not acknowledged is delivered again, until it
// succeeds or is a dead letter, where whoever set up the delivery wrongly finds it.
func (f *Function) serveEvent(w http.ResponseWriter, r *http.Request) {
	r = Identify(w, r, f.Project)
	err := f.deliver(w, r)
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	_ = WriteError(w, fault.From(err), RequestID(r.Context())) // whoever delivers has gone, and delivers again
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
	for _, event := range events { // all are tried; those that succeeded do no harm when they come again
		err = errors.Join(err, f.handle(r.Context(), event))
	}
	return err
}

// handle calls the function, whose panic is an error like others.
func (f *Function) handle(ctx context.Context, event cloudevents.Event) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = PanicError(value)
			slog.ErrorContext(ctx, "the event function panicked", "event_id", event.ID(), "error", err)
		}
	}()
	return f.Event(ctx, event)
}

// readEvents reads the CloudEvent in a request, in any of its three modes. The older background events are not read:
// Eventarc sends none.
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
		return nil, fault.New(fault.UnsupportedMedia, "The body of an event may be packed by gzip alone.")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == cloudevents.ApplicationCloudEventsBatchJSON {
		r.Header.Set("Content-Type", media) // the SDK takes it alone
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

// unread says what a request is not.
func unread(err error, reason, message string) error {
	out := fault.Wrap(fault.InvalidArgument, err, "%s", message)
	out.Reason = reason
	return out
}
