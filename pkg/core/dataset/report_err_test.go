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

// TestReportErr_of_records checks the fields and the descriptions of violations, for errors and for
// a file in which every record is left out.
func TestReportErr_of_records(t *testing.T) {
	t.Parallel()
	const unanswered = `{"messages":[{"role":"user","content":"q"}]}` + "\n"
	const reason = "the last turn is not the model's, so there is nothing to learn: the record is left out; end the conversation with the model's answer"
	for name, tc := range map[string]struct {
		in, message string
		violations  []string
	}{
		"one_error": {`{"messages":7}`, "The data has 1 error in 1 record. First: data[0].messages: this must be an array, not a number; write a value of that type (record 0, line 1, \"/messages\").", []string{
			`data[0].messages WRONG_TYPE this must be an array, not a number; write a value of that type (record 0, line 1, "/messages").`,
		}},
		"a_warning_too": {unanswered + `{"messages":7}`, "The data has 1 error in 2 records. First: data[1].messages: this must be an array, not a number; write a value of that type (record 1, line 2, \"/messages\").", []string{
			`data[1].messages WRONG_TYPE this must be an array, not a number; write a value of that type (record 1, line 2, "/messages").`,
		}},
		"of_the_file": {"", "The data has 1 error in 0 records. First: data: the file is empty; give at least one example.", []string{
			"data NO_RECORDS the file is empty; give at least one example.",
		}},
		"nothing_left": {unanswered + unanswered + "\n" + unanswered, "The data has no training example in 3 records. First: data: nothing is left to learn: " +
			"none of the 3 records makes a training example; give each question its answer; the warnings name each record. Files for reinforcement tuning or " +
			"distillation hold questions without answers, and cannot be used here.", []string{
			"data NO_EXAMPLES nothing is left to learn: none of the 3 records makes a training example; give each question its answer; the warnings name each record. " +
				"Files for reinforcement tuning or distillation hold questions without answers, and cannot be used here.",
			"data[0].messages[0] LAST_TURN_NOT_MODEL " + reason + ` (3 times, first in record 0, line 1, "/messages/0").`,
			"data[1].messages[0] LAST_TURN_NOT_MODEL " + reason + ` (record 1, line 2, "/messages/0").`,
			"data[2].messages[0] LAST_TURN_NOT_MODEL " + reason + ` (record 2, line 4, "/messages/0").`,
		}},
		"one_left_out": {unanswered, "The data has no training example in 1 record. First: data: nothing is left to learn: the one record makes no training example; " +
			"give each question its answer; the warnings name each record. Files for reinforcement tuning or distillation hold questions without answers, and cannot be used here.", []string{
			"data NO_EXAMPLES nothing is left to learn: the one record makes no training example; give each question its answer; the warnings name each record. " +
				"Files for reinforcement tuning or distillation hold questions without answers, and cannot be used here.",
			"data[0].messages[0] LAST_TURN_NOT_MODEL " + reason + ` (record 0, line 1, "/messages/0").`,
		}},
	} {
		_, report := convert(t, strings.NewReader(tc.in), dataset.Options{})
		got := report.Err("data")
		var violations []string
		for _, v := range got.Violations {
			violations = append(violations, v.Field+" "+v.Reason+" "+v.Description)
		}
		if diff := cmp.Diff(tc.message, got.Message); diff != "" {
			t.Errorf("%s: message (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.violations, violations); diff != "" {
			t.Errorf("%s: violations (-want +got):\n%s", name, diff)
		}
	}
}

// TestRefused checks a report about a file that was not read, and an empty report.
func TestRefused(t *testing.T) {
	t.Parallel()
	report := dataset.Refused("ODD", "it is odd", "make it even")
	want := []dataset.Fault{{Record: -1, Line: 1, Code: "ODD", Severity: dataset.SeverityError, Message: "it is odd", Fix: "make it even"}}
	if diff := cmp.Diff(want, report.Faults); diff != "" || report.Errors != 1 || report.Counts["ODD"] != 1 {
		t.Errorf("%d errors, %v (-want +got):\n%s", report.Errors, report.Counts, diff)
	}
	if got := report.Refusal(); got != "The file cannot be used, because of one error: it is odd." {
		t.Errorf("the reason is %q", got)
	}
	if got := (&dataset.Report{}).Refusal(); got != "The file makes no training example." {
		t.Errorf("the reason of an empty report is %q", got)
	}
}
