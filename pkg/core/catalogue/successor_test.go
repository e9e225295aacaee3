// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	const lite, old = "gemini-3.1-flash-lite", "gemini-2.5-flash"
	date := func(text string) (d catalogue.Date) {
		d.Time, _ = time.Parse(time.DateOnly, text)
		return d
	}
	soon := &catalogue.Notice{
		Date: date("2027-05-07"), When: catalogue.NotBefore, Successor: "gemini-3.5-flash",
		Message: "gemini-3.1-flash-lite retires on 2027-05-07 at the earliest, and its tuned models retire with it. " +
			"POST /api/v1/fine-tuning/retune tunes gemini-3.5-flash on the same data.",
	}
	perhaps := *soon
	perhaps.Successor = "gemini-3.5-flash-lite" // both are unclear then, and this one is named first
	perhaps.Message = "gemini-3.1-flash-lite retires on 2027-05-07 at the earliest. It may be retired already, and its tuned models with it. " +
		"POST /api/v1/fine-tuning/retune tunes gemini-3.5-flash-lite on the same data."
	past := &catalogue.Notice{
		Date: date("2026-10-20"), When: catalogue.On, Successor: "gemini-3.1-flash-lite",
		Message: "gemini-2.5-flash was retired on 2026-10-20, and its tuned models with it. " +
			"POST /api/v1/fine-tuning/retune tunes gemini-3.1-flash-lite on the same data.",
	}
	for _, test := range []struct {
		model, day string
		want       *catalogue.Notice
	}{
		{lite, "2026-11-06", nil},
		{lite, "2026-11-07", soon},
		{"publishers/google/models/" + lite, "2027-01-01", soon},
		{lite, "2027-05-07", &perhaps},
		{old, "2026-11-27", past},
		{"gemini-9", "2030-01-01", nil},
		{"projects/p/locations/l/models/1", "2030-01-01", nil},
	} {
		got := catalogue.Default().Notice(test.model, date(test.day).Time)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s on %s (-want +got):\n%s", test.model, test.day, diff)
		}
	}
}

// TestNotice_months: the catalogue says how early the notice is given; without it, it is six
// months.
func TestNotice_months(t *testing.T) {
	t.Parallel()
	for months, first := range map[any]string{nil: "2026-11-07", 2: "2027-03-07"} {
		var value any
		if months != nil {
			value = map[string]any{"value": months, "source": "own", "confirmed": true}
		}
		c, err := catalogue.Load(edit(t, value, "months_noticed_before_retirement"))
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, first)
		if err != nil {
			t.Fatal(err)
		}
		if c.Notice("gemini-3.1-flash-lite", day) == nil || c.Notice("gemini-3.1-flash-lite", day.Add(-time.Second)) != nil {
			t.Errorf("%v months: the first notice is not given on %s", months, first)
		}
	}
}
