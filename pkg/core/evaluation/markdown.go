// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Markdown returns the report as text for people.
func (r *Report) Markdown() []byte {
	var b strings.Builder
	b.WriteString("# Did tuning help?\n")
	for _, c := range r.Comparisons {
		fmt.Fprintf(&b, "\n**%s**\n", escapeMarkdown(c.Sentence))
	}
	fmt.Fprintf(&b, "\nThe verdict rests on %s alone: %s. All other metrics are for information.\n", r.Primary.label(), r.PrimaryReason)
	if len(r.Comparisons) > 1 {
		fmt.Fprintf(&b, "Each of the %d models is compared with the base by itself. Among so many, one can seem better by chance.\n", len(r.Comparisons))
	}
	b.WriteString("\n| model | answered | not answered | blocked, cut or empty |\n| --- | ---: | ---: | --- |\n")
	for _, s := range r.Sides {
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", escapeMarkdown(s.Name), s.Answered, s.Unanswered, s.wrongReasons())
	}
	for i, c := range r.Comparisons {
		c.write(&b, r.Sides[i+1])
	}
	return []byte(b.String())
}

// wrongReasons returns the reasons of wrong answers with their counts.
func (s Side) wrongReasons() string {
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(s.Wrong)) {
		reasons = append(reasons, fmt.Sprintf("%d %s", s.Wrong[reason], escapeMarkdown(reason)))
	}
	return strings.Join(reasons, ", ")
}

// write writes the comparison of a tuned side with the base.
func (c Comparison) write(b *strings.Builder, tuned Side) {
	fmt.Fprintf(b, "\n## %s against %s\n\n", escapeMarkdown(c.Tuned), escapeMarkdown(c.Base))
	if c.Examples == 0 {
		b.WriteString("There is no example that both answered.\n")
		return
	}
	fmt.Fprintf(b, "Scores are in percentage points, over the %s that both answered.\n\n", examples(c.Examples))
	fmt.Fprintf(b, "| metric | examples | %s | %s | difference | 95 %% interval | |\n", escapeMarkdown(c.Base), escapeMarkdown(c.Tuned))
	b.WriteString("| --- | ---: | ---: | ---: | ---: | --- | --- |\n")
	for _, m := range c.Metrics {
		m.write(b)
	}
	if tuned.Bill != nil {
		fmt.Fprintf(b, "\nTuning cost %s US dollars", usd.Group(tuned.Bill.String()))
		if tuned.Estimate != nil {
			fmt.Fprintf(b, ", and %s were expected", usd.Group(tuned.Estimate.String()))
		}
		b.WriteString(".")
		if c.CostPerPoint != nil {
			fmt.Fprintf(b, " Each point gained cost %s US dollars.", usd.Group(c.CostPerPoint.String()))
		}
		b.WriteString("\n")
	}
	if c.Judge != nil {
		c.Judge.write(b)
	}
	writeExtremes(b, "gains", c.Wins)
	writeExtremes(b, "loses", c.Losses)
}

func (m Measured) write(b *strings.Builder) {
	show, difference, result := points, signed, strings.ReplaceAll(string(m.Verdict), "_", " ")
	if !m.Metric.isQuality() {
		show = func(ratio float64) string { return decimal("%.2f", ratio) }
		difference = func(ratio float64) string { return decimal("%+.2f", ratio) }
	}
	fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s to %s | %s |\n", m.Metric.label(), m.Examples,
		show(m.Base), show(m.Tuned), difference(m.Difference), difference(m.Low), difference(m.High), result)
}

func (s JudgeSummary) write(b *strings.Builder) {
	fmt.Fprintf(b, "\nA judge model compared %s in both orders: the tuned model wins %d, the base wins %d, and %d are ties.", examples(s.Examples), s.TunedWins, s.BaseWins, s.Ties)
	if s.WinRate != nil {
		fmt.Fprintf(b, " The tuned model has %s %% of the wins (95 %% interval %s to %s).", points(s.WinRate.Share), points(s.WinRate.Low), points(s.WinRate.High))
	}
	fmt.Fprintf(b, " The judge contradicted itself in %d (%s %%).", s.Contradictions, points(s.ContradictionShare))
	if s.Unreadable > 0 {
		fmt.Fprintf(b, " %d of its answers could not be read.", s.Unreadable)
	}
	b.WriteString("\n")
}

func writeExtremes(b *strings.Builder, title string, list []Extreme) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Where it %s most\n", title)
	for _, e := range list {
		fmt.Fprintf(b, "\nLine %d: %s points for the base, %s for the tuned model\n\n", e.Line, points(e.BaseScore), points(e.TunedScore))
		for _, said := range []struct{ title, text string }{{"question", e.Question}, {"right", e.Right}, {"base", e.Base}, {"tuned", e.Tuned}} {
			fmt.Fprintf(b, "- %s: %s\n", said.title, quoted(said.text))
		}
	}
}

// quoted returns a text so that Markdown shows it unchanged, as code.
func quoted(text string) string {
	if text == "" {
		return "(nothing)"
	}
	return dataset.Code(text)
}

// escapeMarkdown returns a text so that Markdown shows it unchanged, also at the start of a line.
func escapeMarkdown(text string) string { return strings.ReplaceAll(dataset.Plain(text), "#", `\#`) }

// capitalized returns the text with its first character in upper case, for the start of a sentence.
func capitalized(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
