// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// chatOf returns a record with the messages and other members. Single quotes in the arguments stand
// for double quotes.
func chatOf(otherMembers string, messages ...string) string {
	return strings.ReplaceAll(`{'messages':[`+strings.Join(messages, ",")+`]`+otherMembers+`}`, "'", `"`)
}

const (
	ask      = `{'role':'user','content':'q'}`
	tell     = `{'role':'assistant','content':'a'}`
	question = `{"contents":[{"role":"user","parts":[{"text":"q"}]}`
	answer   = `{"role":"model","parts":[{"text":"a"}]}`
	brief    = `{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"q"}]},` + answer + `]}`
)

// callOf returns a message that calls functions.
func callOf(calls ...string) string {
	return `{'role':'assistant','content':null,'tool_calls':[` + strings.Join(calls, ",") + `]}`
}

// calls returns the start of the example in which the model answers the question with these calls.
func calls(all ...string) string {
	return question + `,{"role":"model","parts":[` + strings.Join(all, ",") + `]}`
}

func called(name, args string) string {
	return `{"functionCall":{"name":"` + name + `","args":` + args + `}}`
}

func gave(name, response string) string {
	return `{"functionResponse":{"name":"` + name + `","response":` + response + `}}`
}

// TestNothing_is_lost checks that meaningful content is converted, or rejected at its place.
func TestNothing_is_lost(t *testing.T) {
	t.Parallel()
	const f, g = `{'id':'1','function':{'name':'f','arguments':{'a':1}}}`, `{'id':'2','function':{'name':'g','arguments':{'b':2}}}`
	both := calls(called("f", `{"a":1}`), called("g", `{"b":2}`))
	results := both + `,{"role":"user","parts":[` + gave("f", `{"output":"x"}`) + `,` + gave("g", `{"output":"y"}`) + `]},` + answer + `]}`
	one := calls(called("f", `{"a":1}`)) + `]}`
	tests := []struct {
		name, record, want string
		faults             []string
	}{
		// Arguments of calls.
		{"args", chatOf("", ask, callOf(`{'function':{'name':'f','args':{'a':1}}}`)), one, nil},
		{"input", chatOf("", ask, callOf(`{'name':'f','input':{'a':1}}`)), one, nil},
		{"parameters_as_text", strings.ReplaceAll(chatOf("", ask, callOf(`{'type':'function','function':{'name':'f','parameters':"{|a|:1}"}}`)), "|", `\"`), one, nil},
		{"arguments_outside_the_function", chatOf("", ask, callOf(`{'function':{'name':'f'},'arguments':{'a':1}}`)), one, nil},
		{"function_is_a_name", chatOf("", ask, callOf(`{'function':'f','arguments':{'a':1}}`)), one, nil},
		{"call_as_text", strings.ReplaceAll(chatOf("", ask, callOf(`"{|name|:|f|,|arguments|:{|a|:1}}"`)), "|", `\"`), one, nil},
		{"calls_as_text", strings.ReplaceAll(chatOf("", ask, `{'role':'assistant','tool_calls':"[{|name|:|f|,|arguments|:{|a|:1}}]"}`), "|", `\"`), one, nil},
		{"function_call", chatOf("", ask, `{'role':'assistant','function_call':{'name':'f','args':{'a':1}}}`), one, nil},
		{"call_in_a_part_as_text", strings.ReplaceAll(chatOf("", ask, `{'role':'assistant','content':[{'type':'tool_call','value':"{|name|:|f|,|arguments|:{|a|:1}}"}]}`), "|", `\"`), one, nil},
		{"call_in_a_part", chatOf("", ask, `{'role':'assistant','content':[{'type':'tool_call','tool_call':{'name':'f','arguments':{'a':1}}}]}`), one, nil},
		{"call_is_a_part", chatOf("", ask, `{'role':'assistant','content':[{'type':'function_call','name':'f','arguments':{'a':1}}]}`), one, nil},
		{"call_in_a_part_is_no_call", chatOf("", ask, `{'role':'assistant','content':[{'type':'tool_call','value':3}]}`), "", []string{"error ARGS_NOT_OBJECT /messages/1/content/0/value"}},
		{"call_in_a_part_of_the_user", chatOf("", `{'role':'user','content':[{'type':'tool_call','value':{'name':'f','arguments':{'a':1}}}]}`, tell), "", []string{"error WRONG_SIDE /messages/0/content/0"}},
		{"empty_list_of_arguments", chatOf("", ask, callOf(`{'name':'f','arguments':[]}`)), calls(called("f", "{}")) + "]}", nil},
		{"two_arguments_one_empty", chatOf("", ask, callOf(`{'name':'f','arguments':{},'input':{'a':1}}`)), one, nil},
		{"two_arguments", chatOf("", ask, callOf(`{'name':'f','arguments':{'b':1},'input':{'a':1}}`)), "", []string{"error ARGS_NOT_OBJECT /messages/1/tool_calls/0/input"}},
		{"unknown_arguments", chatOf("", ask, callOf(`{'name':'f','payload':{'a':1}}`)), "", []string{"error ARGS_NOT_OBJECT /messages/1/tool_calls/0/payload"}},
		{"metadata_in_call", chatOf("", ask, callOf(`{'name':'f','arguments':{'a':1},'latency':3}`)), one, []string{"warning UNKNOWN_FIELD /messages/1/tool_calls/0/latency"}},
		{"huge_number_in_text", strings.ReplaceAll(chatOf("", ask, callOf(`{'name':'f','arguments':"{|a|:-1e999}"}`)), "|", `\"`), "", []string{"error NUMBER_OUT_OF_RANGE /messages/1/tool_calls/0/arguments"}},
		{"no_name", chatOf("", ask, callOf(`{'function':{'arguments':{'a':1}}}`)), "", []string{"error MISSING_FIELD /messages/1/tool_calls/0"}},
		{"name_with_space", chatOf("", ask, callOf(`{'name':'a b','arguments':{}}`)), "", []string{"error INVALID_NAME /messages/1/tool_calls/0/name"}},
		{"user_calls", chatOf("", `{'role':'user','content':'q','tool_calls':[`+f+`]}`, tell), "", []string{"error WRONG_SIDE /messages/0/tool_calls"}},
		{"calls_under_another_name", chatOf("", ask, `{'role':'assistant','content':'a','function_calls':[`+f+`]}`), "", []string{"error UNSUPPORTED /messages/1/function_calls"}},

		// Results of calls.
		{"by_id", chatOf("", ask, callOf(f, g), `{'role':'tool','tool_call_id':'2','content':'y'}`, `{'role':'tool','tool_call_id':'1','content':'x'}`, tell),
			both + `,{"role":"user","parts":[` + gave("g", `{"output":"y"}`) + `,` + gave("f", `{"output":"x"}`) + `]},` + answer + `]}`, nil},
		{"by_name", chatOf("", ask, callOf(f, g), `{'role':'tool','name':'f','content':'x'}`, `{'role':'tool','name':'g','content':'y'}`, tell), results, nil},
		{"in_order", chatOf("", ask, callOf(f, g), `{'role':'tool','content':'x'}`, `{'role':'tool','content':'y'}`, tell), results, nil},
		{"ids_of_results_alone", chatOf("", ask, callOf(`{'name':'f','arguments':{'a':1}}`, `{'name':'g','arguments':{'b':2}}`), `{'role':'tool','tool_call_id':'1','content':'x'}`, `{'role':'tool','tool_call_id':'2','content':'y'}`, tell), results, nil},
		{"two_messages_of_calls", chatOf("", ask, callOf(f), callOf(g), `{'role':'tool','content':'x'}`, `{'role':'tool','content':'y'}`, tell), results, nil},
		{"other_name", chatOf("", ask, callOf(f), `{'role':'tool','tool_call_id':'1','name':'g','content':'x'}`, tell), "", []string{"error UNKNOWN_CALL /messages/2/name"}},
		{"other_id", chatOf("", ask, callOf(f), `{'role':'tool','tool_call_id':'9','content':'x'}`, tell), "", []string{"error UNKNOWN_CALL /messages/2/tool_call_id", "warning CALL_WITHOUT_RESULT /messages/1/tool_calls/0"}},
		{"second_result", chatOf("", ask, callOf(f), `{'role':'tool','content':'x'}`, `{'role':'tool','content':'y'}`, tell), "", []string{"error UNKNOWN_CALL /messages/3"}},
		{"fewer_results", chatOf("", ask, callOf(f, g), `{'role':'tool','content':'x'}`, tell), both + `,{"role":"user","parts":[` + gave("f", `{"output":"x"}`) + `]},` + answer + `]}`, []string{"warning CALL_WITHOUT_RESULT /messages/1/tool_calls/1"}},
		{"failed", chatOf("", ask, callOf(f), `{'role':'user','content':[{'type':'tool_result','tool_use_id':'1','is_error':true,'content':'down'}]}`, tell), calls(called("f", `{"a":1}`)) + `,{"role":"user","parts":[` + gave("f", `{"error":"down"}`) + `]},` + answer + `]}`, nil},
		{"image_in_result", chatOf("", ask, callOf(f), `{'role':'tool','content':[{'type':'text','text':'x'},{'type':'image_url','image_url':{'url':'gs://b/i.png'}}]}`, tell), "", []string{"error UNSUPPORTED /messages/2/content/1"}},
		{"list_as_result", chatOf("", ask, callOf(f), `{'role':'tool','content':[{'city':'Rome'},3]}`, tell), calls(called("f", `{"a":1}`)) + `,{"role":"user","parts":[` + gave("f", `{"output":[{"city":"Rome"},3]}`) + `]},` + answer + `]}`, nil},

		// System texts in every format.
		{"chat", chatOf(`,'systemPrompt':'Be brief.'`, ask, tell), brief, nil},
		{"chat_parts", chatOf(`,'system':[{'type':'text','text':'Be brief.','cache_control':{}}]`, ask, tell), brief, nil},
		{"chat_instruction", chatOf(`,'systemInstruction':{'parts':[{'text':'Be brief.'}]}`, ask, tell), brief, nil},
		{"chat_twice_the_same", chatOf(`,'system_prompt':'Be brief.'`, `{'role':'system','content':'Be brief.'}`, ask, tell), brief, nil},
		{"chat_no_text", chatOf(`,'system':[{'image':{}}]`, ask, tell), "", []string{"error SYSTEM_NOT_TEXT /system/0"}},
		{"chat_null", chatOf(`,'system':null,'tools':null,'reasoning':null`, ask, tell), question + `,` + answer + `]}`, nil},
		{"alpaca", `{"instruction":"q","output":"a","system_prompt":"Be brief."}`, brief, nil},
		{"prompt", `{"prompt":"q","completion":"a","system":"Be brief."}`, brief, nil},
		{"bedrock", `{"schemaVersion":"x","systemPrompt":"Be brief.","messages":[{"role":"user","content":[{"text":"q"}]},{"role":"assistant","content":[{"text":"a"}]}]}`, brief, nil},
		{"bedrock_without_a_role", `{"schemaVersion":"x","messages":[{"content":[{"text":"q"}]},{"role":"assistant","content":[{"text":"a"}]}]}`, "", []string{"error MISSING_ROLE /messages/0", "warning ROLES_NOT_ALTERNATING /messages/1"}},
		{"palm_chat", `{"messages":[{"author":"user","content":"q"},{"author":"bot","content":"a"}],"system":"Be brief."}`, brief, nil},
		{"palm_text", `{"input_text":"q","output_text":"a","system_prompt":"Be brief."}`, brief, nil},
		{"preference", `{"prompt":"q","chosen":"a","rejected":"b","system_prompt":"Be brief."}`, brief[:len(brief)-len(answer)-3] + `],"completions":[{"score":1,"completion":` + answer + `},{"score":0,"completion":{"role":"model","parts":[{"text":"b"}]}}]}`, nil},
		{"in_a_message", chatOf("", ask, `{'role':'assistant','content':'a','system_prompt':'Be brief.'}`), "", []string{"error UNSUPPORTED /messages/1/system_prompt"}},

		// Text outside the conversation.
		{"context", chatOf(`,'context':'The tower is old.'`, ask, tell), "", []string{"error UNSUPPORTED /context"}},
		{"history", chatOf(`,'history':[['q0','a0']]`, ask, tell), "", []string{"error UNSUPPORTED /history"}},
		{"copy_of_a_text", chatOf(`,'instruction':'q'`, ask, tell), question + `,` + answer + `]}`, []string{"warning UNKNOWN_FIELD /instruction"}},
		{"prompt_and_history", `{"history":[["q","a"]],"prompt":"q","completion":"a"}`, question + `,` + answer + `,{"role":"user","parts":[{"text":"q"}]},` + answer + `]}`, nil},
		{"input_of_messages", `{"prompt":[{"role":"user","content":"q"}],"input":"x","completion":"a"}`, "", []string{"error UNSUPPORTED /input"}},
		{"metadata", chatOf(`,'source':'x','score':3`, ask, tell), question + `,` + answer + `]}`, []string{"warning UNKNOWN_FIELD /source", "warning UNKNOWN_FIELD /score"}},
		{"name_without_letters", `{"?":1,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}`, question + `,` + answer + `]}`, []string{"warning UNKNOWN_FIELD /?"}},
		{"two_values", `{"conversations":[{"from":"human","value":"q","text":"other"},{"from":"gpt","value":"a"}]}`, "", []string{"error CONTRADICTION /conversations/0/text"}},
		{"content_and_refusal", chatOf("", ask, `{'role':'assistant','content':'a','refusal':'No.'}`), question + `,{"role":"model","parts":[{"text":"a"},{"text":"No."}]}]}`, nil},

		// Thoughts.
		{"reasoning_content", chatOf("", ask, `{'role':'assistant','reasoning_content':'hm','content':'a'}`), question + `,` + answer + `]}`, []string{"warning THOUGHT_PART /messages/1/reasoning_content"}},
		{"think", chatOf("", ask, `{'role':'assistant','content':'<think>\nhm\n</think>\n\na'}`), question + `,` + answer + `]}`, []string{"warning THOUGHT_PART /messages/1/content"}},
		{"think_escaped", chatOf("", ask, `{'role':'assistant','content':'\n\u003cthink\u003ehm\u003c/think\u003ea'}`), question + `,` + answer + `]}`, []string{"warning THOUGHT_PART /messages/1/content"}},
		{"think_closed_only", chatOf("", ask, `{'role':'assistant','content':'hm</think>a'}`), question + `,` + answer + `]}`, []string{"warning THOUGHT_PART /messages/1/content"}},
		{"think_alone", chatOf("", ask, `{'role':'assistant','content':'<think>hm</think>'}`), "", []string{"warning EMPTY_TEXT /messages/1", "warning THOUGHT_PART /messages/1/content"}},
		{"think_before_a_call", chatOf("", ask, `{'role':'assistant','content':'<think>hm</think>','tool_calls':[`+f+`]}`), one, []string{"warning THOUGHT_PART /messages/1/content"}},
		{"no_thought", chatOf("", `{'role':'user','content':'<think>q'}`, `{'role':'assistant','content':'<thinker>a'}`), `{"contents":[{"role":"user","parts":[{"text":"<think>q"}]},{"role":"model","parts":[{"text":"<thinker>a"}]}]}`, nil},

		// Weights and places.
		{"weight_of_part", chatOf("", ask, `{'role':'assistant','content':[{'type':'text','text':'a','weight':-1}]}`), question + `,` + answer + `]}`, []string{"warning WEIGHT_IGNORED /messages/1/content/0/weight"}},
		{"train_of_part", chatOf("", ask, `{'role':'assistant','content':[{'type':'text','text':'a','train':false}]}`), question + `,` + answer + `]}`, []string{"warning WEIGHT_IGNORED /messages/1/content/0/train"}},
		{"weight_of_part_of_user", chatOf("", `{'role':'user','content':[{'type':'text','text':'q','weight':0}]}`, tell), question + `,` + answer + `]}`, nil},
		{"weight_of_a_later_call", chatOf("", ask, `{'role':'assistant','content':'a','weight':1}`, `{'role':'assistant','weight':0,'tool_calls':[`+f+`]}`), question + `,{"role":"model","parts":[{"text":"a"},` + called("f", `{"a":1}`) + `]}]}`, []string{"warning WEIGHT_IGNORED /messages/2/weight"}},
		{"weight_of_text_and_call", chatOf("", ask, `{'role':'assistant','content':'a','weight':0}`, `{'role':'assistant','weight':0,'tool_calls':[`+f+`]}`), "", []string{"warning BAD_ANSWER /messages/1/weight"}},
		{"weight_of_bedrock", `{"schemaVersion":"x","messages":[{"role":"user","content":[{"text":"q"}]},{"role":"assistant","content":[{"text":"a"}],"weight":0}]}`, "", []string{"warning BAD_ANSWER /messages/1/weight"}},
		{"label_in_tools", chatOf(`,'tools':'[{\"name\":\"f\",\"label\":0}]'`, ask, tell), question + `,` + answer + `],"tools":[{"functionDeclarations":[{"name":"f"}]}]}`, []string{"warning UNKNOWN_FIELD /tools"}},
		{"image_under_another_name", chatOf("", `{'role':'user','content':[{'type':'text','value':'q'},{'type':'image_url','value':'gs://b/i.png'}]}`, tell), `{"contents":[{"role":"user","parts":[{"text":"q"},{"fileData":{"mimeType":"image/png","fileUri":"gs://b/i.png"}}]},` + answer + `]}`, nil},
		{"video_by_address", chatOf("", `{'role':'user','content':[{'type':'text','text':'q'},{'type':'video_url','video_url':{'url':'gs://b/v.mov'}}]}`, tell), `{"contents":[{"role":"user","parts":[{"text":"q"},{"fileData":{"mimeType":"video/mov","fileUri":"gs://b/v.mov"}}]},` + answer + `]}`, nil},
		{"sound_by_address", chatOf("", `{'role':'user','content':[{'type':'text','text':'q'},{'type':'audio','audio':'https://x.com/s'}]}`, tell), `{"contents":[{"role":"user","parts":[{"text":"q"},{"fileData":{"mimeType":"audio/mp3","fileUri":"https://x.com/s"}}]},` + answer + `]}`, []string{"warning MIME_TYPE_GUESSED /messages/0/content/1/audio"}},
		{"video_inside", chatOf("", `{'role':'user','content':[{'type':'text','text':'q'},{'type':'video','video':'data:video/mp4;base64,AAAA'}]}`, tell), `{"contents":[{"role":"user","parts":[{"text":"q"},{"inlineData":{"mimeType":"video/mp4","data":"AAAA"}}]},` + answer + `]}`, nil},
		{"video_of_pictures", chatOf("", `{'role':'user','content':[{'type':'text','text':'q'},{'type':'video','video':['gs://b/1.png']}]}`, tell), "", []string{"error WRONG_TYPE /messages/0/content/1/video"}},
		{"text_under_another_name", chatOf("", `{'role':'user','content':[{'type':'text','value':'q'}]}`, `{'role':'assistant','content':[{'type':'text','content':'a'}]}`), question + `,` + answer + `]}`, nil},
		{"weight_of_user", chatOf("", `{'role':'user','content':'q','weight':0}`, tell), question + `,` + answer + `]}`, nil},
		{"system_after_an_answer", chatOf("", ask, tell, `{'role':'system','content':'s'}`, ask, tell), `{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"q"}]},` + answer + `,{"role":"user","parts":[{"text":"q"}]},` + answer + `]}`, []string{"warning SYSTEM_MOVED /messages/2/content"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(outcome{tc.want, tc.faults}, outcomeOf(t, tc.record)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.record, diff)
			}
		})
	}
}

func faultsOf(report *dataset.Report) (all []string) {
	for _, f := range report.Faults {
		if f.Code != dataset.CodeNoExamples {
			all = append(all, string(f.Severity)+" "+f.Code+" "+f.Pointer)
		}
	}
	return all
}
