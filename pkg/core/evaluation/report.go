// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Schema is the version of a report's JSON.
const Schema = 1

// Report says how tuned models compare with their base. It quotes texts of the dataset and answers
// of models, so it does not belong in a log.
type Report struct {
	Schema   int    `json:"schema"`
	Examples int    `json:"examples"`
	Seed     string `json:"seed"` // of the bootstrap, 16 hexadecimal digits
	// Primary is the metric that decides the verdicts. All other metrics are for information: of
	// ten metrics, one may differ by chance.
	Primary       Metric       `json:"primary"`
	PrimaryReason string       `json:"primary_reason"`
	Sides         []Side       `json:"sides"`       // the base first
	Comparisons   []Comparison `json:"comparisons"` // of each tuned side with the base
}

// Side describes the answers of one model.
type Side struct {
	Name         string             `json:"name"`
	Answered     int                `json:"answered"`
	Unanswered   int                `json:"unanswered"`             // the model could not be asked
	Wrong        map[string]int     `json:"wrong,omitempty"`        // answers that count as wrong, by WrongReason
	Means        map[Metric]float64 `json:"means"`                  // over the answers to which the metric applies
	Applied      map[Metric]int     `json:"applied"`                // the number of those answers
	PromptTokens int64              `json:"prompt_tokens"`          // of all answers
	OutputTokens int64              `json:"output_tokens"`          // of all answers
	Estimate     *usd.Amount        `json:"estimate_usd,omitempty"` // of tuning, from Options.Costs
	Bill         *usd.Amount        `json:"bill_usd,omitempty"`
}

// Comparison compares a tuned side with the base.
type Comparison struct {
	Base     string     `json:"base"`
	Tuned    string     `json:"tuned"`
	Examples int        `json:"examples"` // that both sides have answered
	Verdict  Verdict    `json:"verdict"`  // by the primary metric alone
	Sentence string     `json:"sentence"` // the verdict for people
	Metrics  []Measured `json:"metrics"`  // the metrics that apply to at least one example
	Wins     []Extreme  `json:"wins"`     // examples where the tuned side gains most
	Losses   []Extreme  `json:"losses"`   // examples where it loses most
	// CostPerPoint is the cost of tuning for each percentage point of the gain. It is absent if
	// there is no bill or the verdict is not better.
	CostPerPoint *usd.Amount   `json:"cost_per_point_usd,omitempty"`
	Judge        *JudgeSummary `json:"judge,omitempty"` // absent if nothing was judged
}

// Options are the options of a comparison. The zero value is a good choice.
type Options struct {
	// Primary is the primary metric. If it is "", Compare chooses the one that suits the most
	// frequent kind of right answers.
	Primary Metric
	// Costs holds what tuning has cost, by the names of the sides.
	Costs map[string]TuningCost
}

// TuningCost is what tuning a model has cost. An amount that is not known is nil.
type TuningCost struct {
	Estimated *usd.Amount // expected before the job
	Billed    *usd.Amount
}

// Compare compares each side with the first one, the base. It returns an error only if the
// arguments are invalid.
func Compare(rows []Row, sides []string, o Options) (*Report, error) {
	if len(rows) == 0 {
		return nil, errors.New("compare models: there are no rows")
	}
	if len(sides) < 2 {
		return nil, fmt.Errorf("compare models: two sides are needed, not %d", len(sides))
	}
	for i, name := range sides {
		if slices.Contains(sides[:i], name) {
			return nil, fmt.Errorf("compare models: the side %q occurs twice", name)
		}
	}
	seed := seedOf(rows)
	report := &Report{Schema: Schema, Examples: len(rows), Seed: fmt.Sprintf("%016x", seed), Primary: o.Primary, PrimaryReason: "it was chosen by the caller"}
	switch {
	case o.Primary == "":
		report.Primary, report.PrimaryReason = primaryOf(rows)
	case !o.Primary.isQuality():
		return nil, fmt.Errorf("compare models: %s cannot be the primary metric", strconv.Quote(string(o.Primary)))
	}
	for _, name := range sides {
		report.Sides = append(report.Sides, sideOf(rows, name, o.Costs[name]))
	}
	for _, name := range sides[1:] {
		c := compare(rows, sides[0], name, report.Primary, seed)
		if bill := o.Costs[name].Billed; bill != nil && c.Verdict == VerdictBetter {
			c.CostPerPoint = costOf(*bill, c.primary(report.Primary).Difference)
		}
		report.Comparisons = append(report.Comparisons, c)
	}
	return report, nil
}

func sideOf(rows []Row, name string, cost TuningCost) Side {
	s := Side{Name: name, Estimate: cost.Estimated, Bill: cost.Billed, Wrong: map[string]int{}, Means: map[Metric]float64{}, Applied: map[Metric]int{}}
	for _, row := range rows {
		a, ok := row.Answers[name]
		if !ok {
			s.Unanswered++
			continue
		}
		s.Answered++
		s.PromptTokens += a.PromptTokens
		s.OutputTokens += a.OutputTokens
		if reason := a.WrongReason(); reason != "" {
			s.Wrong[reason]++
		}
		for metric, score := range a.Scores {
			s.Means[metric] += score
			s.Applied[metric]++
		}
	}
	for metric, n := range s.Applied {
		s.Means[metric] /= float64(n)
	}
	return s
}

func compare(rows []Row, base, tuned string, primary Metric, seed uint64) Comparison {
	c := Comparison{Base: base, Tuned: tuned, Judge: summarizeJudgements(rows, tuned)}
	var both []Row
	for _, row := range rows {
		if row.HasAnswers(base, tuned) {
			both = append(both, row)
		}
	}
	c.Examples = len(both)
	for _, l := range labels {
		if a, b := scoresOf(both, base, tuned, l.metric); len(a) > 0 {
			c.Metrics = append(c.Metrics, measure(l.metric, a, b, seed))
		}
	}
	decisive := c.primary(primary)
	c.Verdict, c.Sentence = decisive.Verdict, decisive.sentence(base, tuned)
	c.Wins, c.Losses = extremes(both, base, tuned, primary)
	return c
}

// scoresOf returns the scores of two sides in the rows to which the metric applies.
func scoresOf(rows []Row, base, tuned string, metric Metric) (a, b []float64) {
	for _, row := range rows {
		x, ok := row.Answers[base].Scores[metric]
		y, both := row.Answers[tuned].Scores[metric]
		if ok && both {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b
}

// primary returns the comparison by the primary metric, or an empty one if it applies to no
// example.
func (c Comparison) primary(metric Metric) Measured {
	for _, m := range c.Metrics {
		if m.Metric == metric {
			return m
		}
	}
	return Measured{Metric: metric, Verdict: VerdictNone}
}
