// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package evaluation answers the question whether tuning helped. A base model and tuned models
// answer the same questions, and the package compares their answers with the right ones.
//
// It is pure: it calls no model and reads no store. A caller uses it in four steps:
//
//  1. [Select] takes examples out of a converted dataset.
//  2. [Question.Request] is the body of a request for each of them, and [ReadAnswer] reads the
//     response.
//  3. [NewRow] and [Row.Answered] make a row of each example and its answers. [WriteRows] and
//     [ReadRows] keep rows in a file, so that the work can be interrupted.
//  4. [Compare] makes a [Report] of all rows.
//
// A judge model is optional: see [JudgePrompt]. README.md defines every metric and the rule of the
// verdict. testdata/reference.py is a second implementation, and a test compares the two.
package evaluation

import "slices"

// Metric is the name of a metric in reports.
type Metric string

// The metrics. Each compares one answer with the right answer. Each is between 0 and 1, except the
// length ratio, which has no upper end.
const (
	MetricExactMatch      Metric = "exact_match"      // the text is the same, byte for byte
	MetricNormalizedMatch Metric = "normalized_match" // the same but for case, white space and the like
	MetricRougeL          Metric = "rouge_l"          // F1 of the longest common subsequence of tokens
	MetricChrF            Metric = "chrf"             // F2 of character n-grams
	MetricJSONValid       Metric = "json_valid"       // the answer is a JSON object
	MetricJSONKeys        Metric = "json_keys"        // F1 of the paths of members
	MetricJSONValues      Metric = "json_values"      // F1 of the values and their paths
	MetricCallNames       Metric = "call_names"       // F1 of the names of the called functions
	MetricCallArguments   Metric = "call_arguments"   // F1 of the calls, weighted by their arguments
	MetricLengthRatio     Metric = "length_ratio"     // characters of the answer for one of the right one
)

// labels has the metrics in the order of reports, with their names for people.
var labels = []label{
	{MetricExactMatch, "exact match"},
	{MetricNormalizedMatch, "normalised match"},
	{MetricRougeL, "ROUGE-L"},
	{MetricChrF, "chrF"},
	{MetricJSONValid, "valid JSON"},
	{MetricJSONKeys, "JSON keys"},
	{MetricJSONValues, "JSON values"},
	{MetricCallNames, "function names"},
	{MetricCallArguments, "function arguments"},
	{MetricLengthRatio, "length ratio"},
}

type label struct {
	metric Metric
	text   string
}

// label returns the name of the metric for people.
func (m Metric) label() string {
	for _, l := range labels {
		if l.metric == m {
			return l.text
		}
	}
	return string(m)
}

// isQuality reports whether the metric is known, and more of it is better, so that it can be the
// primary metric.
func (m Metric) isQuality() bool {
	isKnown := slices.ContainsFunc(labels, func(l label) bool { return l.metric == m })
	return isKnown && m != MetricLengthRatio
}

// QualityMetrics returns the names of the metrics that can be the primary one.
func QualityMetrics() (names []string) {
	for _, l := range labels {
		if l.metric.isQuality() {
			names = append(names, string(l.metric))
		}
	}
	return names
}
