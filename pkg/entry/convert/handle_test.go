// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/entry/convert"
)

func TestHandle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log bytes.Buffer
	w.Converter.Log = slog.New(slog.NewTextHandler(&log, nil))
	source := w.drop(t, "a.json", good)
	with := func(change func(*cloudevents.Event)) cloudevents.Event {
		e := event(t, source)
		change(&e)
		return e
	}
	body := func(text string) func(*cloudevents.Event) {
		return func(e *cloudevents.Event) { e.DataEncoded = []byte(text) }
	}
	for name, e := range map[string]cloudevents.Event{
		"other_type":    with(func(e *cloudevents.Event) { e.SetType("google.cloud.storage.object.v1.deleted") }),
		"no_json":       with(body("hello")),
		"no_generation": with(body(`{"bucket":"test-inbox","name":"a.json"}`)),
		"no_name":       with(body(`{"bucket":"test-inbox","generation":"1"}`)),
		"other_bucket":  with(body(`{"bucket":"test-data","name":"a.json","generation":"1","size":"1"}`)),
	} {
		log.Reset()
		if err := w.Handle(t.Context(), e); err != nil {
			t.Errorf("%s: %v, want it acknowledged", name, err)
		}
		if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "ignored") {
			t.Errorf("%s: the log does not say so: %s", name, &log)
		}
	}
	if w.report(t, "a.json") != nil {
		t.Error("an event that was ignored has converted the file")
	}
	log.Reset()
	if err := w.Handle(t.Context(), event(t, source)); err != nil {
		t.Errorf("Handle: %v", err)
	}
	w.holds(t, source, good)
	if !strings.Contains(log.String(), "outcome=CONVERTED") {
		t.Errorf("the log does not have the outcome: %s", &log)
	}
}

// TestHandle_logs_no_text: whatever a file contains and whatever its outcome is, the log names only
// the object.
func TestHandle_logs_no_text(t *testing.T) {
	t.Parallel()
	const userText = "Xylophon"
	w := newWorld(t)
	var log bytes.Buffer
	w.Converter.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for name, content := range map[string]string{
		"good.json":   strings.ReplaceAll(good, "q", userText),
		"bad.json":    strings.ReplaceAll(bad, "nobody", userText),
		"broken.json": `[{"` + userText + `": ` + userText,
		"plain.json":  userText,
	} {
		source := w.drop(t, name, content)
		if err := w.Handle(t.Context(), event(t, source)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := w.drop(t, "other.json", userText)
	e := event(t, other)
	e.DataEncoded = []byte(`{"metadata":{"` + userText + `":"` + userText + `"}}`)
	if err := w.Handle(t.Context(), e); err != nil {
		t.Errorf("an event without any data: %v", err)
	}
	w.OnHTTP(func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(rw, "no", http.StatusForbidden)
	})
	if err := w.Handle(t.Context(), event(t, other)); err == nil {
		t.Error("a file that cannot be read: no error")
	}
	if n := strings.Count(log.String(), "\n"); n != 6 || strings.Contains(log.String(), userText) {
		t.Errorf("the log has %d lines, want 6, none of which says %q:\n%s", n, userText, &log)
	}
}

// TestHandle_fails: an event is delivered again after a transient error, and acknowledged after a
// permanent one.
func TestHandle_fails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		redeliver bool
	}{
		{"denied", http.StatusForbidden, true}, // until the operator grants access
		{"not_authenticated", http.StatusUnauthorized, true},
		{"bad_request", http.StatusBadRequest, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			source := w.drop(t, "a.json", good)
			w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) {
				http.Error(rw, "100% no", tt.status)
			})
			err := w.Handle(t.Context(), event(t, source))
			if (err != nil) != tt.redeliver {
				t.Errorf("Handle = %v, want an error: %v", err, tt.redeliver)
			}
			if err != nil && strings.Contains(err.Error(), "no") {
				t.Errorf("Handle = %v", err)
			}
		})
	}
	t.Run("transient", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		source := w.drop(t, "a.json", good)
		failed := map[string]bool{}
		w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
			if key := r.Method + r.URL.Path; !failed[key] { // the client makes one call after the other
				failed[key] = true
				http.Error(rw, "later", http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(rw, r)
		})
		if err := w.Handle(t.Context(), event(t, source)); err != nil {
			t.Errorf("Handle: %v, although each call succeeds when it is retried", err)
		}
		w.holds(t, source, good)
	})
	t.Run("no_data_bucket", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.Config.Jobs.DataBucket = "no-such-bucket"
		source := w.drop(t, "a.json", good)
		if err := w.Handle(t.Context(), event(t, source)); err == nil {
			t.Error("Handle: no error, so the event would be lost before the bucket is created")
		}
		w.Config.Jobs.DataBucket = data
		if err := w.Handle(t.Context(), event(t, source)); err != nil {
			t.Errorf("Handle: %v, although the bucket exists", err)
		}
		w.holds(t, source, good)
	})
}

// TestRead_breaks: the connection breaks in the middle of the source. That is an error of the
// network, so no report blames the file.
func TestRead_breaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := strings.Repeat(better+"\n", 5000)
	source := w.drop(t, "a.jsonl", content)
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/"+inbox+"/") {
			next.ServeHTTP(&short{rw, 1000}, r)
			return
		}
		next.ServeHTTP(rw, r)
	})
	ctx, done := context.WithTimeout(t.Context(), time.Second) // else the client retries for long
	defer done()
	if err := w.Handle(ctx, event(t, source)); err == nil {
		t.Error("Handle: no error")
	}
	if w.dataset(t, "a.jsonl") != nil || w.report(t, "a.jsonl") != nil {
		t.Error("something was written of half a file")
	}
	w.OnHTTP(nil)
	if err := w.Handle(t.Context(), event(t, source)); err != nil {
		t.Errorf("delivered again: %v", err)
	}
	w.holds(t, source, content)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	_, err := convert.Open(t.Context(), map[string]string{"INBOX_BUCKET": ""})
	for _, name := range []string{"INBOX_BUCKET", "DATA_BUCKET", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "BASE_MODEL"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Open = %v, does not name %s", err, name)
		}
	}
	_, err = convert.Open(t.Context(), map[string]string{
		"INBOX_BUCKET": "one", "DATA_BUCKET": "one", "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": location, "BASE_MODEL": baseModel,
	})
	if err == nil || !strings.Contains(err.Error(), "two buckets") {
		t.Errorf("Open with one bucket for both = %v", err)
	}
}
