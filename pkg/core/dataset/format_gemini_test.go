// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// turns returns an example with the turns.
func turns(all ...string) string { return `{"contents":[` + strings.Join(all, ",") + `]}` }

// user returns a turn of the user with the parts.
func user(parts ...string) string {
	return `{"role":"user","parts":[` + strings.Join(parts, ",") + `]}`
}

// model returns a turn of the model with the parts.
func model(parts ...string) string {
	return `{"role":"model","parts":[` + strings.Join(parts, ",") + `]}`
}

func TestGeminiRules(t *testing.T) {
	t.Parallel()
	const text = `{"text":"t"}`
	file := func(uri string) string { return `{"fileData":{"mimeType":"image/png","fileUri":"` + uri + `"}}` }
	tests := []struct {
		name, record string
		want         []string // severity, code and pointer of each fault
	}{
		{"plain", turns(user(text), model(text)), nil},
		{"null_members", `{"systemInstruction":null,"tools":null,"labels":null,` + turns(user(text), model(text))[1:], nil},
		{"every_member", `{"model":"m","labels":{"a":"b"},"safetySettings":[{}],"toolConfig":{},"generationConfig":{},"tools":[{"googleSearch":{}}],` + turns(user(text), model(text))[1:], nil},
		{"no_contents", `{"systemInstruction":{"parts":[` + text + `]},"contents":null}`, []string{"error MISSING_FIELD "}},
		{"contents_no_array", `{"contents":{}}`, []string{"error WRONG_TYPE /contents"}},
		{"turn_no_object", turns(`"t"`, model(text)), []string{"error WRONG_TYPE /contents/0"}},
		{"part_no_object", turns(user(`"t"`), model(text)), []string{"error WRONG_TYPE /contents/0/parts/0"}},
		{"no_parts", turns(`{"role":"user"}`, model(text)), []string{"error MISSING_FIELD /contents/0"}},
		{"no_role", turns(`{"parts":[`+text+`]}`, model(text)), []string{"error MISSING_ROLE /contents/0"}},
		{"no_role_of_a_single_turn", turns(`{"parts":[` + text + `]}`), []string{"error LAST_TURN_NOT_MODEL /contents/0"}},
		{"function_role", turns(user(text), `{"role":"function","parts":[`+text+`]}`), []string{"error INVALID_ROLE /contents/1/role"}},
		{"ends_with_user", turns(user(text), model(text), user(text)), []string{"error LAST_TURN_NOT_MODEL /contents/2"}},
		{"same_role_twice", turns(user(text), user(text), model(text)), []string{"warning ROLES_NOT_ALTERNATING /contents/1"}},
		{"blank_text", turns(user(`{"text":" \n\u0009\u2003"}`), model(text)), []string{"error EMPTY_TEXT /contents/0/parts/0/text"}},
		{"text_no_string", turns(user(`{"text":7}`), model(text)), []string{"error WRONG_TYPE /contents/0/parts/0/text"}},
		{"two_kinds_of_data", turns(user(`{"text":"t","fileData":{"mimeType":"image/png","fileUri":"gs://b/o"}}`), model(text)), []string{"error MULTIPLE_DATA /contents/0/parts/0"}},
		{"thought", turns(user(text), model(`{"text":"t","thought":true,"thoughtSignature":"x"}`)), []string{"error THOUGHT_PART /contents/1/parts/0/thought", "error INVALID_BASE64 /contents/1/parts/0/thoughtSignature"}},
		{"unknown_in_part", turns(user(`{"text":"t","x_y":1}`), model(text)), []string{"error UNKNOWN_FIELD /contents/0/parts/0/x_y"}},
		{"unknown_in_turn", turns(`{"role":"user","weight":1,"parts":[`+text+`]}`, model(text)), []string{"error UNKNOWN_FIELD /contents/0/weight"}},
		{"both_spellings", turns(user(`{"fileData":{"mimeType":"image/png","mime_type":"image/png","fileUri":"gs://b/o"}}`), model(text)), []string{"error DUPLICATE_NAME /contents/0/parts/0/fileData/mime_type"}},
		{"both_spellings_in_a_schema", `{"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING","minLength":1,"min_length":2}}}}]}],` + turns(user(text), model(text))[1:], []string{"error DUPLICATE_NAME /tools/0/functionDeclarations/0/parameters/properties/x/min_length"}},
		{"addresses", turns(user(file("gs://b/o"), file("https://h/p"), file("http://h/p")), model(text)), nil},
		{"address_on_a_disk", turns(user(file("/tmp/x")), model(text)), []string{"error INVALID_URI /contents/0/parts/0/fileData/fileUri"}},
		{"address_without_name", turns(user(file("gs://")), model(text)), []string{"error INVALID_URI /contents/0/parts/0/fileData/fileUri"}},
		{"mime_type_missing", turns(user(`{"inlineData":{"data":"aGk="}}`), model(text)), []string{"error MISSING_FIELD /contents/0/parts/0/inlineData"}},
		{"base64_without_padding", turns(user(`{"inlineData":{"mimeType":"image/png","data":"aGk"}}`), model(text)), nil},
		{"base64_impossible", turns(user(`{"inlineData":{"mimeType":"image/png","data":"aGkxx"}}`), model(text)), []string{"error INVALID_BASE64 /contents/0/parts/0/inlineData/data"}},
		{"call", turns(user(text), model(`{"functionCall":{"name":"f","args":{"a":1}}}`)), nil},
		{"call_without_args", turns(user(text), model(`{"functionCall":{"name":"f"}}`)), nil},
		{"call_without_name", turns(user(text), model(`{"functionCall":{"args":{}}}`)), []string{"error MISSING_FIELD /contents/1/parts/0/functionCall"}},
		{"call_by_user", turns(user(`{"functionCall":{"name":"f"}}`), model(text)), []string{"warning WRONG_SIDE /contents/0/parts/0"}},
		{"args_no_object", turns(user(text), model(`{"functionCall":{"name":"f","args":[1]}}`)), []string{"error ARGS_NOT_OBJECT /contents/1/parts/0/functionCall/args"}},
		{"number_out_of_range", turns(user(text), model(`{"functionCall":{"name":"f","args":{"n":[1e308,-1e309]}}}`)), []string{"error NUMBER_OUT_OF_RANGE /contents/1/parts/0/functionCall/args/n/1"}},
		{"results_need_no_role", turns(user(text), model(`{"functionCall":{"name":"f"}}`), `{"parts":[{"functionResponse":{"name":"f","response":{}}}]}`, model(text)), nil},
		{"response_no_object", turns(user(`{"functionResponse":{"name":"f","response":"x"}}`), model(text)), []string{"error RESPONSE_NOT_OBJECT /contents/0/parts/0/functionResponse/response"}},
		{"response_missing", turns(user(`{"functionResponse":{"name":"f"}}`), model(text)), []string{"error MISSING_FIELD /contents/0/parts/0/functionResponse"}},
		{"system_with_file", `{"systemInstruction":{"parts":[` + file("gs://b/o") + `]},` + turns(user(text), model(text))[1:], []string{"error SYSTEM_NOT_TEXT /systemInstruction/parts/0"}},
		{"tool_without_name", `{"tools":[{"functionDeclarations":[{}]}],` + turns(user(text), model(text))[1:], []string{"error MISSING_FIELD /tools/0/functionDeclarations/0"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, report := convert(t, strings.NewReader(tc.record), dataset.Options{})
			var got []string
			for _, f := range report.Faults {
				got = append(got, string(f.Severity)+" "+f.Code+" "+f.Pointer)
				if f.Fix == "" || f.Message == "" || f.Excerpt == "" {
					t.Errorf("the fault is incomplete: %+v", f)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
