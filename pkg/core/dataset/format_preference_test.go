// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// outcome is the result for a file: its lines and the places of its faults.
type outcome struct {
	Lines  string
	Faults []string
}

// outcomeOf converts a file. It ignores the lines of a file with errors. It also ignores the fault
// NO_EXAMPLES, because the warning about the last record says the same.
func outcomeOf(t *testing.T, in string) outcome {
	t.Helper()
	text, report := convert(t, strings.NewReader(in), dataset.Options{})
	var got outcome
	if report.Errors == 0 {
		got.Lines = strings.TrimSuffix(text, "\n")
	}
	got.Faults = faultsOf(report)
	return got
}

func text(role, s string) string {
	return `{"role":"` + role + `","parts":[{"text":"` + s + `"}]}`
}

// compared returns the example of a conversation with the answers x and y.
func compared(system string, turns ...string) string {
	return `{` + system + `"contents":[` + strings.Join(turns, ",") +
		`],"completions":[{"score":1,"completion":` + text("model", "x") + `},{"score":0,"completion":` + text("model", "y") + `}]}`
}

// Parts of the records in the tests: messages, and the end of a list of messages.
const (
	sys, usr, asst  = `{"role":"system","content":"S"}`, `{"role":"user","content":"q"}`, `{"role":"assistant","content":"a"}`
	secondQuestion  = `{"role":"user","content":"q2"}`
	better, worse   = `{"role":"assistant","content":"x"}`, `{"role":"assistant","content":"y"}`
	xAndY           = `"chosen":"x","rejected":"y"`
	instructionOfS  = `"systemInstruction":{"parts":[{"text":"S"}]},`
	wholeChosen     = `"chosen":[` + usr + `,` + asst + `,` + secondQuestion + `,` + better + `]`
	wholeRejected   = `"rejected":[` + usr + `,` + asst + `,` + secondQuestion + `,` + worse + `]`
	systemInAnswers = `"chosen":[` + sys + `,` + usr + `,` + better + `],"rejected":[` + sys + `,` + usr + `,` + worse + `]`
)

// TestPreference_keeps_the_conversation checks every place where a record may have the
// conversation.
func TestPreference_keeps_the_conversation(t *testing.T) {
	t.Parallel()
	one := compared("", text("user", "q"))
	oneWithSystem := compared(instructionOfS, text("user", "q"))
	three := compared("", text("user", "q"), text("model", "a"), text("user", "q2"))
	for in, want := range map[string]string{
		`{"prompt":"q",` + xAndY + `}`:                                                                                  one,
		`{"question":"q","system":"S",` + xAndY + `}`:                                                                   oneWithSystem,
		`{"input":"q","system_prompt":"S",` + xAndY + `}`:                                                               oneWithSystem,
		`{"instruction":"q","chosen_response":"x","rejected_response":"y"}`:                                             one,
		`{"instruction":"q2","history":[["q","a"]],` + xAndY + `}`:                                                      three,
		`{"input":"q2","history":[["q","x"]],"chosen":"x","rejected":"y"}`:                                              compared("", text("user", "q"), text("model", "x"), text("user", "q2")),
		`{"query":"q","response":"x","rejected_response":"y"}`:                                                          one,
		`{"prompt":"q","completion":"x ","chosen":"x","rejected":"y"}`:                                                  one,
		`{"question":"q2","context":"","history":[["q","a"]],` + xAndY + `}`:                                            three,
		`{"chosen":[{"role":"system","content":""},` + usr + `,` + better + `],"rejected":[` + usr + `,` + worse + `]}`: one,
		`{"prompt":"q","chosen":["x"],"rejected":["y"]}`:                                                                one,
		`{"prompt":"q","chosen":{"content":"x"},"rejected":{"text":"y"}}`:                                               one,
		`{"prompt":"q","chosen":` + better + `,"rejected":{"from":"gpt","value":"y"}}`:                                  one,
		`{"prompt":` + usr + `,` + xAndY + `}`:                                                                          one,
		`{"prompt":{"messages":[` + sys + `,` + usr + `]},` + xAndY + `}`:                                               oneWithSystem,
		`{"prompt":[` + sys + `],"chosen":[` + usr + `,` + better + `],"rejected":"y"}`:                                 oneWithSystem,
		`{"prompt":"",` + systemInAnswers + `}`:                                                                         oneWithSystem,
		`{"prompt":" q ",` + systemInAnswers + `}`:                                                                      oneWithSystem,
		`{"system":"S",` + systemInAnswers + `}`:                                                                        oneWithSystem,
		`{` + wholeChosen + `,` + wholeRejected + `}`:                                                                   three,
		`{"prompt":"q",` + wholeChosen + `,` + wholeRejected + `}`:                                                      three,
		`{"prompt":"q2",` + wholeChosen + `,` + wholeRejected + `}`:                                                     three,
		`{"prompt":[` + usr + `,` + asst + `],"chosen":[` + secondQuestion + `,` + better + `],"rejected":[` + secondQuestion + `,` + worse + `]}`:              three,
		`{"prompt":[` + usr + `],"chosen":[` + asst + `,` + secondQuestion + `,` + better + `],"rejected":[` + asst + `,` + secondQuestion + `,` + worse + `]}`: three,
		`{"messages":[` + usr + `,` + asst + `,` + secondQuestion + `],"chosen":` + better + `,"rejected":` + worse + `}`:                                       three,
		`{"messages":[` + usr + `,` + asst + `,` + secondQuestion + `,` + better + `],"prompt":"q",` + wholeChosen + `,` + wholeRejected + `}`:                  three,
		`{"messages":[` + usr + `,` + better + `],"rejected_response":"y"}`:                                                                                     one,
		`{"conversations":[{"from":"human","value":"q"}],"chosen":{"from":"gpt","value":"x"},"rejected":{"from":"gpt","value":"y"}}`:                            one,
		`{"chosen":{"messages":[` + usr + `,` + better + `]},"rejected":{"messages":[` + usr + `,` + worse + `]}}`:                                              one,
		`{"input":{"messages":[` + sys + `,` + usr + `]},"preferred_output":[` + better + `],"non_preferred_output":[` + worse + `]}`:                           oneWithSystem,
		`{"prompt":"q","completion":null,"messages":null,` + xAndY + `}`:                                                                                        one,
		`{"prompt":[{"role":"user","content":[{"type":"text","text":"q"}]}],"chosen":[` + usr + `,` + better + `],"rejected":[` + usr + `,` + worse + `]}`:      one,
	} {
		if diff := cmp.Diff(outcome{Lines: want}, outcomeOf(t, in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

// TestPreference_refuses_what_would_be_lost checks that content is rejected at its member instead
// of being lost.
func TestPreference_refuses_what_would_be_lost(t *testing.T) {
	t.Parallel()
	other := `{"role":"user","content":"other"}`
	transcript := `"\n\nHuman: q\n\nAssistant: y"`
	for in, want := range map[string]string{
		`{"prompt":"other",` + wholeChosen + `,` + wholeRejected + `}`:         "error CONTRADICTION /chosen",
		`{"prompt":"q","chosen":"x","rejected":[` + other + `,` + worse + `]}`: "error CONTRADICTION /rejected",
		`{"prompt":"q","question":"other",` + xAndY + `}`:                      "error CONTRADICTION /question",
		`{"messages":[` + usr + `],"prompt":"other",` + xAndY + `}`:            "error CONTRADICTION /messages",
		`{"prompt":"q","chosen":"x","chosen_response":"z","rejected":"y"}`:     "error CONTRADICTION /chosen_response",
		`{"chosen":[` + usr + `,` + asst + `,` + secondQuestion + `,` + better + `],"rejected":[` + usr + `,` + worse + `,` + secondQuestion + `,` + worse + `]}`: "error CONTRADICTION /rejected",
		`{"chosen":[` + usr + `,` + better + `],"rejected":[` + sys + `,` + usr + `,` + worse + `]}`:                                                              "error CONTRADICTION /rejected",
		`{"prompt":"q","chosen":[` + asst + `,` + secondQuestion + `,` + better + `],"rejected":"y"}`:                                                             "error UNSUPPORTED /chosen",
		`{"prompt":"q","chosen":"x","rejected":[` + asst + `,` + secondQuestion + `,` + worse + `]}`:                                                              "error UNSUPPORTED /rejected",
		`{"prompt":"q","chosen":["x","z"],"rejected":"y"}`:                                                                                                        "error UNSUPPORTED /chosen",
		`{"prompt":"q","chosen":7,"rejected":"y"}`:                                                                                                                "error WRONG_TYPE /chosen",
		`{"prompt":"q","completion":"z",` + xAndY + `}`:                                                                                                           "error CONTRADICTION /completion",
		`{"prompt":7,` + xAndY + `}`:                                      "error WRONG_TYPE /prompt",
		`{"prompt":"q","chosen":[[1]],"rejected":"y"}`:                    "error WRONG_TYPE /chosen/0",
		`{"prompt":"q","chosen":"x"}`:                                     "error MISSING_FIELD ",
		`{` + xAndY + `}`:                                                 "error MISSING_FIELD ",
		`{"prompt":"q","chosen":` + usr + `,"rejected":"y"}`:              "error INVALID_ROLE /chosen",
		`{"prompt":"q","chosen":` + transcript + `,"rejected":"y"}`:       "error UNSUPPORTED /chosen",
		`{"prompt":` + transcript + `,` + xAndY + `}`:                     "error UNSUPPORTED /prompt",
		`{"prompt":"q","chosen":"[{\"role\": \"user\"}]","rejected":"y"}`: "error UNSUPPORTED /chosen",
		`{"prompt":"q","chosen":"x","rejected":"x"}`:                      "warning SAME_ANSWERS /rejected",
		`{"prompt":"q","chosen":"x","rejected":null}`:                     "warning EMPTY_TEXT /rejected",
		`{"prompt":"q","chosen":"x","rejected":[{"role":"system"}]}`:      "warning EMPTY_TEXT /rejected",
		`{"prompt":"","chosen":"x","rejected":"y"}`:                       "warning EMPTY_TEXT /prompt",
		`{"prompt":"q","answers":[{"answer":"x","rank":1}]}`:              "error UNSUPPORTED /answers",
		`{"instruction":"q","completions":[{"response":"x"}]}`:            "error UNSUPPORTED /completions",
		`{"messages":[` + usr + `],"responses":["x","y"]}`:                "error UNSUPPORTED /responses",
	} {
		if diff := cmp.Diff(outcome{Faults: []string{want}}, outcomeOf(t, in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
	same := `{"contents":[` + text("user", "q") + `],"completions":[{"score":1,"completion":` + text("model", "x") + `},{"score":0,"completion":` + text("model", "x") + `}]}`
	if got := outcomeOf(t, same); got.Lines != same || len(got.Faults) != 1 || got.Faults[0] != "warning SAME_ANSWERS /completions/1/completion" {
		t.Errorf("equal answers in Gemini's own format: %+v", got)
	}
}

// TestMarks_of_records checks that false in any spelling leaves the record out and that true
// changes nothing.
func TestMarks_of_records(t *testing.T) {
	t.Parallel()
	line := `{"contents":[` + text("user", "q") + `,` + text("model", "x") + `]}`
	for _, record := range []string{
		`"prompt":"q","completion":"x"`, `"instruction":"q","output":"x"`, `"instruction":"q","completion":"x"`,
		`"messages":[` + usr + `,` + better + `]`, `"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"x"}]`,
		`"content":"q","role":"user","related_message":` + better, `"input_text":"q","output_text":"x"`,
	} {
		for mark, want := range map[string]outcome{
			`"label":true`: {Lines: line}, `"label":1`: {Lines: line}, `"label":"True"`: {Lines: line}, `"label":null`: {Lines: line}, `"weight":1.0`: {Lines: line},
			`"label":false`:     {Faults: []string{"warning BAD_ANSWER /label"}},
			`"label":0`:         {Faults: []string{"warning BAD_ANSWER /label"}},
			`"label":"0"`:       {Faults: []string{"warning BAD_ANSWER /label"}},
			`"label":-1`:        {Faults: []string{"warning BAD_ANSWER /label"}},
			`"kto_tag":"false"`: {Faults: []string{"warning BAD_ANSWER /kto_tag"}},
			`"train":false`:     {Faults: []string{"warning BAD_ANSWER /train"}},
			`"label":"maybe"`:   {Faults: []string{"error INVALID_MARK /label"}},
			`"label":0.5`:       {Faults: []string{"error INVALID_MARK /label"}},
			`"weight":0.5`:      {Lines: line, Faults: []string{"warning WEIGHT_IGNORED /weight"}},
			`"weight":{}`:       {Faults: []string{"error INVALID_MARK /weight"}},
			`"loss":0`:          {Lines: line, Faults: []string{"warning UNKNOWN_FIELD /loss"}}, // the number may be a measured loss
		} {
			if diff := cmp.Diff(want, outcomeOf(t, "{"+record+","+mark+"}")); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", record, mark, diff)
			}
		}
	}
}

// TestMarks_of_answers checks that only answers can be marked, because only the model's messages
// are learned.
func TestMarks_of_answers(t *testing.T) {
	t.Parallel()
	for mark, want := range map[string]string{
		`"weight":0`: "WEIGHT_IGNORED", `"weight":0.5`: "WEIGHT_IGNORED", `"weight":"0"`: "WEIGHT_IGNORED", `"train":false`: "WEIGHT_IGNORED",
		`"loss":false`: "WEIGHT_IGNORED", `"loss_weight":0.0`: "WEIGHT_IGNORED", `"training":false`: "WEIGHT_IGNORED", `"label":0`: "WEIGHT_IGNORED",
		`"mask":1`: "WEIGHT_IGNORED", `"train_detail":[{"train":false}]`: "WEIGHT_IGNORED", `"train":true,"loss_mask":0`: "WEIGHT_IGNORED",
		`"weight":"high"`: "INVALID_MARK", `"label":"?"`: "INVALID_MARK",
		`"weight":1`: "", `"weight":null`: "", `"train":"true"`: "", `"train_detail":[]`: "",
	} {
		for _, names := range [][4]string{{"messages", "role", "content", "assistant"}, {"conversations", "from", "value", "gpt"}, {"messages", "author", "content", "bot"}} {
			say := func(who, more string) string {
				return `{"` + names[1] + `":"` + who + `","` + names[2] + `":"t"` + more + `}`
			}
			in := func(more string) string {
				return `{"` + names[0] + `":[` + say("user", ","+mark) + `,` + say(names[3], ","+mark) + `,` + say("user", ","+mark) + `,` + say(names[3], more) + `]}`
			}
			_, report := convert(t, strings.NewReader(in("")), dataset.Options{})
			if want == "" && len(report.Faults) > 0 || want != "" && (len(report.Faults) != 1 || report.Faults[0].Code != want ||
				!strings.HasPrefix(report.Faults[0].Pointer, "/"+names[0]+"/1/")) {
				t.Errorf("%s has the faults %+v", in(""), report.Faults)
			}
			if noAnswerLeft := want == "WEIGHT_IGNORED" && !strings.Contains(mark, "0.5") && !strings.Contains(mark, "mask\":1") && !strings.Contains(mark, "detail"); noAnswerLeft {
				if got := outcomeOf(t, in(","+mark)); got.Lines != "" || len(got.Faults) != 1 || !strings.HasPrefix(got.Faults[0], "warning BAD_ANSWER ") {
					t.Errorf("%s has no answer to learn, but makes %+v", in(","+mark), got)
				}
			}
		}
	}
	in := `{"prompt":"q","chosen":{"role":"assistant","content":"x","weight":0},"rejected":"y"}`
	if got := outcomeOf(t, in); got.Lines == "" || len(got.Faults) != 1 || got.Faults[0] != "warning WEIGHT_IGNORED /chosen/weight" {
		t.Errorf("a better answer that has a weight: %+v", got)
	}
}

// TestMarks_end_with_their_message checks that a mark does not affect the next message, even if the
// mark was not read.
func TestMarks_end_with_their_message(t *testing.T) {
	t.Parallel()
	in := `{"messages":[` + usr + `,` + better + `,{"role":"system","content":"S","weight":0,"train":false}]}` + "\n" +
		`{"prompt":"q","completion":"x"}`
	if got := outcomeOf(t, in); len(got.Faults) != 2 || got.Faults[0] != "error FORMAT_CHANGED " || got.Faults[1] != "warning SYSTEM_MOVED /messages/2/content" {
		t.Errorf("got %+v", got)
	}
	in = `{"prompt":[` + usr + `,{"role":"system","content":"S","label":0}],` + xAndY + `}` + "\n" + `{"question":"q",` + xAndY + `}`
	if got := outcomeOf(t, in); got.Lines == "" || len(got.Faults) != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestInput_follows_the_prompt checks that the input follows the prompt, as in Alpaca.
func TestInput_follows_the_prompt(t *testing.T) {
	t.Parallel()
	line := func(question string) outcome {
		return outcome{Lines: `{"contents":[` + text("user", question) + `,` + text("model", "x") + `]}`}
	}
	for in, want := range map[string]outcome{
		`{"prompt":"q","input":"i","completion":"x"}`:              line(`q\ni`),
		`{"prompt":"q","context":"i","completion":"x"}`:            line(`q\ni`),
		`{"instruction":"q","input":"i","completion":"x"}`:         line(`q\ni`),
		`{"prompt":"q","input":" ","completion":"x"}`:              line(`q`),
		`{"prompt":"","input":"i","completion":"x"}`:               line(`i`),
		`{"prompt":[` + usr + `],"input":null,"completion":"x"}`:   line(`q`),
		`{"prompt":[` + usr + `],"input":"i","completion":"x"}`:    {Faults: []string{"error UNSUPPORTED /input"}},
		`{"prompt":"q","input":{"i":1},"completion":"x"}`:          {Faults: []string{"error WRONG_TYPE /input"}},
		`{"prompt":"q","input":"i","context":"c","completion":""}`: {Faults: []string{"error CONTRADICTION /context", "warning EMPTY_TEXT /completion"}},
		`{"prompt":"q","instruction":"r","completion":"x"}`:        {Faults: []string{"error CONTRADICTION /instruction"}},
	} {
		if diff := cmp.Diff(want, outcomeOf(t, in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
	preference := `{"prompt":"q","input":"i",` + xAndY + `}`
	if diff := cmp.Diff(outcome{Lines: compared("", text("user", `q\ni`))}, outcomeOf(t, preference)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", preference, diff)
	}
}

// TestMessage_with_other_members checks that other members are reported and not used.
func TestMessage_with_other_members(t *testing.T) {
	t.Parallel()
	got := outcomeOf(t, `{"content":"q","role":"user","user_id":"u7","related_message":{"content":"x","role":"assistant","updated_at":1}}`)
	want := outcome{
		Lines:  `{"contents":[` + text("user", "q") + `,` + text("model", "x") + `]}`,
		Faults: []string{"warning UNKNOWN_FIELD /user_id", "warning UNKNOWN_FIELD /related_message/updated_at"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
