// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
)

const resource = `{"kind":"storage#object","name":"drop/a b.json","bucket":"local-inbox",` +
	`"generation":"1700000000000001","size":"17","metadata":{"k":"v"},"updated":"2026-01-02T03:04:05.678Z"}`

func finalized(t *testing.T, resource string) cloudevents.Event {
	t.Helper()
	e, err := FinalizedEvent([]byte(resource))
	if err != nil {
		t.Fatalf("FinalizedEvent(%s): %v", resource, err)
	}
	return e
}

func TestDeliver_finalized_event(t *testing.T) {
	t.Parallel()
	type request struct {
		method, contentType, bucket string // of binary mode
		event                       *cloudevents.Event
	}
	requests := make(chan request, 1)
	url := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		e, err := cloudevents.NewEventFromHTTPRequest(r)
		if err != nil {
			t.Errorf("decode: %v", err)
		}
		requests <- request{r.Method, r.Header.Get("content-type"), r.Header.Get("ce-bucket"), e}
	}))
	sent := finalized(t, resource)
	if err := (&Trigger{URL: url}).Deliver(t.Context(), sent); err != nil {
		t.Fatalf("Deliver: %v", err)
	}
	got := next(t, requests)
	e := got.event
	if diff := cmp.Diff(map[string]any{
		"method":     "POST",
		"header":     []string{"application/json", "local-inbox"},
		"type":       "google.cloud.storage.object.v1.finalized",
		"source":     "//storage.googleapis.com/projects/_/buckets/local-inbox",
		"subject":    "objects/drop/a b.json",
		"id":         sent.ID(),
		"version":    "1.0",
		"time":       time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		"content":    "application/json",
		"extensions": map[string]any{"bucket": "local-inbox"},
		"data":       resource,
	}, map[string]any{
		"method": got.method, "header": []string{got.contentType, got.bucket},
		"type": e.Type(), "source": e.Source(), "subject": e.Subject(), "id": e.ID(), "version": e.SpecVersion(),
		"time": e.Time(), "content": e.DataContentType(), "extensions": e.Extensions(), "data": string(e.Data()),
	}); diff != "" {
		t.Errorf("event (-want +got)\n%s", diff)
	}
}

func TestFinalizedEvent_ID(t *testing.T) {
	t.Parallel()
	base := finalized(t, resource).ID()
	noGenerations := strings.Replace(resource, "1700000000000001", "0", 1)
	tests := map[string]struct {
		a, b string
		same bool
	}{
		"repeated":         {base, finalized(t, resource).ID(), true},
		"metadata_changed": {base, finalized(t, strings.Replace(resource, `"k"`, `"l"`, 1)).ID(), true},
		"other_generation": {base, finalized(t, strings.Replace(resource, "0001", "0002", 1)).ID(), false},
		"other_name":       {base, finalized(t, strings.Replace(resource, "a b", "a c", 1)).ID(), false},
		"other_bucket":     {base, finalized(t, strings.Replace(resource, "inbox", "outbox", 1)).ID(), false},
		"no_generation":    {finalized(t, noGenerations).ID(), finalized(t, noGenerations).ID(), true},
		"written_again":    {finalized(t, noGenerations).ID(), finalized(t, strings.Replace(noGenerations, "03:04", "03:05", 1)).ID(), false},
	}
	for name, test := range tests {
		if got := test.a == test.b; got != test.same {
			t.Errorf("%s: ids %s and %s, want same: %v", name, test.a, test.b, test.same)
		}
	}
}

func TestFinalizedEvent_refuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "{", `{"bucket":"b","name":"n"}`, `{"bucket":"b","generation":"1"}`, `{"name":7}`} {
		if e, err := FinalizedEvent([]byte(bad)); err == nil {
			t.Errorf("FinalizedEvent(%q) = %v, want an error", bad, e)
		}
	}
}

func TestDeliverNames(t *testing.T) {
	t.Parallel()
	url, events := collect(t)
	tests := map[string]string{ // JSON to subject
		`ünï 漢字 100%.json`: "objects/ünï 漢字 100%.json",
		`a\u0001b\nc`:      "objects/a%01b%0Ac",
	}
	for name, want := range tests {
		e := finalized(t, strings.Replace(resource, "drop/a b.json", name, 1))
		if err := (&Trigger{URL: url}).Deliver(t.Context(), e); err != nil {
			t.Fatalf("Deliver: %v", err)
		}
		if got := next(t, events).Subject(); got != want {
			t.Errorf("subject %q, want %q", got, want)
		}
	}
}

func TestDeliverAnswers(t *testing.T) {
	t.Parallel()
	taken := map[int]bool{200: true, 201: true, 202: true, 204: true}
	for _, code := range []int{200, 201, 202, 203, 204, 206, 302, 400, 404, 409, 429, 500, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(code)
			}))
			err := (&Trigger{URL: url}).Deliver(t.Context(), finalized(t, resource))
			if got := err == nil; got != taken[code] {
				t.Errorf("Deliver: %v, want taken: %v", err, taken[code])
			}
		})
	}
	if err := (&Trigger{URL: "http://127.0.0.1:1"}).Deliver(t.Context(), finalized(t, resource)); err == nil {
		t.Error("Deliver to nobody returned no error")
	}
}

func TestRetry_keeps_the_ID(t *testing.T) {
	t.Parallel()
	var got []string // one request follows the other
	url := function(t, func(e cloudevents.Event) error {
		if got = append(got, e.ID()); len(got) < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	e := finalized(t, resource)
	if err := (&Trigger{URL: url}).Retry(t.Context(), e); err != nil {
		t.Fatalf("Retry: %v", err)
	}
	if diff := cmp.Diff([]string{e.ID(), e.ID(), e.ID()}, got); diff != "" {
		t.Errorf("ids (-want +got)\n%s", diff)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	var got []string
	for _, attempt := range []int{1, 2, 3, 7, 8, 9, 1e6} {
		got = append(got, backoff(attempt).String())
	}
	if diff := cmp.Diff([]string{"100ms", "200ms", "400ms", "6.4s", "10s", "10s", "10s"}, got); diff != "" {
		t.Errorf("backoff (-want +got)\n%s", diff)
	}
}
