// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// checkQuery refuses every parameter that the endpoint does not have. If it ignored them, a client
// that writes a flag in the wrong place would get the wrong result, such as a job instead of a dry
// run.
func (e endpoint) checkQuery(u *url.URL) error {
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return fault.Wrap(fault.InvalidArgument, err, "The query is not encoded correctly: write name=value, with & between several.")
	}
	if len(e.query) > 0 {
		return nil // newParameters refuses them together with the other faults of the query
	}
	hint := "This endpoint takes no parameters in the query."
	if e.method == http.MethodPost {
		hint += " Write the field into the body."
	}
	return readQuery(u.Query(), nil, hint).err()
}

// newParameters returns the parameters of a query. It accepts only known names, and each of them
// once.
func newParameters(r *http.Request, known []string) *parameters {
	return readQuery(r.URL.Query(), known, "The parameters are: "+strings.Join(known, ", ")+".")
}

func readQuery(query url.Values, known []string, hint string) *parameters {
	p := &parameters{values: query}
	for name, values := range query {
		if !slices.Contains(known, name) {
			p.add(name, "UNKNOWN_FIELD", "There is no such parameter."+requestfields.DidYouMean(name, known)+" "+hint)
		} else if len(values) > 1 {
			p.add(name, "REPEATED", "must be given once.")
		}
	}
	return p
}

// parameters reads the parameters of a query by name, and collects the faults in them.
type parameters struct {
	values     url.Values
	violations []fault.Violation
}

func (p *parameters) add(name, reason, description string) {
	p.violations = append(p.violations, fault.Violation{Field: name, Reason: reason, Description: description})
}

// number returns a whole number from least to most, or otherwise if the parameter is missing.
func (p *parameters) number(name string, otherwise, least, most int) int {
	text, given := p.text(name)
	if !given {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.add(name, "OUT_OF_RANGE", fmt.Sprintf("must be a number from %d to %d.", least, most))
	}
	return n
}

// text returns a parameter, and whether it was given.
func (p *parameters) text(name string) (string, bool) {
	if values := p.values[name]; len(values) > 0 {
		return values[0], true
	}
	return "", false
}

// some returns a text that must not be empty, or "" if the parameter is missing.
func (p *parameters) some(name string) string {
	text, given := p.text(name)
	if given && text == "" {
		p.add(name, "EMPTY", "must not be empty. Leave the parameter out instead.")
	}
	return text
}

// time returns a time in UTC, or the zero time if the parameter is missing.
func (p *parameters) time(name string) time.Time {
	text, given := p.text(name)
	if !given {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		p.add(name, "INVALID_TIME", "must be a time in the form of RFC 3339, such as 2026-12-01T00:00:00Z (a + is written as %2B).")
	}
	return t.UTC()
}

func (p *parameters) err() error {
	if len(p.violations) == 0 {
		return nil
	}
	slices.SortStableFunc(p.violations, func(x, y fault.Violation) int { return strings.Compare(x.Field, y.Field) })
	return fault.Invalid(p.violations...)
}
