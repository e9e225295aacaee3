// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package query reads the parameters of a URL's query by name, and reports all faults at once.
package query

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// New returns the parameters of a query. It accepts only known names, and each of them once.
func New(values url.Values, known []string) *Parameters {
	return Read(values, known, "The parameters are: "+strings.Join(known, ", ")+".")
}

// Read is New with a hint for callers that give an unknown parameter.
func Read(query url.Values, known []string, hint string) *Parameters {
	p := &Parameters{values: query}
	for name, values := range query {
		if !slices.Contains(known, name) {
			p.Add(name, "UNKNOWN_FIELD", "There is no such parameter."+requestfields.DidYouMean(name, known)+" "+hint)
		} else if len(values) > 1 {
			p.Add(name, "REPEATED", "must be given once.")
		}
	}
	return p
}

// Parameters reads the parameters of a query by name, and collects the faults in them.
type Parameters struct {
	values     url.Values
	violations []fault.Violation
}

// Add adds a fault of a parameter.
func (p *Parameters) Add(name, reason, description string) {
	p.violations = append(p.violations, fault.Violation{Field: name, Reason: reason, Description: description})
}

// Number returns a whole number from least to most, or otherwise if the parameter is missing.
func (p *Parameters) Number(name string, otherwise, least, most int) int {
	text, given := p.Text(name)
	if !given {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.Add(name, "OUT_OF_RANGE", fmt.Sprintf("must be a number from %d to %d.", least, most))
	}
	return n
}

// Text returns a parameter, and whether it was given.
func (p *Parameters) Text(name string) (string, bool) {
	if values := p.values[name]; len(values) > 0 {
		return values[0], true
	}
	return "", false
}

// Some returns a text that must not be empty, or "" if the parameter is missing.
func (p *Parameters) Some(name string) string {
	text, given := p.Text(name)
	if given && text == "" {
		p.Add(name, "EMPTY", "must not be empty. Leave the parameter out instead.")
	}
	return text
}

// Time returns a time in UTC, or the zero time if the parameter is missing.
func (p *Parameters) Time(name string) time.Time {
	text, given := p.Text(name)
	if !given {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		p.Add(name, "INVALID_TIME", "must be a time in the form of RFC 3339, such as 2026-12-01T00:00:00Z (a + is written as %2B).")
	}
	return t.UTC()
}

// Err returns all faults as an error, or nil.
func (p *Parameters) Err() error {
	if len(p.violations) == 0 {
		return nil
	}
	slices.SortStableFunc(p.violations, func(x, y fault.Violation) int { return strings.Compare(x.Field, y.Field) })
	return fault.Invalid(p.violations...)
}
