// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/convert"
)

const messages = `{"id":"1","session_id":"s","role":"user","content":"hi","related_message":{"role":"assistant","content":"hello"}}
{"id":"2","session_id":"s","role":"assistant","content":"hello","related_message":{"role":"user","content":"hi"}}
{"id":"3","session_id":"s","role":"user","content":"alone"}`

func packed(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestConvert(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		want          convert.Outcome
	}{
		{"array.json", good, convert.Converted},
		{"object.json", `{"data":` + good + `}`, convert.Converted},
		{"lines.jsonl", better + "\n" + better + "\n", convert.Converted},
		{"messages.jsonl", messages, convert.Converted},
		{"upper.JSONL", better, convert.Converted},
		{"packed.json.gz", packed(t, good), convert.Converted},
		{"Packed.JSONL.GZ", packed(t, better), convert.Converted},
		{"packed_without_saying.json", packed(t, good), convert.Converted},
		{"a folder/ü & ?.json", good, convert.Converted},
		{"../drops/x/dataset.jsonl", better, convert.Converted},
		{".json", good, convert.Converted},
		{"bad.json", bad, convert.Refused},
		{"broken.json", `[{"contents":`, convert.Refused},
		{"empty.json", "", convert.Refused},
		{"text.jsonl", "hello", convert.Refused},
		{"broken.json.gz", packed(t, good)[:20], convert.Refused},
	}
	w := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source, outcome := w.convert(t, tt.name, tt.content)
			if outcome != tt.want {
				t.Errorf("outcome = %s, want %s", outcome, tt.want)
			}
			w.holds(t, source, tt.content)
			if _, now := w.Object(t, inbox, tt.name); now == nil || now.Generation != source.Generation {
				t.Errorf("the source was moved or changed: %v", now)
			}
			if again, err := w.Convert(t.Context(), source); err != nil || again != convert.Superseded {
				t.Errorf("the same event again: %s, %v", again, err)
			}
			w.holds(t, source, tt.content)
		})
	}
}

// TestReport compares both reports with files.
func TestReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source, _ := w.convert(t, "a.json", bad)
	got := w.report(t, "a.json").Content
	for _, want := range []string{
		fmt.Sprintf("{\n  \"source\": {\n    \"bucket\": \"test-inbox\",\n    \"name\": \"a.json\",\n    \"generation\": \"%d\",\n    \"size\": \"%d\"\n  },\n", source.Generation, len(bad)),
		"  \"outcome\": \"REFUSED\",\n", "\n  \"result\": {\n", "\"records\": 1,\n", "\"errors\": 1,\n",
		"\"record\": 0,\n", "\"pointer\": \"/contents/0/role\",\n", "\"code\": \"INVALID_ROLE\"", "<q>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\"dataset\"") {
		t.Errorf("the report names a dataset that does not exist:\n%s", got)
	}
	text := w.text(t, "a.json").Content
	for _, want := range []string{
		"# The file cannot be used\n", "| records | 1 |\n", "- **error** `INVALID_ROLE`, line 1, record 0 at `/contents/0/role`: ",
		fmt.Sprintf("\n\nThe file:\n\n    gs://test-inbox/a.json#%d\n", source.Generation),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report for people lacks %q:\n%s", want, text)
		}
	}
	w.convert(t, "b.jsonl", messages)
	got = w.report(t, "b.jsonl").Content
	for _, want := range []string{
		"  \"outcome\": \"CONVERTED\",\n  \"dataset\": \"gs://test-data/drops/b.jsonl/dataset.jsonl\",\n",
		"\"records\": 3,\n", "\"examples\": 1,\n", "\"merged_pairs\": 1", "\"NO_RELATED_MESSAGE\": 1\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{
		"a.json/", "photo.JPG", "a/b.mp4", "gcloud/tmp/parallel_composite_uploads/x/a.jsonl_0", "gsutil/tmp/parallel_composite_uploads/x",
	} {
		if _, outcome := w.convert(t, name, good); outcome != convert.Ignored {
			t.Errorf("%s: %s, want %s", name, outcome, convert.Ignored)
		}
	}
	if written := w.List(t, data, ""); len(written) > 0 {
		t.Errorf("something was written: %s", written[0].Name)
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deleted := w.drop(t, "deleted.json", good)
	w.Remove(t, inbox, "deleted.json")
	replaced := w.drop(t, "replaced.json", good)
	w.drop(t, "replaced.json", better)
	for _, source := range []convert.Source{deleted, replaced} {
		if outcome, err := w.Convert(t.Context(), source); err != nil || outcome != convert.Gone {
			t.Errorf("%s: %s, %v, want %s", source.Name, outcome, err, convert.Gone)
		}
		if w.dataset(t, source.Name) != nil || w.report(t, source.Name) != nil || w.text(t, source.Name) != nil {
			t.Errorf("%s: something was written", source.Name)
		}
	}
}

// TestNewerGenerations replaces a file again and again, with all changes between valid and invalid
// content.
func TestNewerGenerations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var sources []convert.Source
	for _, content := range []string{good, better, bad, bad, good} {
		source, _ := w.convert(t, "a.json", content)
		w.holds(t, source, content)
		sources = append(sources, source)
	}
	for _, old := range sources[:4] {
		if outcome, err := w.Convert(t.Context(), old); err != nil || outcome != convert.Superseded {
			t.Errorf("event of an older generation: %s, %v", outcome, err)
		}
	}
	w.holds(t, sources[4], good)
}

// TestOutputs_apart: similar names have separate outputs.
func TestOutputs_apart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("ü", 500)
	names := []string{"a.json", "a.jsonl", "a.json.gz", "b/a.json", long + "1.json", long + "2.json"}
	for _, name := range names {
		content := good
		if strings.HasSuffix(name, ".gz") {
			content = packed(t, good)
		}
		if _, outcome := w.convert(t, name, content); outcome != convert.Converted {
			t.Errorf("%.20s: %s", name, outcome)
		}
	}
	datasets, reports := 0, 0
	for _, o := range w.List(t, data, "") {
		if len(o.Name) > 1024 {
			t.Errorf("%s is %d bytes long", o.Name, len(o.Name))
		}
		switch {
		case strings.HasSuffix(o.Name, "/dataset.jsonl"):
			datasets++
		case strings.HasSuffix(o.Name, "/report.json"):
			reports++
		}
	}
	if datasets != len(names) || reports != len(names) {
		t.Errorf("%d datasets and %d reports of %d files", datasets, reports, len(names))
	}
	longest := w.drop(t, strings.Repeat("x", 1019)+".json", good)
	if outcome, err := w.Convert(t.Context(), longest); err != nil || outcome != convert.Converted {
		t.Errorf("the longest possible name: %s, %v", outcome, err)
	}
}

// TestForeignOutput: an object without our metadata is replaced.
func TestForeignOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"drops/a.json/dataset.jsonl", "drops/a.json/report.md", "drops/a.json/report.json"} {
		w.Upload(t, data, name, "somebody's", nil)
	}
	source, _ := w.convert(t, "a.json", good)
	w.holds(t, source, good)
}

// TestLargeFile is larger than the client's buffer, and invalid at its end.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := strings.Repeat(strings.Replace(better, "Q", strings.Repeat("long ", 2000), 1)+"\n", 1000)
	source, outcome := w.convert(t, "a.jsonl", lines)
	if outcome != convert.Converted {
		t.Errorf("outcome = %s", outcome)
	}
	w.holds(t, source, lines)
	source, outcome = w.convert(t, "a.jsonl", lines+"{}")
	if outcome != convert.Refused {
		t.Errorf("outcome = %s", outcome)
	}
	w.holds(t, source, lines+"{}")
}
