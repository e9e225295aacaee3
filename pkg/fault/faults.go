// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"strings"
)

// Faults counts all that is wrong with a request and keeps the first of it, so that a request with millions of faults
// takes no more memory than one with a thousand.
type Faults struct {
	Kept  []Violation
	Count int64
}

// Add counts a fault.
func (f *Faults) Add(field, reason, description string) {
	f.Count++
	if len(f.Kept) < mostShown {
		f.Kept = append(f.Kept, Violation{Field: field, Reason: reason, Description: description})
	}
}

// Join adds the faults of others.
func (f *Faults) Join(others Faults) {
	f.Count += others.Count
	f.Kept = append(f.Kept, others.Kept[:min(len(others.Kept), mostShown-len(f.Kept))]...)
}

// Has reports whether a fault of the field, or of what is in it, is among those that were kept.
func (f *Faults) Has(field string) bool {
	for _, v := range f.Kept {
		if rest, ok := strings.CutPrefix(v.Field, field); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// Of returns what an error says as faults: its violations, or else its message, of the field.
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

// Err returns the faults as an InvalidArgument, or nil.
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
