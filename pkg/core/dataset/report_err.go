// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"fmt"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Err returns the report's errors as a fault of kind InvalidArgument. It is meant for a report that
// has errors or no example. The fault has a violation for each error in the report and the count of
// all errors. The fields of the violations start with prefix: "data" gives
// "data[3].contents[1].role".
func (r *Report) Err(prefix string) *fault.Error {
	e := &fault.Error{
		Kind:   fault.InvalidArgument,
		Count:  r.Errors,
		Reason: "INVALID_DATA",
		Metadata: map[string]string{
			"errors":  strconv.FormatInt(r.Errors, 10),
			"records": strconv.FormatInt(r.Records, 10),
		},
	}
	nothingLeft := r.Counts[CodeNoExamples] > 0 // then the warnings say why
	for i := range r.Faults {
		f := &r.Faults[i]
		if f.Severity == SeverityError || nothingLeft {
			v := violation(f, prefix)
			v.Offset = &f.Offset
			e.Violations = append(e.Violations, v)
		}
		if nothingLeft && len(f.Places) > 1 {
			for _, place := range f.Places[1:] {
				e.Violations = append(e.Violations, violation(&Fault{
					Record: place.Record, Line: place.Line, Pointer: place.Pointer, Code: f.Code, Message: f.Message, Fix: f.Fix,
				}, prefix))
			}
		}
	}
	e.Message = fmt.Sprintf("The data has %s in %s", countOf(r.Errors, "error"), countOf(r.Records, "record"))
	if nothingLeft {
		e.Message = fmt.Sprintf("The data has no training example in %s", countOf(r.Records, "record"))
	} else if listed := int64(len(e.Violations)); listed < r.Errors {
		e.Message += fmt.Sprintf("; the first %d are listed", listed)
	}
	e.Message += "."
	if len(e.Violations) > 0 {
		e.Message += fmt.Sprintf(" First: %s: %s", e.Violations[0].Field, e.Violations[0].Description)
	}
	return e
}

func countOf(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

func violation(f *Fault, prefix string) fault.Violation {
	description := f.Message
	if f.Fix != "" {
		description += "; " + f.Fix
	}
	if f.Record >= 0 {
		description += " ("
		if f.Count > 1 {
			description += fmt.Sprintf("%d times, first in ", f.Count)
		}
		description += fmt.Sprintf("record %d, line %d", f.Record, f.Line)
		if f.Pointer != "" {
			description += ", " + strconv.Quote(f.Pointer)
		}
		description += ")"
	}
	return fault.Violation{
		Field: f.Field(prefix), Reason: f.Code, Description: description + ".",
		Place: &fault.Place{Record: f.Record, Line: f.Line, Pointer: f.Pointer},
	}
}
