// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// Fault is one thing that is wrong in the text of a catalogue.
type Fault struct {
	Pointer string // RFC 6901
	Message string
}

// InvalidError lists everything that is wrong in the text of a catalogue.
type InvalidError struct{ Faults []Fault }

// Error lists the faults, one per line.
func (e *InvalidError) Error() string {
	var b strings.Builder
	b.WriteString("the catalogue is not valid:")
	for _, f := range e.Faults {
		fmt.Fprintf(&b, "\n%s: %s", f.Pointer, f.Message)
	}
	return b.String()
}

// Load reads a catalogue. The error is an *[InvalidError] that lists every fault.
func Load(text []byte) (*Catalogue, error) {
	if err := strictjson.Validate(text); err != nil {
		fault := Fault{Message: err.Error()}
		if e, ok := errors.AsType[*strictjson.Error](err); ok {
			fault = Fault{Pointer: e.Pointer, Message: fmt.Sprintf("%s (at byte %d)", e.Message, e.Offset)}
		}
		return nil, &InvalidError{Faults: []Fault{fault}}
	}
	c := &Catalogue{}
	var d decoder
	d.value("", text, reflect.ValueOf(c).Elem())
	if len(d.faults) == 0 {
		// A value that could not be read cannot be judged: its faults would only repeat the first
		// ones.
		d.validate(c)
	}
	if len(d.faults) > 0 {
		slices.SortStableFunc(d.faults, func(a, b Fault) int { return strings.Compare(a.Pointer, b.Pointer) })
		return nil, &InvalidError{Faults: d.faults}
	}
	c.link()
	return c, nil
}
