// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
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
	if why := r.Refusal(); why != "" {
		b.WriteString(Plain(why) + "\n\n")
	}
	r.writeFacts(&b)
	if len(r.Counts) > 0 {
		b.WriteString("\n## Faults by kind\n\n| code | count |\n| --- | ---: |\n")
		for _, code := range r.codes() {
			fmt.Fprintf(&b, "| `%s` | %d |\n", code, r.Counts[code])
		}
	}
	r.writeFaults(&b, "Errors", SeverityError, r.Errors)
	r.writeFaults(&b, "Warnings", SeverityWarning, r.Warnings)
	return []byte(b.String())
}

// Refusal returns one sentence that says why the file cannot be used, or "" if it can.
func (r *Report) Refusal() string {
	if r.Errors == 0 && r.Examples > 0 {
		return ""
	}
	if len(r.Faults) == 0 {
		return "The file makes no training example."
	}
	f := r.Faults[0] // an error, if there is one
	place := ""
	if f.Record >= 0 {
		place = fmt.Sprintf(" in record %d, line %d", f.Record, f.Line)
	}
	if r.Errors <= 1 {
		return fmt.Sprintf("The file cannot be used, because of one error%s: %s.", place, f.Message)
	}
	return fmt.Sprintf("The file cannot be used, because of %d errors. The first one%s: %s.", r.Errors, place, f.Message)
}

// writeFaults writes the n faults of one severity.
func (r *Report) writeFaults(b *strings.Builder, title string, severity Severity, n int64) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	listed := int64(0)
	for i := range r.Faults {
		if r.Faults[i].Severity == severity {
			listed += max(r.Faults[i].Count, 1)
		}
	}
	if listed < n {
		fmt.Fprintf(b, "Only the first of each kind are listed: %d of %d.\n\n", listed, n)
	}
	for i := range r.Faults {
		if r.Faults[i].Severity == severity {
			r.Faults[i].write(b)
		}
	}
}

// codes returns the codes that occurred, the most frequent first.
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
		fmt.Fprintf(b, "| messages merged into an earlier pair | %d |\n", r.MergedPairs)
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
			place += " at " + Code(f.Pointer)
		}
	}
	fmt.Fprintf(b, "- **%s** `%s`, line %d, %s: %s", f.Severity, f.Code, f.Line, place, Plain(f.Message))
	if f.Fix != "" {
		fmt.Fprintf(b, ". Fix: %s", Plain(f.Fix))
	}
	b.WriteString(".\n")
	if f.Count > 1 {
		lines := make([]string, len(f.Places))
		for i, place := range f.Places {
			lines[i] = strconv.FormatInt(place.Line, 10)
		}
		if int64(len(lines)) < f.Count {
			lines = append(lines, "…") //nolint:makezero // all elements before it are written
		}
		fmt.Fprintf(b, "  %d times, in the lines %s\n", f.Count, strings.Join(lines, ", "))
	}
	if f.Excerpt != "" {
		fmt.Fprintf(b, "  %s\n", Code(f.Excerpt))
	}
}

// Code formats a text so that Markdown shows it unchanged, as code.
func Code(text string) string {
	text = Visible(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// plainSigns escapes the characters that have a meaning in Markdown.
var plainSigns = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "|", `\|`)

// Plain formats a text so that Markdown shows it unchanged, in the middle of a line.
func Plain(text string) string { return plainSigns.Replace(Visible(text)) }

// Visible replaces each invisible character of a text, and each character that changes how others
// are shown, by an escape.
func Visible(text string) string {
	if !strings.ContainsFunc(text, isInvisible) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if isInvisible(c) {
			quoted := strconv.QuoteRuneToASCII(c)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func isInvisible(c rune) bool { return !unicode.IsPrint(c) }
