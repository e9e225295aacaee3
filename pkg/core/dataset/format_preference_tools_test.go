// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestPreference_with_functions checks that tools, calls and results are converted as in other
// formats.
func TestPreference_with_functions(t *testing.T) {
	t.Parallel()
	const (
		call   = `{"functionCall":{"name":"f","args":{}}}`
		tools  = `"tools":[{"functionDeclarations":[{"name":"f"}]}],`
		share  = `{"from":"function_call","value":"{\"name\":\"f\"}"}`
		openAI = `{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}}]}`
		inside = `,"system":["S"],"tools":[{"name":"f"}]}`
	)
	calledOrNot := func(more string) string {
		return `{"contents":[` + text("user", "q") + `],` + more + `"completions":[{"score":1,"completion":{"role":"model","parts":[` + call +
			`]}},{"score":0,"completion":` + text("model", "y") + `}]}`
	}
	withTools := strings.Replace(compared(instructionOfS, text("user", "q")), `"completions"`, tools+`"completions"`, 1)
	history := compared("", text("user", "q"), `{"role":"model","parts":[`+call+`]}`, `{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"r"}}}]}`)
	for in, want := range map[string]outcome{
		`{"tools":"[{\"name\":\"f\"}]","prompt":"q","chosen":` + openAI + `,"rejected":"y"}`:                                                 {Lines: calledOrNot(tools)},
		`{"conversations":[{"from":"Human","value":"q"}],"chosen":` + share + `,"rejected":{"from":"GPT","value":"y"}}`:                      {Lines: calledOrNot("")},
		`{"conversations":[{"from":"human","value":"q"},` + share + `,{"from":"observation","value":"r"}],` + xAndY + `}`:                    {Lines: history},
		`{"prompt":[` + usr + `,` + openAI + `,{"role":"tool","tool_call_id":"1","content":"r"}],` + xAndY + `}`:                             {Lines: history},
		`{"system_instruction":{"parts":[{"text":"S"}]},"functions":[{"name":"f"}],"prompt":"q",` + xAndY + `}`:                              {Lines: withTools},
		`{"input":{"messages":[` + usr + `]` + inside + `,"preferred_output":[` + better + `],"non_preferred_output":[` + worse + `]}`:       {Lines: withTools},
		`{"chosen":{"messages":[` + usr + `,` + better + `]` + inside + `,"rejected":{"messages":[` + usr + `,` + worse + `]` + inside + `}`: {Lines: withTools},
		`{"chosen":{"messages":[` + usr + `,` + better + `]` + inside + `,"rejected":{"messages":[` + usr + `,` + worse + `],"system":"T"}}`: {Faults: []string{"error CONTRADICTION /rejected"}},
		`{"tools":[{"name":"g"}],"prompt":"q","chosen":` + openAI + `,"rejected":"y"}`:                                                       {Faults: []string{"error UNDECLARED_FUNCTION /chosen/tool_calls/0/function/name"}},
		`{"prompt":"q","system":5,` + xAndY + `}`: {Faults: []string{"error WRONG_TYPE /system"}},
		`{"prompt":[` + usr + `,{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}},{"id":"2","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"1","content":"r"}],` + xAndY + `}`: {
			Lines: strings.Replace(history, call, call+`,`+call, 1), Faults: []string{"warning CALL_WITHOUT_RESULT /prompt/1/tool_calls/1"},
		},
	} {
		if diff := cmp.Diff(want, outcomeOf(t, in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

func TestIsPreference(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		`{"contents":[],"completions":[]}`: true, `{"preferred_output":[]}`: true, `{"prompt":"q","chosen":"x"}`: true,
		`{"contents":[]}`: false, `{"messages":[]}`: false, `{"prompt":"q"}`: false,
	} {
		_, report := convert(t, strings.NewReader(in), dataset.Options{})
		if got := dataset.IsPreference(report.Format); got != want {
			t.Errorf("%s has the format %s, which is one of preferences: %t", in, report.Format, got)
		}
	}
}
