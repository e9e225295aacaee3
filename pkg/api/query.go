// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/fault"
)

func parseQuery(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidArgument, err, "The query is not encoded correctly: write name=value, with & between several.")
	}
	return query, nil
}

// parameters reads the parameters of a query by name, and gathers what is wrong with them.
type parameters struct {
	values     url.Values
	violations []fault.Violation
}

// newParameters takes a query in which no others than the known names are allowed, each once.
func newParameters(values url.Values, known ...string) *parameters {
	p := &parameters{values: values}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			p.add(name, "UNKNOWN_FIELD", "There is no such parameter. The parameters are: "+strings.Join(known, ", ")+".")
		} else if len(values[name]) > 1 {
			p.add(name, "REPEATED", "must be given once.")
		}
	}
	return p
}

func (p *parameters) add(name, reason, description string) {
	p.violations = append(p.violations, fault.Violation{Field: name, Reason: reason, Description: description})
}

// number returns a whole number, or what it is where it is left out.
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

func (p *parameters) err() error {
	if len(p.violations) == 0 {
		return nil
	}
	slices.SortStableFunc(p.violations, func(x, y fault.Violation) int { return strings.Compare(x.Field, y.Field) })
	return fault.Invalid(p.violations...)
}
