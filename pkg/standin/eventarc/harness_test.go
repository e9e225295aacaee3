// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
)

const topic = "projects/test/topics/ticks"

// function is an event function behind the handler that the functions
// framework wraps. It answers a request with handle's result.
func function(t *testing.T, handle func(cloudevents.Event) error) (url string) {
	t.Helper()
	p, err := cloudevents.NewHTTP()
	if err != nil {
		t.Fatal(err)
	}
	h, err := cloudevents.NewHTTPReceiveHandler(t.Context(), p,
		func(_ context.Context, e cloudevents.Event) error { return handle(e) })
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, h)
}

func serve(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// collect is a function that takes everything.
func collect(t *testing.T) (url string, events <-chan cloudevents.Event) {
	t.Helper()
	c := make(chan cloudevents.Event, 1000)
	return function(t, func(e cloudevents.Event) error { c <- e; return nil }), c
}

// next waits for a value.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came within 30 s")
		panic("unreachable")
	}
}

// run starts f and, at the end of the test or when stop is called, ends it and
// waits for it.
func run(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := next(t, done); err != nil {
			t.Errorf("ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func publish(t *testing.T, c *client.Client, m *client.Message) (id string) {
	t.Helper()
	p := c.Publisher(topic)
	p.EnableMessageOrdering = m.OrderingKey != ""
	defer p.Stop()
	id, err := p.Publish(t.Context(), m).Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}
