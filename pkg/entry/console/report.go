// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"maps"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// histogram is the picture of a distribution: a bar for each range of values.
type histogram struct {
	ID, Title, Text string
	Of              dataset.Distribution
	Bars            []histogramBar
	Width           int
}

// histogramBar counts the examples of a range. From and To are both in the range.
type histogramBar struct {
	From, To, Count     int64
	X, Y, Width, Height int
	Label               bool // whether there is room for its label
}

// The size of a histogram, in the units of its picture.
const (
	histogramHeight = 120
	barRoom         = 64
	barGap          = 8
	fewestBars      = 9 // for which there is room, so that a few bars do not become huge
)

// reportOf returns what a page shows of a report on a file.
func reportOf(r *dataset.Report) reportPage {
	page := reportPage{Result: r, Counts: countsOf(r.Counts)}
	if r.Stats == nil {
		return page
	}
	page.Bars = []histogram{
		histogramOf("tokens", "Tokens of an example, estimated", "tokens", r.Stats.TokensPerExample),
		histogramOf("turns", "Turns of an example", "turns", r.Stats.TurnsPerExample),
	}
	return page
}

func countsOf(counts map[string]int64) (all []codeCount) {
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, codeCount{code, counts[code]})
	}
	return all
}

// histogramOf draws a distribution.
func histogramOf(id, title, unit string, d dataset.Distribution) histogram {
	h := histogram{ID: id, Title: title, Of: d}
	largest := int64(1)
	for _, b := range d.Histogram {
		largest = max(largest, b.Count)
	}
	from := int64(0)
	for i, b := range d.Histogram {
		if i == 0 {
			from = d.Min
		}
		height := max(2, int(int64(histogramHeight)*b.Count/largest))
		bar := histogramBar{
			From: from, To: min(b.UpTo, d.Max), Count: b.Count, X: i * barRoom, Y: histogramHeight - height,
			Width: barRoom - barGap, Height: height,
		}
		h.Bars = append(h.Bars, bar)
		from = b.UpTo + 1
	}
	h.Width = max(fewestBars, len(h.Bars)) * barRoom
	h.Text = "Half of the examples have at most " + count(d.Median) + " " + unit + ", and 95 of 100 have at most " + count(d.P95) +
		". The longest has " + count(d.Max) + "."
	return h
}
