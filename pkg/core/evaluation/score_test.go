// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
)

func text(s string) evaluation.Content { return evaluation.Content{Text: s} }

func score(right, answer string) evaluation.Scores {
	return evaluation.Score(text(right), evaluation.Answer{Content: text(answer)})
}

// TestScore_text has values that were computed by hand.
func TestScore_text(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, right, answer string
		metric              evaluation.Metric
		want                float64
	}{
		{"same", "Paris", "Paris", evaluation.MetricExactMatch, 1},
		{"other_case", "Paris", "paris", evaluation.MetricExactMatch, 0},
		{"space", "Paris", "Paris ", evaluation.MetricExactMatch, 0},
		{"normalized", "The  answer\tis Paris.", "«the answer is PARIS!»\n", evaluation.MetricNormalizedMatch, 1},
		{"normalized_width", "Ｆｕｌｌ １２", "full 12", evaluation.MetricNormalizedMatch, 1},
		{"normalized_accents", "cafe\u0301", "CAFÉ", evaluation.MetricNormalizedMatch, 1},
		{"normalized_sigma", "ΟΔΟΣ", "οδος", evaluation.MetricNormalizedMatch, 1},
		{"normalized_markdown", "yes", "**Yes**", evaluation.MetricNormalizedMatch, 1},
		{"normalized_spanish", "¿Sí?", "sí", evaluation.MetricNormalizedMatch, 1},
		{"normalized_opening_mark_at_the_end", "si", "si¿", evaluation.MetricNormalizedMatch, 0},
		{"normalized_japanese", "「はい。」", "はい", evaluation.MetricNormalizedMatch, 1},
		{"normalized_sign", "-5", "5", evaluation.MetricNormalizedMatch, 0},
		{"normalized_percent", "50%", "50", evaluation.MetricNormalizedMatch, 0},
		{"normalized_period_at_the_start", ".5", "5", evaluation.MetricNormalizedMatch, 0},
		{"normalized_signs_alone", "?", "!", evaluation.MetricNormalizedMatch, 0},
		{"normalized_same_signs", " ? ", "?", evaluation.MetricNormalizedMatch, 1},
		{"normalized_inside", "a.b", "ab", evaluation.MetricNormalizedMatch, 0},
		// 4 tokens of 5 and 6 in common: 2·4/11.
		{"rouge", "the cat sat on mats", "The CAT, on the big mats.", evaluation.MetricRougeL, 2.0 * 4 / 11},
		{"rouge_order", "a b c", "c b a", evaluation.MetricRougeL, 1.0 / 3},
		{"rouge_chinese", "我爱北京", "我在北京", evaluation.MetricRougeL, 3.0 / 4},
		{"rouge_katakana", "コーヒー", "コーラ", evaluation.MetricRougeL, 2.0 * 2 / 7},
		{"rouge_thai", "กขค", "กค", evaluation.MetricRougeL, 2.0 * 2 / 5},
		{"rouge_korean", "나는 학교에", "나는 집에", evaluation.MetricRougeL, 1.0 / 2},
		{"rouge_mixed", "iPhone在北京", "iphone 在上海", evaluation.MetricRougeL, 2.0 * 2 / 8},
		{"rouge_emoji", "👍👍 ok", "👍 ok", evaluation.MetricRougeL, 2.0 * 2 / 5},
		{"rouge_marks", "नमस्ते दुनिया", "नमस्ते", evaluation.MetricRougeL, 2.0 / 3},
		{"rouge_nothing_in_answer", "a", "...", evaluation.MetricRougeL, 0},
		// From the card of chrF in huggingface/datasets, which calls sacreBLEU.
		{
			"chrf_sacrebleu", "The ties between Obama and Netanyahu are not particularly friendly.",
			"The relationship between Obama and Netanyahu is not exactly friendly.", evaluation.MetricChrF, 0.61576379378113785,
		},
		// From sacreBLEU's own test of the effective order: (1/2 + 0)/2.
		{"chrf_effective_order", "ab", "aa", evaluation.MetricChrF, 0.25},
		{"chrf_white_space", "abc", "a b\u3000c\x1c", evaluation.MetricChrF, 1},
		{"chrf_case", "a", "A", evaluation.MetricChrF, 0},
		// Orders 1 and 2: precision (1 + 1)/2, recall (2/3 + 1/2)/2 = 7/12, so 5·7/12/(4 + 7/12).
		{"chrf_recall", "abc", "ab", evaluation.MetricChrF, 5.0 * 7 / 12 / (4 + 7.0/12)},
		{"chrf_precision", "ab", "abc", evaluation.MetricChrF, 5.0 * 7 / 12 / (4*7.0/12 + 1)},
		// Orders 1 to 4 of seven characters, and none of the fifth: 3 of 7, 2 of 6, 1 of 5, 0 of 4,
		// …
		{"chrf_six_orders", "abcxyzw", "abcdefg", evaluation.MetricChrF, (3.0/7 + 2.0/6 + 1.0/5) / 6},
		{"chrf_counts", "aab", "aaa", evaluation.MetricChrF, (2.0/3 + 1.0/2 + 0) / 3},
		{"length", "ab", "añ日", evaluation.MetricLengthRatio, 1.5},
		{"json_valid", `{"a":1}`, ` {"b":2} `, evaluation.MetricJSONValid, 1},
		{"json_array", `{"a":1}`, `[{"a":1}]`, evaluation.MetricJSONValid, 0},
		{"json_null", `{"a":1}`, `null`, evaluation.MetricJSONValid, 0},
		{"json_more", `{"a":1}`, `{"a":1} {"a":1}`, evaluation.MetricJSONValid, 0},
		{"json_words_before", `{"a":1}`, `Sure: {"a":1}`, evaluation.MetricJSONValues, 0},
		{"json_fence_of_answer", `{"a":1}`, "```json\n{\"a\":1}\n```", evaluation.MetricJSONValid, 0},
		{"json_fence_of_answer_values", `{"a":1}`, "```json\n{\"a\":1}\n```", evaluation.MetricJSONValues, 1},
		{"json_fence_of_both", "```json\n{\"a\":1}\n```", "```\n{\"a\":1}\n```\n", evaluation.MetricJSONValid, 1},
		{"json_fence_of_right", "```json\n{\"a\":1}\n```", `{"a":1}`, evaluation.MetricJSONValid, 1},
		{"json_fence_unclosed", `{"a":1}`, "```json\n{\"a\":1}", evaluation.MetricJSONKeys, 0},
		{"json_fence_without_line", `{"a":1}`, "```{\"a\":1}```", evaluation.MetricJSONKeys, 0},
		// Keys a, b, b.c, d and a, b, b.x: two in common.
		{"json_keys", `{"a":1,"b":{"c":2},"d":3}`, `{"a":9,"b":{"x":2}}`, evaluation.MetricJSONKeys, 2.0 * 2 / 7},
		{"json_keys_of_elements", `{"a":[{"b":1},{"b":2}]}`, `{"a":[{"b":3,"c":1}]}`, evaluation.MetricJSONKeys, 2.0 * 2 / 5},
		{"json_keys_none", `{}`, `{}`, evaluation.MetricJSONKeys, 1},
		{"json_keys_too_many", `{}`, `{"a":1}`, evaluation.MetricJSONKeys, 0},
		{"json_key_with_dot", `{"a.b":1}`, `{"a":{"b":1}}`, evaluation.MetricJSONKeys, 0},
		// Leaves: 1.0, "x", true and null against 1, "y", true.
		{"json_values", `{"a":1.0,"b":"x","c":true,"d":null}`, `{"c":true,"b":"y","a":1}`, evaluation.MetricJSONValues, 2.0 * 2 / 7},
		{"json_values_types", `{"a":"1","b":null,"c":"true","d":{},"e":[]}`, `{"a":1,"b":false,"c":true,"d":[],"e":{}}`, evaluation.MetricJSONValues, 0},
		{"json_values_numbers", `{"a":0,"b":100,"c":1e999}`, `{"a":-0.0,"b":1E2,"c":1e999}`, evaluation.MetricJSONValues, 1},
		{"json_values_large_numbers", `{"c":1e999}`, `{"c":1e998}`, evaluation.MetricJSONValues, 0},
		{"json_values_order", `{"a":[1,2,3]}`, `{"a":[1,3,2]}`, evaluation.MetricJSONValues, 1.0 / 3},
		{"json_values_empty", `{}`, `{}`, evaluation.MetricJSONValues, 1},
		{"json_values_not_empty", `{}`, `{"a":1}`, evaluation.MetricJSONValues, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, ok := score(tc.right, tc.answer)[tc.metric]
			if !ok || math.Abs(got-tc.want) > 1e-12 {
				t.Errorf("%s is %v (%t), want %v", tc.metric, got, ok, tc.want)
			}
		})
	}
}

func call(name, args string) evaluation.Call {
	return evaluation.Call{Name: name, Args: json.RawMessage(args)}
}

func TestScore_calls(t *testing.T) {
	t.Parallel()
	type calls = []evaluation.Call
	tests := []struct {
		name             string
		right, answer    calls
		names, arguments float64
	}{
		{"same", calls{call("f", `{"a":1}`)}, calls{call("f", ` {"a": 1.0}`)}, 1, 1},
		{"other_name", calls{call("f", `{"a":1}`)}, calls{call("g", `{"a":1}`)}, 0, 0},
		{"other_value", calls{call("f", `{"a":1,"b":2}`)}, calls{call("f", `{"a":1,"b":3}`)}, 1, 0.5},
		{"other_order", calls{call("f", `{"a":1}`), call("f", `{"a":2}`)}, calls{call("f", `{"a":2}`), call("f", `{"a":1}`)}, 1, 1},
		{"missing", calls{call("f", `{}`), call("g", `{}`)}, calls{call("g", ``)}, 2.0 / 3, 2.0 / 3},
		{"too_many", calls{call("f", ``)}, calls{call("f", `null`), call("f", `{}`)}, 2.0 / 3, 2.0 / 3},
		{"none", calls{call("f", ``)}, nil, 0, 0},
		{"no_arguments", calls{call("f", `{}`)}, calls{call("f", `{"a":1}`)}, 1, 0},
		{"arguments_no_object", calls{call("f", `[1]`)}, calls{call("f", `[2]`)}, 1, 0},
		{"arguments_no_object_same", calls{call("f", `[1]`)}, calls{call("f", `[1]`)}, 1, 1},
		// The best pair is taken first: (second, first) agrees in both values.
		{
			"best_pair", calls{call("f", `{"a":1,"b":1}`), call("f", `{"a":1,"b":2}`)},
			calls{call("f", `{"a":1,"b":2}`), call("f", `{"a":3,"b":3}`)}, 1, 2.0 * 1 / 4,
		},
		{"nested", calls{call("f", `{"a":{"b":[1,2]}}`)}, calls{call("f", `{"a":{"b":[1,3]}}`)}, 1, 0.5},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			right := evaluation.Content{Text: "ignored", Calls: tc.right}
			got := evaluation.Score(right, evaluation.Answer{Content: evaluation.Content{Text: "other", Calls: tc.answer}})
			want := evaluation.Scores{evaluation.MetricCallNames: tc.names, evaluation.MetricCallArguments: tc.arguments}
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("scores mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestScore_manyCalls checks that only the first 128 calls are compared.
func TestScore_manyCalls(t *testing.T) {
	t.Parallel()
	var right, answer evaluation.Content
	for i := range 200 {
		name := "f"
		if i >= 128 {
			name = "g"
		}
		right.Calls, answer.Calls = append(right.Calls, call("f", "")), append(answer.Calls, call(name, ""))
	}
	got := evaluation.Score(right, evaluation.Answer{Content: answer})
	if got[evaluation.MetricCallNames] != 1 || got[evaluation.MetricCallArguments] != 1 {
		t.Errorf("the scores are %v", got)
	}
}

// TestScore_wrong checks answers that are wrong whatever they say, and which metrics are absent.
func TestScore_wrong(t *testing.T) {
	t.Parallel()
	const m, n = evaluation.MetricExactMatch, evaluation.MetricNormalizedMatch
	zero := evaluation.Scores{m: 0, n: 0, evaluation.MetricRougeL: 0, evaluation.MetricChrF: 0, evaluation.MetricLengthRatio: 1}
	cut := evaluation.Answer{Content: text("Yes"), FinishReason: "MAX_TOKENS"}
	if diff := cmp.Diff(zero, evaluation.Score(text("Yes"), cut)); diff != "" {
		t.Errorf("an answer that is cut (-want +got):\n%s", diff)
	}
	calling := evaluation.Answer{Content: evaluation.Content{Text: "Yes", Calls: []evaluation.Call{{Name: "f"}}}}
	if diff := cmp.Diff(zero, evaluation.Score(text("Yes"), calling)); diff != "" {
		t.Errorf("a call where a text is right (-want +got):\n%s", diff)
	}
	calling.FinishReason = "MALFORMED_FUNCTION_CALL"
	want := evaluation.Scores{evaluation.MetricCallNames: 0, evaluation.MetricCallArguments: 0}
	if diff := cmp.Diff(want, evaluation.Score(calling.Content, calling)); diff != "" {
		t.Errorf("a call that is malformed (-want +got):\n%s", diff)
	}
	zero[evaluation.MetricLengthRatio] = 0
	if diff := cmp.Diff(zero, score("Yes", "")); diff != "" {
		t.Errorf("no answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(evaluation.Scores{m: 1, n: 1, evaluation.MetricChrF: 1, evaluation.MetricLengthRatio: 1}, score("...", "...")); diff != "" {
		t.Errorf("an answer without tokens (-want +got):\n%s", diff)
	}
}

var awkward = []string{
	"", " ", "\x00", "\x00\x00a", "\xff", "a\xffb\xc3", "\u202e\u202e", "{", "{}", `{"":""}`, `{"a":[[],{}]}`, "```\n```", "```\n{}\n```", "👩‍👩‍👧", "e\u0301\u0301\u0301",
	"ﷺ", "İıſς", "日本語。", "\ufeff{}", `{"a":1,"a":2}`, `{"\ud800":1}`, "\n\n", strings.Repeat("[", 900), `{"a":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + "}",
}

// TestScore_properties checks what holds for all texts.
func TestScore_properties(t *testing.T) {
	t.Parallel()
	for _, right := range awkward {
		if strings.TrimSpace(right) == "" {
			continue // a right answer is not empty
		}
		for metric, value := range score(right, right) {
			if value != 1 {
				t.Errorf("%q: %s with itself is %v", right[:min(len(right), 30)], metric, value)
			}
		}
		for _, answer := range awkward {
			a, b := score(right, answer), score(answer, right)
			for metric, value := range a {
				if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 || metric != evaluation.MetricLengthRatio && value > 1 {
					t.Errorf("%q, %q: %s is %v", right, answer, metric, value)
				}
				other, ok := b[metric]
				isSymmetric := metric != evaluation.MetricLengthRatio && metric != evaluation.MetricChrF && metric != evaluation.MetricJSONValid
				if ok && isSymmetric && strings.TrimSpace(answer) != "" && math.Abs(other-value) > 1e-12 {
					t.Errorf("%q, %q: %s is %v, and %v the other way round", right, answer, metric, value, other)
				}
			}
		}
	}
}

// TestScore_large checks that texts of a megabyte take at most a few seconds, and that the first
// tokens and characters decide.
func TestScore_large(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("lorem ipsum ", 1<<20/12)
	letters := strings.Repeat("日月", 1<<20/6)
	var object strings.Builder
	object.WriteString(`{"a":[0`)
	for object.Len() < 1<<20 {
		object.WriteString(",1")
	}
	object.WriteString("]}")
	for _, large := range []string{words, letters, object.String()} {
		for metric, value := range score(large, large+" x") {
			if metric == evaluation.MetricRougeL && value != 1 || metric == evaluation.MetricChrF && value != 1 {
				t.Errorf("%s is %v", metric, value)
			}
		}
	}
	deep := `{"a":` + strings.Repeat("[", 9998) + strings.Repeat("]", 9998) + "}"
	if got := score(deep, deep)[evaluation.MetricJSONValues]; got != 1 {
		t.Errorf("a deep object has the score %v", got)
	}
	short, long := strings.Repeat("a ", 4095), strings.Repeat("a ", 4096)
	if got := score(short+"b c e g", short+"b d f h")[evaluation.MetricRougeL]; got != 1 {
		t.Errorf("a difference after 4,096 tokens counts: %v", got)
	}
	if got := score(short+"b", long)[evaluation.MetricRougeL]; got != 4095.0/4096 {
		t.Errorf("a difference within 4,096 tokens gives %v", got)
	}
	if got := score(strings.Repeat("ab", 1<<15)+"c", strings.Repeat("ab", 1<<15)+"d")[evaluation.MetricChrF]; got != 1 {
		t.Errorf("a difference after 65,536 characters counts: %v", got)
	}
	if got := score(strings.Repeat("ab", 1<<15), strings.Repeat("ab", 1<<15-1)+"ac")[evaluation.MetricChrF]; got == 1 {
		t.Error("a difference within 65,536 characters does not count")
	}
}
