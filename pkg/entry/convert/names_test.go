// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// TestNot_taken: a file with another name is not converted, and its report lists the accepted
// names.
func TestNot_taken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"a.txt", "json", "a.json.bak", "a.gz", "a.jsonx", "a.json.gz.gz", "a.csv.gz", "a.parquet", "a.csv"} {
		source, outcome := w.convert(t, name, good)
		report := w.report(t, name)
		if outcome != convert.Refused || report == nil || w.dataset(t, name) != nil {
			t.Errorf("%s: %s with the report %v, want it refused, with a report", name, outcome, report)
			continue
		}
		for _, want := range []string{"NAME_NOT_TAKEN", `"reason": "The file cannot be used`, ".json, .jsonl or .ndjson"} {
			if !strings.Contains(report.Content, want) {
				t.Errorf("the report of %s lacks %q:\n%s", name, want, report.Content)
			}
		}
		if again, err := w.Convert(t.Context(), source); err != nil || again != convert.Superseded {
			t.Errorf("%s, delivered again: %s, %v; want %s", name, again, err, convert.Superseded)
		}
	}
	source := w.drop(t, "gone.csv", "a,b")
	w.Remove(t, inbox, "gone.csv")
	if outcome, err := w.Convert(t.Context(), source); err != nil || outcome != convert.Gone {
		t.Errorf("a file that was deleted: %s, %v; want %s", outcome, err, convert.Gone)
	}
}

// TestContent_against_name: a file whose content does not match its name gets exactly one error.
func TestContent_against_name(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, want := range map[string]struct {
		content string
		outcome convert.Outcome
		message string
	}{
		"a.ndjson":    {better + "\n", convert.Converted, `"container": "jsonl"`},
		"a.NDJSON.gz": {packed(t, better), convert.Converted, `"compression": "gzip"`},
		"packed.json": {packed(t, better), convert.Converted, `"compression": "gzip"`},
		"a.jsonl.gz":  {better, convert.Refused, "not packed with gzip, as its name says"},
		"a.json":      {"prompt,completion\nq,a\nq,a\n", convert.Refused, "it is a table (CSV)"}, //nolint:dupword // two rows of a table
	} {
		_, outcome := w.convert(t, name, want.content)
		report := w.report(t, name)
		if outcome != want.outcome || !strings.Contains(report.Content, want.message) {
			t.Errorf("%s: %s, want %s and %q in\n%s", name, outcome, want.outcome, want.message, report.Content)
		}
		if outcome == convert.Refused && !strings.Contains(report.Content, `"errors": 1,`) {
			t.Errorf("%s has more than one error:\n%s", name, report.Content)
		}
	}
}

// TestNames_are_neutral: a name can neither control a terminal nor change how its report is
// displayed.
func TestNames_are_neutral(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const name = "a\x1b[31m\u202egnp\u2066.<b>*.json"
	source, _ := w.convert(t, name, good)
	text, report := w.text(t, name), w.report(t, name)
	for _, content := range []string{text.Content, report.Content} {
		if strings.ContainsAny(content, "\x1b\u202e\u2066") {
			t.Errorf("the report has an invisible character of the name:\n%q", content)
		}
	}
	if want := `    gs://test-inbox/a\x1b[31m\u202egnp\u2066.<b>*.json#`; !strings.Contains(text.Content, want) {
		t.Errorf("the report for people lacks %q:\n%s", want, text.Content)
	}
	var decoded convert.Report
	if err := json.Unmarshal([]byte(report.Content), &decoded); err != nil || decoded.Source != source {
		t.Errorf("the report is of %+v, %v; want %+v", decoded.Source, err, source)
	}
}
