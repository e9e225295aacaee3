// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/api"
)

func TestPace_of_starts(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newSystem(t, func(set *setup) {
		set.api.StartsPerMinute = 2
		set.now = func() time.Time { return now } // the time until the next start depends on it
	})
	s.message("1", turn("a", "user", "one"))
	for range 2 {
		// Requests that start no job do not count.
		s.post(t, base+"/start", `{"session_id":"none"}`).failed(http.StatusNotFound)
		s.post(t, base+"/start", `{"session_id":"a","epochs":3}`).failed(http.StatusBadRequest)
		s.post(t, base+"/start", `{"session_id":"a","dry_run":true}`).into(new(map[string]any))
		s.start(t, `{"session_id":"a"}`)
	}
	answer := s.post(t, base+"/start", `{"session_id":"a"}`)
	f := answer.failed(http.StatusTooManyRequests)
	if got := answer.header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After is %q, want 30", got)
	}
	var types, reasons []string
	for _, d := range f.Details {
		types, reasons = append(types, strings.TrimPrefix(d.Type, "type.googleapis.com/google.rpc.")), append(reasons, d.Reason)
	}
	if diff := cmp.Diff([]string{"ErrorInfo", "RetryInfo", "RequestInfo"}, types); diff != "" || reasons[0] != "START_RATE" {
		t.Errorf("details (-want +got):\n%s\nreasons: %q", diff, reasons)
	}
	// Other callers may start jobs, and the same caller may make all other requests.
	s.send(t, http.MethodPost, base+"/start", `{"session_id":"a"}`, bearing("another")).into(new(started))
	if n := len(s.list(t, "").Jobs); n != 3 {
		t.Errorf("%d jobs were started, want 3", n)
	}
}

func TestPace_over_time(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	a := &api.API{Config: api.Config{StartsPerMinute: 3}, Now: func() time.Time { return now }}
	// try attempts n starts, each after one that fails permanently, and returns how many were
	// accepted.
	try := func(caller, n int) (let int) {
		for range n {
			refused := fault.New(fault.InvalidArgument, "wrong")
			_ = a.LimitedStart(fmt.Sprint(caller), refused) // a failed start does not count
			if err := a.LimitedStart(fmt.Sprint(caller), nil); err == nil {
				let++
			}
		}
		return let
	}
	for _, step := range []struct {
		passes time.Duration
		tries  int
		want   int
	}{
		{0, 10, 3},
		{19 * time.Second, 5, 0},
		{time.Second, 5, 1},
		{40 * time.Second, 5, 2},
		{time.Hour, 10, 3}, // unused starts do not accumulate
	} {
		now = now.Add(step.passes)
		if got := try(0, step.tries); got != step.want {
			t.Errorf("at %s: %d of %d were let through, want %d", now.Format(time.TimeOnly), got, step.tries, step.want)
		}
	}
	for caller := 1; caller < 100; caller++ {
		if got := try(caller, 4); got != 3 {
			t.Errorf("caller %d: %d were let through", caller, got)
		}
	}
	if got := try(0, 1); got != 0 {
		t.Error("a caller who is at the limit was forgotten when others came")
	}
	now = now.Add(time.Hour)
	try(1, 1)
	try(100, 1)
	if n := a.LimitedCallers(); n != 2 {
		t.Errorf("%d callers are kept in mind, of whom 2 have started something in the last hour", n)
	}
	a.Config.StartsPerMinute = 0
	if got := try(1, 100); got != 100 {
		t.Errorf("without a limit %d of 100 were let through", got)
	}
}
