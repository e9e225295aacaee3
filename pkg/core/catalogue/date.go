// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"errors"
	"time"
)

// Date is a day, in UTC.
type Date struct{ time.Time }

// String returns the date as 2006-01-02.
func (d Date) String() string { return d.Format(time.DateOnly) }

// MarshalJSON writes the date as a string.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// UnmarshalJSON reads a date that MarshalJSON wrote.
func (d *Date) UnmarshalJSON(text []byte) error {
	t, err := time.Parse(`"`+time.DateOnly+`"`, string(text))
	if err != nil {
		return errors.New(`must be a day, as in "2026-11-23"`)
	}
	d.Time = t
	return nil
}

// monthsBefore returns the day n months earlier. If that month is too short, it returns the last
// day of the month.
func (d Date) monthsBefore(n int64) Date {
	first := time.Date(d.Year(), d.Month()-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.AddDate(0, 0, min(d.Day(), last)-1)}
}

// dayOf returns the UTC day of a time.
func dayOf(t time.Time) Date {
	y, m, d := t.UTC().Date()
	return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}
