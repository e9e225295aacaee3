// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Markdown returns the report as text for people.
func (r *Report) Markdown() []byte {
	var b strings.Builder
	leftOut := int64(0)
	for _, n := range r.LeftOut {
		leftOut += n
	}
	switch {
	case r.Errors > 0 || r.Examples == 0:
		b.WriteString("# The file cannot be used\n\n")
	case leftOut > 0:
		fmt.Fprintf(&b, "# The file can be used, without %d of its %d records\n\n", leftOut, r.Records)
	case r.Warnings > 0:
		b.WriteString("# The file can be used, with warnings\n\n")
	default:
		b.WriteString("# The file can be used\n\n")
	}
	r.writeFacts(&b)
	if len(r.Counts) > 0 {
		b.WriteString("\n## Faults by kind\n\n| code | count |\n| --- | ---: |\n")
		for _, code := range r.codes() {
			fmt.Fprintf(&b, "| `%s` | %d |\n", code, r.Counts[code])
		}
	}
	if len(r.Faults) > 0 {
		fmt.Fprintf(&b, "\n## Faults in the order of the file\n\n")
		if r.Truncated {
			fmt.Fprintf(&b, "The first %d of %d.\n\n", len(r.Faults), r.Errors+r.Warnings)
		}
		for i := range r.Faults {
			r.Faults[i].write(&b)
		}
	}
	return []byte(b.String())
}

// codes returns the codes that were counted, the most frequent first.
func (r *Report) codes() []string {
	codes := slices.Sorted(maps.Keys(r.Counts))
	slices.SortStableFunc(codes, func(a, b string) int { return int(r.Counts[b] - r.Counts[a]) })
	return codes
}

func (r *Report) writeFacts(b *strings.Builder) {
	format := r.Format
	if format == "" {
		format = "not recognised"
	}
	container := r.Container
	if r.Compression != "" {
		container += ", " + r.Compression
	}
	fmt.Fprintf(b, "| | |\n| --- | --- |\n| format | %s |\n", format)
	if container != "" {
		fmt.Fprintf(b, "| container | %s |\n", container)
	}
	fmt.Fprintf(b, "| records | %d |\n| examples | %d |\n", r.Records, r.Examples)
	fmt.Fprintf(b, "| errors | %d |\n| warnings | %d |\n", r.Errors, r.Warnings)
	if s := r.Stats; s != nil {
		fmt.Fprintf(b, "| turns | %d |\n| characters | %d |\n| estimated tokens | %d |\n", s.Turns, s.Characters, s.EstimatedTokens)
		t := s.TokensPerExample
		fmt.Fprintf(b, "| estimated tokens of an example | %d to %d, median %d, 95 %% up to %d |\n", t.Min, t.Max, t.Median, t.P95)
	}
	if r.MergedPairs > 0 {
		fmt.Fprintf(b, "| second halves of a pair | %d |\n", r.MergedPairs)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.LeftOut)) {
		fmt.Fprintf(b, "| left out, `%s` | %d |\n", reason, r.LeftOut[reason])
	}
}

func (f *Fault) write(b *strings.Builder) {
	place := "file"
	if f.Record >= 0 {
		place = fmt.Sprintf("record %d", f.Record)
		if f.Pointer != "" {
			place += " at " + code(f.Pointer)
		}
	}
	fmt.Fprintf(b, "- **%s** `%s`, line %d, %s: %s", f.Severity, f.Code, f.Line, place, plain(f.Message))
	if f.Fix != "" {
		fmt.Fprintf(b, ". Fix: %s", plain(f.Fix))
	}
	b.WriteString(".\n")
	if f.Excerpt != "" {
		fmt.Fprintf(b, "  %s\n", code(f.Excerpt))
	}
}

// code writes text from the file so that Markdown shows it as it is.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// plainSigns escapes what Markdown would take for a sign.
var plainSigns = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "|", `\|`)

func plain(text string) string { return plainSigns.Replace(text) }
