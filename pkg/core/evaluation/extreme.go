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
	wins, losses = []Extreme{}, []Extreme{}
	for _, row := range rows {
		a, b := row.Answers[base], row.Answers[tuned]
		e := Extreme{Key: row.Key, Line: row.Line, BaseScore: a.Scores[metric], TunedScore: b.Scores[metric]}
		switch gain := e.gain(); {
		case gain > rounding:
			wins = append(wins, e)
		case gain < -rounding:
			losses = append(losses, e)
		}
	}
	slices.SortStableFunc(wins, func(a, b Extreme) int { return cmp.Compare(b.gain(), a.gain()) })
	slices.SortStableFunc(losses, func(a, b Extreme) int { return cmp.Compare(a.gain(), b.gain()) })
	wins, losses = wins[:min(len(wins), maxExtremes)], losses[:min(len(losses), maxExtremes)]
	for _, list := range [][]Extreme{wins, losses} {
		for i := range list {
			list[i].describe(rows, base, tuned)
		}
	}
	return wins, losses
}

func (e Extreme) gain() float64 { return e.TunedScore - e.BaseScore }

// describe adds the texts.
func (e *Extreme) describe(rows []Row, base, tuned string) {
	i := slices.IndexFunc(rows, func(row Row) bool { return row.Key == e.Key && row.Line == e.Line })
	row := rows[i]
	e.Question, e.Right = shorten(row.Question.lastText(), maxExcerpt), shorten(row.Right.String(), maxExcerpt)
	e.Base, e.Tuned = row.Answers[base].excerpt(), row.Answers[tuned].excerpt()
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
