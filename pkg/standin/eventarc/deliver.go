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

// Back-off between attempts, and the age at which an event is dropped. Eventarc itself waits 10 s
// to 600 s; here, people watch. It drops events after 24 h too.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 10 * time.Second
	retention  = 24 * time.Hour
)

const (
	// maxAnswerTime is how long Pub/Sub, which carries Eventarc's events, waits for an answer.
	maxAnswerTime = 10 * time.Minute
	// drainTime is how long an open delivery may continue after the end was requested, as on Cloud
	// Run.
	drainTime = 10 * time.Second
)

// Trigger delivers events to one function, one at a time, as the service does by default. It must
// not be copied after use. One function must have one trigger: with two requests at a time, the
// CloudEvents receiver of the functions framework (SDK v2.16.2) may run one request under the
// other's context, and may never answer one.
type Trigger struct {
	// Name distinguishes the triggers of one topic. It is part of the name of the subscription that
	// [Trigger.Push] uses.
	Name string
	// URL is where the function listens.
	URL string
	// Token, if set, is the bearer token of the account that delivers.
	Token string

	once sync.Once
	slot chan struct{} // taken by the open request
}

// sender does not follow redirects: to Pub/Sub, they are failures.
var sender = &http.Client{
	Timeout:       maxAnswerTime,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Deliver posts an event once, in binary mode. It returns nil if the function accepted it, that is,
// answered 200, 201, 202 or 204. (102, which the service accepts too, is never a final answer in
// HTTP.)
func (t *Trigger) Deliver(ctx context.Context, e cloudevents.Event) error {
	return t.deliver(ctx, ctx, e)
}

// deliver begins only before stopping is done, and continues until working is.
func (t *Trigger) deliver(stopping, working context.Context, e cloudevents.Event) error {
	t.once.Do(func() { t.slot = make(chan struct{}, 1) })
	select {
	case t.slot <- struct{}{}:
		defer func() { <-t.slot }()
	case <-stopping.Done():
	}
	if stopping.Err() != nil { // the select may have had the choice
		return fmt.Errorf("deliver event %s: %w", e.ID(), context.Cause(stopping))
	}
	if err := t.post(working, e); err != nil {
		return fmt.Errorf("deliver event %s: %w", e.ID(), err)
	}
	return nil
}

// Retry delivers an event until the function accepts it. It returns the last error after a day or
// when ctx is done; a request that is open then may still end.
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

// sleep waits for d, and reports whether it waited to the end.
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

// drain returns a context that outlives ctx by drainTime, for deliveries that have begun.
func drain(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, cancel) })
	return longer, func() { stop(); cancel() }
}
