// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
)

const (
	userTurn  = `{"role":"user","parts":[{"text":"Hi"}]}`
	modelTurn = `{"role":"model","parts":[{"text":"Hel"},{"text":"lo!"}]}`
)

func contents(turns ...string) string { return `{"contents":[` + strings.Join(turns, ",") + `]}` }

// example returns the example of a line that can be used.
func example(t *testing.T, line string) evaluation.Example {
	t.Helper()
	e, skip := evaluation.ReadExample([]byte(line))
	if skip != "" {
		t.Fatalf("%s is skipped: %s", line, skip)
	}
	return e
}

func TestReadExample_skips(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, line, want string }{
		{"usable", contents(userTurn, modelTurn), ""},
		{"null_completions", `{"completions":null,` + contents(userTurn, modelTurn)[1:], ""},
		{"not_json", `{"contents":[`, evaluation.SkipNotJSON},
		{"text_no_string", contents(userTurn, `{"role":"model","parts":[{"text":7}]}`), evaluation.SkipNotJSON},
		{"part_no_object", contents(`{"role":"user","parts":["Hi"]}`, modelTurn), evaluation.SkipNotJSON},
		{"preference", `{"completions":[],` + contents(userTurn, modelTurn)[1:], evaluation.SkipPreference},
		{"no_turns", contents(), evaluation.SkipNoAnswer},
		{"ends_with_user", contents(userTurn, modelTurn, userTurn), evaluation.SkipNoAnswer},
		{"no_role", contents(userTurn, `{"parts":[{"text":"Hello"}]}`), evaluation.SkipNoAnswer},
		{"no_question", contents(modelTurn), evaluation.SkipNoQuestion},
		{"question_of_model", contents(userTurn, modelTurn, modelTurn), evaluation.SkipQuestionOfModel},
		{"blank_answer", contents(userTurn, `{"role":"model","parts":[{"text":" \n\u3000"}]}`), evaluation.SkipEmptyAnswer},
		{"only_a_thought", contents(userTurn, `{"role":"model","parts":[{"text":"hm","thought":true}]}`), evaluation.SkipEmptyAnswer},
		{"only_a_file", contents(userTurn, `{"role":"model","parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/o"}}]}`), evaluation.SkipEmptyAnswer},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, got := evaluation.ReadExample([]byte(tc.line)); got != tc.want {
				t.Errorf("the line is skipped because of %q, want %q", got, tc.want)
			}
		})
	}
}

func TestReadExample_right(t *testing.T) {
	t.Parallel()
	if e := example(t, contents(userTurn, modelTurn)); e.Right.Text != "Hello!" || e.Right.Calls != nil {
		t.Errorf("the right answer is %+v", e.Right)
	}
	line := contents(userTurn, `{"role":"model","parts":[{"text":"thinking","thought":true},{"text":"Wait."},{"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"g"}}]}`)
	want := evaluation.Content{Text: "Wait.", Calls: []evaluation.Call{{Name: "f", Args: json.RawMessage(`{"a":1}`)}, {Name: "g"}}}
	got := example(t, line).Right
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("right answer mismatch (-want +got):\n%s", diff)
	}
	if text := got.String(); text != "Wait.\nf({\"a\":1})\ng({})" {
		t.Errorf("the right answer is shown as %q", text)
	}
}

// TestReadExample_key checks that the key is that of the line without white space around it.
func TestReadExample_key(t *testing.T) {
	t.Parallel()
	line := contents(userTurn, modelTurn)
	a, b, c := example(t, line), example(t, " "+line+"\r\n"), example(t, contents(userTurn, userTurn, modelTurn))
	sum := sha256.Sum256([]byte("evaluation\x00" + line))
	if a.Key != hex.EncodeToString(sum[:16]) || a.Key != b.Key || a.Key == c.Key {
		t.Errorf("the keys are %q, %q and %q", a.Key, b.Key, c.Key)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	call := `{"functionCall":{"name":"f","args":{}}`
	tests := []struct {
		name, line string
		options    evaluation.RequestOptions
		want       string
	}{
		{"smallest", contents(userTurn, modelTurn), evaluation.RequestOptions{}, contents(userTurn)},
		{
			"null_members", `{"systemInstruction":null,"tools":null,"toolConfig":null,"safetySettings":null,` + contents(userTurn, modelTurn)[1:],
			evaluation.RequestOptions{}, contents(userTurn),
		},
		{
			"every_member",
			`{"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"googleSearch":{}}],"toolConfig":{"retrievalConfig":{}},"safetySettings":[{}],"labels":{"a":"b"},"model":"m",` +
				`"generationConfig":{"temperature":0.5,"topP":1,"topK":3,"frequencyPenalty":1,"presencePenalty":1,"responseSchema":{"type":"OBJECT"},"responseMimeType":"application/json"},` +
				contents(userTurn, modelTurn)[1:],
			evaluation.RequestOptions{ThinkingLevel: "MINIMAL", MaxOutputTokens: 512},
			`{"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"googleSearch":{}}],"toolConfig":{"retrievalConfig":{}},"safetySettings":[{}],` +
				`"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"},"maxOutputTokens":512},` + contents(userTurn)[1:],
		},
		{
			"thinking_budget", contents(userTurn, modelTurn), evaluation.RequestOptions{ThinkingBudget: new(int64)},
			`{"generationConfig":{"thinkingConfig":{"thinkingBudget":0}},` + contents(userTurn)[1:],
		},
		{
			"limit_alone", contents(userTurn, modelTurn), evaluation.RequestOptions{MaxOutputTokens: 7},
			`{"generationConfig":{"maxOutputTokens":7},` + contents(userTurn)[1:],
		},
		{
			"result_without_role",
			contents(userTurn, `{"role":"model","parts":[{"text":"Wait.","thoughtSignature":"eHg="},`+call+`},`+call+`,"thoughtSignature":"eHg="}]}`,
				`{"parts":[{"functionResponse":{"name":"f","response":{}}}]}`, modelTurn),
			evaluation.RequestOptions{},
			contents(userTurn, `{"role":"model","parts":[{"text":"Wait."},`+call+`,"thoughtSignature":"skip_thought_signature_validator"},`+call+`}]}`,
				`{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}`),
		},
		{
			"call_of_the_user", contents(`{"role":"user","parts":[`+call+`},{"functionCall":null,"text":"t"}]}`, modelTurn), evaluation.RequestOptions{},
			contents(`{"role":"user","parts":[` + call + `},{"functionCall":null,"text":"t"}]}`),
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body, err := example(t, tc.line).Question.Request(tc.options)
			if err != nil {
				t.Fatal(err)
			}
			var want, got any
			if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequest_brokenPiece(t *testing.T) {
	t.Parallel()
	q := evaluation.Question{Tools: json.RawMessage(`[`)}
	if _, err := q.Request(evaluation.RequestOptions{}); err == nil || !strings.Contains(err.Error(), "write the request") {
		t.Errorf("the error is %v", err)
	}
}

// TestReadExample_converted reads what our own converter writes.
func TestReadExample_converted(t *testing.T) {
	t.Parallel()
	const chat = `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},` +
		`{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]}],` +
		`"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]}`
	var out strings.Builder
	if _, err := dataset.Convert(t.Context(), &out, strings.NewReader(chat), dataset.Options{}); err != nil {
		t.Fatal(err)
	}
	e := example(t, out.String())
	want := evaluation.Content{Calls: []evaluation.Call{{Name: "weather", Args: json.RawMessage(`{"city":"Rome"}`)}}}
	if diff := cmp.Diff(want, e.Right); diff != "" {
		t.Errorf("right answer mismatch (-want +got):\n%s", diff)
	}
	if len(e.Question.Contents) != 1 || e.Question.SystemInstruction == nil || e.Question.Tools == nil {
		t.Errorf("the question is %+v", e.Question)
	}
}

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, response string
		want           evaluation.Answer
		wrong          string
	}{
		{
			"text", `{"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"Yes"},{"text":"."}]},"finishReason":"STOP"},{"finishReason":"SAFETY"}],` +
				`"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":30}}`,
			evaluation.Answer{Content: evaluation.Content{Text: "Yes."}, FinishReason: "STOP", PromptTokens: 5, OutputTokens: 32}, "",
		},
		{
			"call", `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}`,
			evaluation.Answer{Content: evaluation.Content{Calls: []evaluation.Call{{Name: "f"}}}}, "",
		},
		{
			"cut", `{"candidates":[{"content":{"parts":[{"text":"Ye"}]},"finishReason":"MAX_TOKENS"}]}`,
			evaluation.Answer{Content: evaluation.Content{Text: "Ye"}, FinishReason: "MAX_TOKENS"}, "MAX_TOKENS",
		},
		{"blocked", `{"candidates":[{"finishReason":"SAFETY"}]}`, evaluation.Answer{FinishReason: "SAFETY"}, "SAFETY"},
		{"empty", `{"candidates":[{"content":{"parts":[{"text":" "}]},"finishReason":"STOP"}]}`, evaluation.Answer{Content: evaluation.Content{Text: " "}, FinishReason: "STOP"}, evaluation.WrongEmpty},
		{"unspecified", `{"candidates":[{"finishReason":"FINISH_REASON_UNSPECIFIED"}]}`, evaluation.Answer{FinishReason: "FINISH_REASON_UNSPECIFIED"}, evaluation.WrongEmpty},
		{"prompt", `{"promptFeedback":{"blockReason":"SAFETY"}}`, evaluation.Answer{FinishReason: "PROMPT_SAFETY"}, "PROMPT_SAFETY"},
		{"nothing", `{}`, evaluation.Answer{FinishReason: evaluation.WrongNoCandidate}, evaluation.WrongNoCandidate},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := evaluation.ReadAnswer([]byte(tc.response))
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v; answer mismatch (-want +got):\n%s", err, diff)
			}
			if reason := got.WrongReason(); reason != tc.wrong {
				t.Errorf("the answer is wrong because of %q, want %q", reason, tc.wrong)
			}
		})
	}
	if _, err := evaluation.ReadAnswer([]byte("<html>")); err == nil {
		t.Error("a response that is not JSON is no error")
	}
}
