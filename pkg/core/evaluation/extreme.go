// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"cmp"
	"slices"
	"strings"
)

const (
	maxExtremes = 5
	maxExcerpt  = 300 // characters
)

// Extreme is an example whose answers differ much. The texts are shortened.
type Extreme struct {
	Key        string  `json:"key"`
	Line       int64   `json:"line"`
	BaseScore  float64 `json:"base_score"` // by the primary metric
	TunedScore float64 `json:"tuned_score"`
	Question   string  `json:"question"` // the last text before the answer
	Right      string  `json:"right"`
	Base       string  `json:"base"`
	Tuned      string  `json:"tuned"`
}

// extremes returns the examples in which the tuned side gains most and loses most.
func extremes(rows []Row, base, tuned string, metric Metric) (wins, losses []Extreme) {
	gain := func(r Row) float64 { return r.Answers[tuned].Scores[metric] - r.Answers[base].Scores[metric] }
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b Row) int { return cmp.Compare(gain(b), gain(a)) })
	wins, losses = []Extreme{}, []Extreme{}
	for _, row := range sorted[:min(len(sorted), maxExtremes)] {
		if gain(row) > rounding {
			wins = append(wins, row.extreme(base, tuned, metric))
		}
	}
	slices.SortStableFunc(sorted, func(a, b Row) int { return cmp.Compare(gain(a), gain(b)) })
	for _, row := range sorted[:min(len(sorted), maxExtremes)] {
		if gain(row) < -rounding {
			losses = append(losses, row.extreme(base, tuned, metric))
		}
	}
	return wins, losses
}

func (r Row) extreme(base, tuned string, metric Metric) Extreme {
	a, b := r.Answers[base], r.Answers[tuned]
	return Extreme{
		Key: r.Key, Line: r.Line, BaseScore: a.Scores[metric], TunedScore: b.Scores[metric],
		Question: shorten(r.Question.lastText(), maxExcerpt), Right: shorten(r.Right.String(), maxExcerpt),
		Base: a.excerpt(), Tuned: b.excerpt(),
	}
}

// excerpt returns the beginning of the answer, with the reason if it counts as wrong.
func (a Answer) excerpt() string {
	text := shorten(a.String(), maxExcerpt)
	if reason := a.WrongReason(); reason != "" {
		text += " [" + reason + "]"
	}
	return strings.TrimPrefix(text, " ")
}

// shorten returns the first n characters of a text, with an ellipsis if there are more.
func shorten(text string, n int) string {
	for at := range text {
		if n == 0 {
			return text[:at] + "…"
		}
		n--
	}
	return text
}
