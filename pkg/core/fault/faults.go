// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"strings"
)

// Faults counts all faults of a request and keeps the first ones, so that a request with millions
// of faults needs no more memory than one with a thousand.
type Faults struct {
	Kept  []Violation
	Count int64
}

// Add counts a fault and keeps it if there is room.
func (f *Faults) Add(field, reason, description string) {
	f.Count++
	if len(f.Kept) < maxShown {
		f.Kept = append(f.Kept, Violation{Field: field, Reason: reason, Description: description})
	}
}

// Join adds the faults of others.
func (f *Faults) Join(others Faults) {
	f.Count += others.Count
	f.Kept = append(f.Kept, others.Kept[:min(len(others.Kept), maxShown-len(f.Kept))]...)
}

// Has reports whether a kept fault is about the field or about something inside it.
func (f *Faults) Has(field string) bool {
	for _, v := range f.Kept {
		if rest, ok := strings.CutPrefix(v.Field, field); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// Of adds the faults of an error: its violations, or its message as a fault of the field if it has
// none.
func (f *Faults) Of(e *Error, field string) {
	if len(e.Violations) == 0 {
		reason := e.Reason
		if reason == "" {
			reason = e.Kind.String()
		}
		f.Add(field, reason, e.Message)
		return
	}
	f.Join(Faults{Kept: e.Violations, Count: max(e.Count, int64(len(e.Violations)))})
}

// Err returns the faults as an InvalidArgument, or nil if there are none.
func (f *Faults) Err() error {
	if f.Count == 0 {
		return nil
	}
	e := &Error{Kind: InvalidArgument, Violations: f.Kept, Count: f.Count}
	first := f.Kept[0].Field + ": " + f.Kept[0].Description
	switch {
	case f.Count == 1:
		e.Message = "The request is not valid: " + first
	case f.Count > int64(len(f.Kept)):
		e.Message = fmt.Sprintf("The request has %d faults; the first %d are listed. First: %s", f.Count, len(f.Kept), first)
	default:
		e.Message = fmt.Sprintf("The request has %d faults. First: %s", f.Count, first)
	}
	return e
}
