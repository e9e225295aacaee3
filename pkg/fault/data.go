// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"strconv"

	"github.com/vertextune/vertextune/pkg/dataset"
)

// Data returns what is wrong with data as an InvalidArgument: a violation for each fault in the report, its
// field below prefix ("data" gives "data[3].contents[1].role"), and the count of all of them.
func Data(report *dataset.Report, prefix string) *Error {
	e := &Error{
		Kind:   InvalidArgument,
		Count:  report.Errors,
		Reason: "INVALID_DATA",
		Metadata: map[string]string{
			"errors":  strconv.FormatInt(report.Errors, 10),
			"records": strconv.FormatInt(report.Records, 10),
		},
	}
	nothingLeft := report.Counts[dataset.CodeNoExamples] > 0 // the warnings say why
	for i := range report.Faults {
		f := &report.Faults[i]
		if f.Severity == dataset.SeverityError || nothingLeft {
			e.Violations = append(e.Violations, violation(f, prefix))
		}
		if nothingLeft && len(f.Places) > 1 {
			for _, place := range f.Places[1:] {
				e.Violations = append(e.Violations, violation(&dataset.Fault{
					Record: place.Record, Line: place.Line, Pointer: place.Pointer, Code: f.Code, Message: f.Message, Fix: f.Fix,
				}, prefix))
			}
		}
	}
	e.Message = fmt.Sprintf("The data has %s in %s", count(report.Errors, "error"), count(report.Records, "record"))
	if nothingLeft {
		e.Message = fmt.Sprintf("The data has no training example in %s", count(report.Records, "record"))
	} else if listed := int64(len(e.Violations)); listed < report.Errors {
		e.Message += fmt.Sprintf("; the first %d are listed", listed)
	}
	e.Message += "."
	if len(e.Violations) > 0 {
		e.Message += fmt.Sprintf(" First: %s: %s", e.Violations[0].Field, e.Violations[0].Description)
	}
	return e
}

func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

func violation(f *dataset.Fault, prefix string) Violation {
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
	return Violation{Field: f.Field(prefix), Reason: f.Code, Description: description + "."}
}
