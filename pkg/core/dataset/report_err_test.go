// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
)

func TestReportErr(t *testing.T) {
	t.Parallel()
	report := &dataset.Report{
		Records: 40, Errors: 3, Warnings: 1,
		Faults: []dataset.Fault{
			{Record: 3, Line: 7, Offset: 412, Pointer: "/contents/1/role", Code: "INVALID_ROLE", Severity: dataset.SeverityError, Message: "no such role", Fix: "write user"},
			{Record: 4, Code: "ODD", Severity: dataset.SeverityWarning, Message: "odd"},
			{Record: -1, Line: 1, Code: "EMPTY_FILE", Severity: dataset.SeverityError, Message: "nothing there"},
		},
	}
	got := report.Err("data")
	var fields, reasons []string
	for _, v := range got.Violations {
		fields, reasons = append(fields, v.Field), append(reasons, v.Reason)
		if !strings.Contains(v.Description, "no such role") && !strings.Contains(v.Description, "nothing there") {
			t.Errorf("%s: %q does not describe the fault", v.Field, v.Description)
		}
	}
	if diff := cmp.Diff([]string{"data[3].contents[1].role", "data"}, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"INVALID_ROLE", "EMPTY_FILE"}, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	places := []*fault.Place{
		{Record: 3, Line: 7, Offset: new(int64(412)), Pointer: "/contents/1/role"}, {Record: -1, Line: 1, Offset: new(int64(0))},
	}
	if diff := cmp.Diff(places, []*fault.Place{got.Violations[0].Place, got.Violations[1].Place}); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.Violations[0].Description, "write user") {
		t.Errorf("%q does not contain the fix", got.Violations[0].Description)
	}
	if got.Kind != fault.InvalidArgument {
		t.Errorf("kind = %d", got.Kind)
	}
	if diff := cmp.Diff(map[string]string{"errors": "3", "records": "40"}, got.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if want := "The data has 3 errors in 40 records; the first 2 are listed."; !strings.HasPrefix(got.Message, want) {
		t.Errorf("message = %q, want %q…", got.Message, want)
	}
	report.Errors, report.Faults = 1, report.Faults[:1]
	if got, want := report.Err("data").Message, "The data has 1 error in 40 records. First: data[3]"; !strings.HasPrefix(got, want) {
		t.Errorf("message = %q, want %q…", got, want)
	}
}
