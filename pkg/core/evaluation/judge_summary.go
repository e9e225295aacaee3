// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import "math"

// Judgement combines both orders of one example.
type Judgement struct {
	BaseFirst  Preference `json:"base_first"`  // A is the base
	TunedFirst Preference `json:"tuned_first"` // A is the tuned model
	Winner     string     `json:"winner"`      // one of the Winner constants
	// The tokens of both questions that are billed.
	PromptTokens int64 `json:"prompt_tokens,omitempty"`
	OutputTokens int64 `json:"output_tokens,omitempty"`
}

// The winners of a judgement.
const (
	WinnerBase          = "base"
	WinnerTuned         = "tuned"
	WinnerTie           = "tie"           // the judge said TIE in both orders
	WinnerContradiction = "contradiction" // the orders disagree: a tie too
	WinnerUnreadable    = "unreadable"    // an answer of the judge could not be read: a tie too
)

// Judge combines the preferences of both orders. One of them counts only if the other agrees.
func Judge(baseFirst, tunedFirst Preference) Judgement {
	j := Judgement{BaseFirst: baseFirst, TunedFirst: tunedFirst, Winner: WinnerContradiction}
	switch {
	case !baseFirst.isReadable() || !tunedFirst.isReadable():
		j.Winner = WinnerUnreadable
	case baseFirst == PreferA && tunedFirst == PreferB:
		j.Winner = WinnerBase
	case baseFirst == PreferB && tunedFirst == PreferA:
		j.Winner = WinnerTuned
	case baseFirst == PreferTie && tunedFirst == PreferTie:
		j.Winner = WinnerTie
	}
	return j
}

func (p Preference) isReadable() bool { return p == PreferA || p == PreferB || p == PreferTie }

// JudgeSummary counts the judgements of a comparison. They do not decide its verdict.
type JudgeSummary struct {
	Examples           int     `json:"examples" firestore:"examples"` // judged
	TunedWins          int     `json:"tuned_wins" firestore:"tuned_wins"`
	BaseWins           int     `json:"base_wins" firestore:"base_wins"`
	Ties               int     `json:"ties" firestore:"ties"`
	Contradictions     int     `json:"contradictions" firestore:"contradictions"`
	Unreadable         int     `json:"unreadable" firestore:"unreadable"`
	ContradictionShare float64 `json:"contradiction_share" firestore:"contradiction_share"` // of the examples whose judgements could be read
	// WinRate is the share of the tuned model's wins in all wins. It is absent without a win.
	WinRate *Rate `json:"win_rate,omitempty" firestore:"win_rate,omitempty"`
}

// Rate is a share with its 95 % interval by Wilson's method.
type Rate struct {
	Share float64 `json:"share" firestore:"share"`
	Low   float64 `json:"low" firestore:"low"`
	High  float64 `json:"high" firestore:"high"`
}

// summarizeJudgements counts the judgements on a tuned side. It returns nil if there are none.
func summarizeJudgements(rows []Row, tuned string) *JudgeSummary {
	var s JudgeSummary
	for _, row := range rows {
		j, ok := row.Judgements[tuned]
		if !ok {
			continue
		}
		s.Examples++
		switch j.Winner {
		case WinnerTuned:
			s.TunedWins++
		case WinnerBase:
			s.BaseWins++
		case WinnerTie:
			s.Ties++
		case WinnerContradiction:
			s.Contradictions++
		default:
			s.Unreadable++
		}
	}
	if s.Examples == 0 {
		return nil
	}
	if readable := s.Examples - s.Unreadable; readable > 0 {
		s.ContradictionShare = float64(s.Contradictions) / float64(readable)
	}
	if wins := s.TunedWins + s.BaseWins; wins > 0 {
		rate := wilson(s.TunedWins, wins)
		s.WinRate = &rate
	}
	return &s
}

// wilson returns the share k/n with the interval of Wilson's score, without correction for
// continuity. n is positive.
func wilson(k, n int) Rate {
	const z = 1.959963984540054 // the 97.5 % quantile of the normal distribution
	count := float64(n)
	p := float64(k) / count
	center := p + z*z/(2*count)
	width := z * math.Sqrt(p*(1-p)/count+z*z/(4*count*count))
	scale := 1 + z*z/count
	return Rate{Share: p, Low: max((center-width)/scale, 0), High: min((center+width)/scale, 1)}
}
