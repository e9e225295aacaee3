// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// Back-off between attempts and the age at which an event is given up. Real
// Eventarc waits 10 s to 600 s; here, people watch. It gives up after 24 h too.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 10 * time.Second
	retention  = 24 * time.Hour
)

const (
	// maxAnswerTime is how long Pub/Sub, which carries Eventarc's events,
	// waits for an answer.
	maxAnswerTime = 10 * time.Minute
	// drainTime is how long a delivery that is under way may go on after the
	// end was asked for, as on Cloud Run.
	drainTime = 10 * time.Second
)

// Trigger delivers events to one function. It must not be copied after use.
type Trigger struct {
	// Name tells triggers of one topic apart. It is part of the name of the
	// subscription that [Trigger.Push] uses.
	Name string
	// URL is where the function listens.
	URL string
	// Token, if set, is the bearer token of the account that delivers.
	Token string
	// Concurrency is how many requests are under way at most; 0 means 1, the
	// service's default for an instance of a function. It must stay 1 for
	// functions behind the functions framework, and one function must have one
	// trigger: with two requests at a time, the framework's CloudEvents
	// receiver (SDK v2.16.2) may run one under the other's context, and may
	// leave one without an answer for ever.
	Concurrency int
	// Tamper, if set, is for tests: it replaces the event of each delivery by
	// those that are to be sent, in that order. It may repeat an event, or
	// hold it back and return it at a later delivery. It is called
	// concurrently.
	Tamper func([]cloudevents.Event) []cloudevents.Event

	once  sync.Once
	slots chan struct{}
}

// sender does not follow redirects: to Pub/Sub, they are failures.
var sender = &http.Client{
	Timeout:       maxAnswerTime,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Deliver posts an event once, in binary mode. It returns nil if the function
// took it, that is, answered 200, 201, 202 or 204. (102, the fifth good code
// of the service, is never a last answer in HTTP.)
func (t *Trigger) Deliver(ctx context.Context, e cloudevents.Event) error {
	return t.deliver(ctx, ctx, e)
}

// deliver begins only before stopping is done, and goes on until working is.
func (t *Trigger) deliver(stopping, working context.Context, e cloudevents.Event) error {
	t.once.Do(func() { t.slots = make(chan struct{}, max(t.Concurrency, 1)) })
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-stopping.Done():
	}
	if stopping.Err() != nil { // the select may have had the choice
		return fmt.Errorf("deliver event %s: %w", e.ID(), context.Cause(stopping))
	}
	events := []cloudevents.Event{e}
	if t.Tamper != nil {
		events = t.Tamper(events)
	}
	for _, e := range events {
		if err := t.post(working, e); err != nil {
			return fmt.Errorf("deliver event %s: %w", e.ID(), err)
		}
	}
	return nil
}

// Retry delivers an event until the function takes it. It gives up, with the
// last error, after a day or when ctx is done; a request that is under way then
// may still end.
func (t *Trigger) Retry(ctx context.Context, e cloudevents.Event) error {
	working, cancel := drain(ctx)
	defer cancel()
	giveUp := time.Now().Add(retention)
	for attempt := 1; ; attempt++ {
		err := t.deliver(ctx, working, e)
		if err == nil || time.Now().After(giveUp) {
			return err
		}
		logFailure(ctx, t, e, attempt, err)
		if !sleep(ctx, backoff(attempt)) {
			return err
		}
	}
}

func (t *Trigger) post(ctx context.Context, e cloudevents.Event) error {
	req, err := cehttp.NewHTTPRequestFromEvent(ctx, t.URL, e)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if t.Token != "" {
		req.Header.Set("Authorization", "Bearer "+t.Token)
	}
	res, err := sender.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // for the message, and to keep the connection
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	switch res.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return nil
	}
	return fmt.Errorf("%s: %q", res.Status, answer)
}

func logFailure(ctx context.Context, t *Trigger, e cloudevents.Event, attempt int, err error) {
	if ctx.Err() != nil {
		return // stopping is no failure
	}
	slog.WarnContext(ctx, "delivery failed and will be tried again",
		"trigger", t.Name,
		"event_id", e.ID(),
		"event_type", e.Type(),
		"attempt", attempt,
		"error", err)
}

// backoff is how long to wait after a failed attempt; the first is 1.
func backoff(attempt int) time.Duration {
	if attempt > 10 { // beyond, the shift would overflow some day
		return maxBackoff
	}
	return min(minBackoff<<(attempt-1), maxBackoff)
}

// sleep waits for d and says whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// drain returns a context that outlives ctx by drainTime, for deliveries that
// have begun.
func drain(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, cancel) })
	return longer, func() { stop(); cancel() }
}
