// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// TestConfigCheck: a lease or a timeout that is too short or too long is refused by its name, with
// the reason.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	tests := map[string]struct {
		lease, create, limit time.Duration
		want                 []string // texts of the error; nil means no error
	}{
		"usual":               {30 * time.Second, minute, 5 * minute, nil},
		"as_long_as_the_call": {minute, minute, minute, nil},
		"as_short_as_may_be":  {100 * time.Millisecond, 100 * time.Millisecond, minute, nil},
		"without_a_limit":     {time.Hour, time.Hour, 0, nil},
		"no_lease":            {0, minute, minute, []string{"START_LEASE is 0s, but must be at least 100ms"}},
		"negative":            {-minute, -1, minute, []string{"START_LEASE is -1m0s", "CREATE_TIMEOUT is -1ns"}},
		"too_short":           {99 * time.Millisecond, time.Millisecond, 0, []string{"START_LEASE is 99ms", "CREATE_TIMEOUT is 1ms"}},
		"longer_than_the_call": {
			minute + 1, 2 * minute, minute,
			[]string{"START_LEASE is 1m0.000000001s, but must be at most TICK_TIMEOUT, 1m0s", "CREATE_TIMEOUT is 2m0s"},
		},
	}
	for name, tt := range tests {
		err := jobs.Config{Lease: tt.lease, CreateTimeout: tt.create}.Check("TICK_TIMEOUT", tt.limit)
		if (err != nil) != (len(tt.want) > 0) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, text := range tt.want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, does not say %q", name, err, text)
			}
		}
	}
}

func TestBudgetCheck(t *testing.T) {
	t.Parallel()
	if err := (jobs.Budget{Default: 1, Ceiling: 2}).Check(); err != nil {
		t.Errorf("a good budget: %v", err)
	}
	err := jobs.Budget{Default: -usd.Dollar, Ceiling: -1, Monthly: -2 * usd.Dollar}.Check()
	for _, want := range []string{"DEFAULT_MAX_COST_USD is -1.00, but must be 0", "MAX_COST_USD is", "MONTHLY_BUDGET_USD is -2.00"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, does not say %q", err, want)
		}
	}
}
