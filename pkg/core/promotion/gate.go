// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotion

import (
	"fmt"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Gate is a condition of a promotion: the tuned model must gain at least MinGain percentage points
// of the metric. Without a metric, it is the primary one of the evaluation.
type Gate struct {
	Metric  string  `json:"metric,omitempty" firestore:"metric,omitempty"`
	MinGain float64 `json:"min_gain" firestore:"min_gain"`
}

// Gain is what an evaluation has measured of a version, in percentage points, and the gate with
// which it was compared. Its JSON is part of the API.
type Gain struct {
	Evaluation string  `json:"evaluation" firestore:"evaluation"` // its ID
	Metric     string  `json:"metric" firestore:"metric"`
	Gain       float64 `json:"gain_points" firestore:"gain_points"`
	Low        float64 `json:"gain_low" firestore:"gain_low"` // of the 95 % interval
	High       float64 `json:"gain_high" firestore:"gain_high"`
	Examples   int64   `json:"examples" firestore:"examples"`
	Verdict    string  `json:"verdict" firestore:"verdict"`
	Against    string  `json:"compared_with" firestore:"compared_with"` // the name of a side
	MinGain    float64 `json:"min_gain" firestore:"min_gain"`
}

// rounding is larger than the rounding errors of a gain.
const rounding = 1e-9

// Measure returns the gain of one side of an evaluation. It reports whether the metric applies to
// any example.
func (g Gate) Measure(report evaluation.Report, side string) (Gain, bool) {
	metric := report.Primary
	if g.Metric != "" {
		metric = evaluation.Metric(g.Metric)
	}
	for _, c := range report.Comparisons {
		if c.Tuned != side {
			continue
		}
		for _, m := range c.Metrics {
			if m.Metric == metric && m.Examples > 0 {
				return Gain{
					Metric: string(metric), Gain: 100 * m.Difference, Low: 100 * m.Low, High: 100 * m.High,
					Examples: int64(m.Examples), Verdict: string(m.Verdict), Against: c.Base, MinGain: g.MinGain,
				}, true
			}
		}
	}
	return Gain{Metric: string(metric), MinGain: g.MinGain}, false
}

// Check returns an error with the figures if the gain is smaller than the gate wants.
func (g Gain) Check() error {
	if g.Gain >= g.MinGain-rounding {
		return nil
	}
	e := fault.New(fault.FailedPrecondition,
		"The gate is not met: %s gains %s points over %s (95 %% interval %s to %s, %d examples), and at least %s are required.",
		g.Metric, points(g.Gain), g.Against, points(g.Low), points(g.High), g.Examples, points(g.MinGain))
	e.Reason = "GATE_NOT_MET"
	e.Metadata = map[string]string{
		"evaluation": g.Evaluation, "metric": g.Metric, "gain_points": points(g.Gain), "gain_low": points(g.Low), "gain_high": points(g.High),
		"min_gain": points(g.MinGain), "examples": strconv.FormatInt(g.Examples, 10), "verdict": g.Verdict, "compared_with": g.Against,
	}
	e.Violations = []fault.Violation{{Field: "require.min_gain", Reason: e.Reason, Description: e.Message}}
	return e
}

// Warning returns a sentence if chance may explain the gain, or "".
func (g Gain) Warning() string {
	if g.Verdict != string(evaluation.VerdictNone) {
		return ""
	}
	return fmt.Sprintf("The gain of %s points is not certain: these examples show no difference (95 %% interval %s to %s).",
		points(g.Gain), points(g.Low), points(g.High))
}

// points returns a number of percentage points. Two gains that are shown as equal may differ, so it
// has more digits than a report.
func points(p float64) string {
	text := strconv.FormatFloat(p, 'f', 2, 64)
	if text == "-0.00" {
		return "0.00"
	}
	return text
}

func noPrevious(format string, args ...any) error {
	e := fault.New(fault.FailedPrecondition, format, args...)
	e.Reason = "NO_PREVIOUS_VERSION"
	return e
}

func notActive(leave, active int64) error {
	e := fault.New(fault.Conflict, "Version %d is not the active one, which is version %d. Name the version to leave, or leave the field out.", leave, active)
	e.Reason = "VERSION_NOT_ACTIVE"
	e.Violations = []fault.Violation{{Field: "version", Reason: e.Reason, Description: e.Message}}
	return e
}
