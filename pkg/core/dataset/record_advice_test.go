// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// The first error of a record of unknown format says what the record seems to contain and how to
// write it.
func TestAdvice(t *testing.T) {
	t.Parallel()
	const pair, messages = `{"prompt": …, "completion": …}`, `{"messages": [`
	const turns = `[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]`
	for name, tc := range map[string]struct {
		in     string
		advice []string
	}{
		"question_answer": {`{"question": "q", "answer": "a"}`, []string{`"question"`, pair}},
		"capitals":        {`{"Question": "q", "Answer": "a"}`, []string{`"Answer"`, pair}},
		"squad":           {`{"context": "c", "question": "q", "answers": {"text": ["a"]}}`, []string{`"context" before the question`, pair}},
		"history":         {`{"query": "q", "response": "a", "history": [["h", "r"]]}`, []string{pair, `"history"`, messages}},
		"system":          {`{"query": "q", "response": "a", "system": "s"}`, []string{`"role": "system"`, messages}},
		"ai_studio":       {`{"text_input": "q", "output": "a"}`, []string{`"text_input"`, pair}},
		"input_output":    {`{"input": "q", "output": "a"}`, []string{pair}},
		"prompt_response": {`{"prompt": "q", "response": "a"}`, []string{`"completion"`, `"response"`}},
		"no_instruction":  {`{"instruction": "q", "answer": "a"}`, []string{`"output"`, `"answer"`}},
		"text":            {`{"text": "<s>[INST] q [/INST] a</s>"}`, []string{"no question and no answer", pair}},
		"train":           {`{"train": [` + good + `]}`, []string{`"train"`, "give that array alone", `{"data": […]}`}},
		"inside":          {`{"version": 1, "data": {"examples": [{"x": 1, "y": 2}]}}`, []string{`"examples" of "data"`}},
		"rows":            {`{"features": [], "rows": [{"row_idx": 0, "row": {"q": 1}}]}`, []string{`"rows"`, `"row" as a record`}},
		"turns":           {`{"dialog": ` + turns + `}`, []string{`"dialog"`, `rename it: {"messages": [ its turns ]}`}},
		"batch":           {`{"custom_id": "1", "body": {"messages": ` + turns + `}}`, []string{`"messages" of "body"`, "a record of its own"}},
		"utterances":      {`{"utterances": [{"speaker": "A", "utterance": "q"}]}`, []string{"turns of a conversation", messages}},
		"summary":         {`{"document": "d", "summary": "s"}`, []string{`"summary" its answer`, pair}},
		"speakers":        {`{"turns": [{"speaker": "A", "text": "q"}]}`, []string{`"turns"`, messages}},
		"ultrachat":       {`{"id": "0", "data": ["q", "a", "q2", "a2"]}`, []string{`"data"`, messages}},
		"pairs":           {`{"dialogue": [["q", "a"], ["q", "a"]]}`, []string{`"dialogue"`, messages}},
		"one_array":       {turns, []string{"turns of one conversation", `{"messages": [`}},
		"arrays":          {turns + "\n" + turns, []string{"turns of one conversation", `{"messages": [`}},
		"array_in_array":  {"[" + turns + "," + turns + "]", []string{"not an array", "messages"}},
		"sharegpt_array":  {`[{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]`, []string{`{"conversations": [`}},
		"gemini_array":    {"[" + turn1 + "," + turn2 + "]", []string{`{"contents": [`}},
		"array_of_texts":  {good + "\n[\"q\", \"a\"]\n", []string{"not an array", messages}},
		"parts":           {`{"prompt": [{"type": "text", "text": "q"}], "completion": "a"}`, []string{"parts", `{"messages": [`}},
		"nothing_known":   {`{"foo": 1}`, []string{pair, messages, `{"contents": […]}`}},
		"curly_quotes":    {`{“prompt”: “q”, “completion”: “a”}`, []string{"“", `write "`}},
		"guillemets":      {`{"prompt": «q»}`, []string{"«", `write "`}},
		"single_quotes":   {`{"prompt": 'q'}`, []string{"'", `write "`}},
		"true":            {`{"prompt": "q", "x": True}`, []string{"True", "true"}},
		"hash_comment":    {"{\"prompt\": \"q\", # the question\n}", []string{"comments", "take comments out"}},
		"comment_behind":  {"{\"prompt\": \"q\" // the question\n}", []string{"comments"}},
		"no_quotes":       {`{prompt: "q"}`, []string{"double quotes", "'p'"}},
		"no_break_space":  {"{\"prompt\":\u00a0\"q\"}", []string{`\u00a0`, "space"}},
		"trailing_comma":  {`{"prompt": "q", "completion": "a",}`, []string{"comma", "remove the comma"}},
		"nan":             {`{"prompt": "q", "completion": NaN}`, []string{"NaN", "null"}},
		"call_in_a_text":  {`{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "f(1)"}, {"from": "tool", "value": "7"}, {"from": "gpt", "value": "7"}]}`, []string{`{"from": "function_call", "value"`}},
		"no_call_before":  {`{"messages": [{"role": "user", "content": "q"}, {"role": "tool", "content": "7"}, {"role": "assistant", "content": "7"}]}`, []string{`"tool_calls" of the assistant`}},
		"nothing_left":    {`{"messages": [{"role": "user", "content": "q"}]}`, []string{"nothing is left to learn", "answer"}},
	} {
		_, report := convert(t, strings.NewReader(tc.in), dataset.Options{})
		if report.Errors == 0 {
			t.Errorf("%s: no error", name)
			continue
		}
		f := report.Faults[0]
		for _, says := range tc.advice {
			if !strings.Contains(f.Message+"; "+f.Fix, says) {
				t.Errorf("%s: %s; fix: %s; want it to say %s", name, f.Message, f.Fix, says)
			}
		}
	}
}

// An array whose elements look like turns is one conversation, unless an element shows that they
// are records.
func TestArrays_of_turns(t *testing.T) {
	t.Parallel()
	const user, model = `{"role":"user","content":"q"}`, `{"role":"assistant","content":"a"}`
	for in, want := range map[string]string{
		"[" + user + "," + model + "]": "error NOT_RECORDS ",
		`[{"role":"user","content":"q","related_message":` + model + `},{"role":"assistant","content":"a","related_message":` + user + `}]`: "",
		`[{"role":"user","content":"q","session_id":"1"},{"role":"assistant","content":"a","session_id":"1"}]`:                              "warning NO_RELATED_MESSAGE ",
		"[" + user + "," + user + "]":                             "warning NO_RELATED_MESSAGE ",
		"[" + user + `,{"from":"gpt","value":"a"}]`:               "error MISSING_FIELD ",
		`[{"speaker":"A","text":"q"},{"speaker":"B","text":"a"}]`: "error UNKNOWN_FORMAT ",
		"[" + user:                     "error UNEXPECTED_END ",
		"[" + user + " " + model + "]": "error SYNTAX ",
	} {
		_, report := convert(t, strings.NewReader(in), dataset.Options{})
		got := ""
		if all := faultsOf(report); len(all) > 0 {
			got = all[0]
		}
		if got != want {
			t.Errorf("%s: the first fault is %q, want %q", in, got, want)
		}
	}
}

// Each problem of a record is reported only once.
func TestAdvice_is_given_once(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`{"prompt": [{"type": "text", "text": "q"}], "completion": "a"}`, `{"question": "q", "answer": "a"}`,
		`{"id": "0", "data": ["q", "a"]}`, `[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]`,
	} {
		if _, report := convert(t, strings.NewReader(in), dataset.Options{}); len(report.Faults) != 1 {
			t.Errorf("%s: %+v, want one fault", in, report.Faults)
		}
	}
}
