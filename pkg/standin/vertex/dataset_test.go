// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"fmt"
	"strings"
	"testing"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

func answer(text string) string {
	return fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":%q}]},{"role":"model","parts":[{"text":"Yes."}]}]}`, text)
}

// declaring returns a line that declares functions.
func declaring(functions string) string {
	return strings.TrimSuffix(answer("q"), "}") + `,"tools":[{"functionDeclarations":[` + functions + `]}]}`
}

func manyFunctions(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf(`{"name":"f%d"}`, i))
	}
	return strings.Join(names, ",")
}

func TestLines(t *testing.T) {
	t.Parallel()
	const user, model = `{"role":"user","parts":[{"text":"q"}]}`, `{"role":"model","parts":[{"text":"a"}]}`
	call := `{"role":"model","parts":[{"functionCall":{"name":"f","args":{"x":1}}}]}`
	for name, tc := range map[string]struct {
		line string
		want string // "" is a good line
	}{
		"plain":                {answer("Is it?"), ""},
		"snake_case":           {`{"system_instruction":{"parts":[{"text":"s"}]},"contents":[` + user + "," + model + `]}`, ""},
		"tools":                {`{"contents":[` + user + "," + call + `,{"parts":[{"functionResponse":{"name":"f","response":{"content":"1"}}}]},` + model + `],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]}]}`, ""},
		"image":                {`{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/i.png"}}]},` + model + `]}`, ""},
		"field_of_v1_only":     {`{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/i"},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}}]},` + model + `]}`, ""},
		"ends_with_a_call":     {`{"contents":[` + user + "," + call + `]}`, ""},
		"windows_line_end":     {answer("q") + "\r", ""},
		"not_json":             {"hello", "is not a valid JSON object of the expected format: syntax error (column 1): invalid value hello"},
		"array":                {"[]", "is not a valid JSON object"},
		"blank":                {"", "is not a valid JSON object"},
		"bad_utf8":             {`{"contents":[{"role":"user","parts":[{"text":"` + "\xff" + `"}]},` + model + `]}`, "is not a valid JSON object"},
		"messages":             {`{"messages":[]}`, `unknown field "messages"`},
		"weight":               {`{"contents":[{"role":"model","weight":0,"parts":[{"text":"a"}]}]}`, `unknown field "weight"`},
		"number_as_text":       {`{"contents":[{"role":"user","parts":[{"text":1}]},` + model + `]}`, "is not a valid JSON object"},
		"text_args":            {`{"contents":[` + user + `,{"role":"model","parts":[{"functionCall":{"name":"f","args":"{}"}}]}]}`, "is not a valid JSON object"},
		"two_in_one_part":      {`{"contents":[` + user + `,{"role":"model","parts":[{"text":"a","functionCall":{"name":"f"}}]}]}`, "is not a valid JSON object"},
		"no_contents":          {"{}", "has no 'contents'"},
		"cached_content":       {`{"cachedContent":"c","contents":[` + user + "," + model + `]}`, "cachedContent"},
		"assistant":            {`{"contents":[` + user + `,{"role":"assistant","parts":[{"text":"a"}]}]}`, `contains an invalid role "assistant" in contents[1]. The role must be either 'user' or 'model'`},
		"no_role":              {`{"contents":[{"parts":[{"text":"q"}]},` + model + `]}`, "has no role in contents[0]"},
		"last_not_model":       {`{"contents":[` + user + "," + model + "," + user + `]}`, "must end with a turn of the role 'model'"},
		"no_parts":             {`{"contents":[{"role":"user","parts":[]},` + model + `]}`, "has no 'parts' in contents[0]"},
		"empty_part":           {`{"contents":[{"role":"user","parts":[{}]},` + model + `]}`, "contains a part without data in contents[0].parts[0]"},
		"empty_text":           {answer(""), "contains an empty text in contents[0].parts[0]"},
		"thought":              {`{"contents":[` + user + `,{"role":"model","parts":[{"text":"t","thought":true},{"text":"a"}]}]}`, "contains a thought in contents[1].parts[0]"},
		"code":                 {`{"contents":[` + user + `,{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"1"}}]}]}`, "contains an unsupported modality [executable code] in the 'parts' field, which is not supported by this model. The supported modalities are: [image, PDF document, audio, video"},
		"system_image":         {`{"systemInstruction":{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/i"}}]},"contents":[` + user + "," + model + `]}`, "'systemInstruction'"},
		"mime":                 {`{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/gif","fileUri":"gs://b/i"}}]},` + model + `]}`, `contains an unsupported MIME type "image/gif"`},
		"file_uri":             {`{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"/tmp/i"}}]},` + model + `]}`, "neither gs:// nor http(s)://"},
		"empty_inline":         {`{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png"}}]},` + model + `]}`, "inline data without content"},
		"nameless_call":        {`{"contents":[` + user + `,{"role":"model","parts":[{"functionCall":{"args":{}}}]}]}`, "function call without a name"},
		"nameless_response":    {`{"contents":[{"role":"user","parts":[{"functionResponse":{"response":{}}}]},` + model + `]}`, "function response without a name"},
		"tool_without_type":    {declaring(`{"name":"f","parameters":{"properties":{"x":{"type":"STRING"}}}}`), "parameters schema should be of type OBJECT"},
		"tool_small_type":      {declaring(`{"name":"f","parameters":{"type":"object"}}`), "is not a valid JSON object"},
		"tool_enum_of_numbers": {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"INTEGER","enum":[1]}}}}`), "is not a valid JSON object"},
		"tool_enum_as_texts":   {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"INTEGER","format":"enum","enum":["1"]}}}}`), ""},
		"tool_untyped":         {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"description":"d"}}}}`), "`parameters.x` schema didn't specify the schema type field"},
		"tool_no_items":        {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"ARRAY"}}}}`), "`parameters.x.items`: missing field"},
		"tool_any_of":          {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]}}}}`), ""},
		"tool_any_of_and":      {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"description":"d","anyOf":[{"type":"STRING"}]}}}}`), "any_of, it must be the only field set"},
		"tool_required":        {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING"}},"required":["y"]}}`), "parameters.required[0]`: property is not defined"},
		"tool_empty_enum":      {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING","enum":[""]}}}}`), "parameters.x.enum`: cannot be empty"},
		"tool_ref":             {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"ref":"#/defs/P"}},"defs":{"P":{"type":"STRING"}}}}`), ""},
		"tool_lost_ref":        {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"ref":"#/$defs/P"}}}}`), "which is not defined"},
		"tool_name":            {declaring(`{"name":"look up!"}`), `invalid name "look up!"`},
		"tool_parameter_name":  {declaring(`{"name":"f","parameters":{"type":"OBJECT","properties":{"a b":{"type":"STRING"}}}}`), `invalid parameter name "a b"`},
		"tool_twice":           {declaring(`{"name":"f"},{"name":"f"}`), "duplicate function declaration: f"},
		"tools_129":            {declaring(manyFunctions(129)), "exceeds the maximum of 128"},
		"undeclared_call":      {`{"contents":[` + user + "," + call + `],"tools":[{"functionDeclarations":[{"name":"g"}]}]}`, `"f" in contents[1].parts[0], which is not declared`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.objects.put("data/train.jsonl", goodLine+tc.line+"\n"+goodLine+"not JSON either\n"+goodLine)
			if tc.want == "" {
				w.objects.put("data/train.jsonl", goodLine+tc.line+"\n"+goodLine)
			}
			job := w.finish(w.mustCreate().GetName())
			if tc.want == "" {
				if job.GetState() != pb.JobState_JOB_STATE_SUCCEEDED {
					t.Errorf("state %v, error %v", job.GetState(), job.GetError())
				}
				return
			}
			got := job.GetError().GetMessage()
			if job.GetState() != pb.JobState_JOB_STATE_FAILED || !strings.HasPrefix(got, "Dataset example 2 of 5 ") || !strings.Contains(got, tc.want) {
				t.Errorf("state %v, error %q, want one with %q", job.GetState(), got, tc.want)
			}
			if !strings.HasSuffix(got, "...") && !strings.HasSuffix(got, ". JSON: "+strings.ToValidUTF8(tc.line, "\ufffd")) {
				t.Errorf("error %q does not end with the line", got)
			}
		})
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var file strings.Builder
	for i := range 11 { // 4 to 44 characters: 1 to 11 tokens
		file.WriteString(answer(strings.Repeat("ü", 4*(i+1))) + "\n")
	}
	file.WriteString(answer(strings.Repeat("word", 131072)) + "\n") // one token too many with the answer
	file.WriteString(answer("four"))                                // without a line end
	w.objects.put("data/train.jsonl", file.String())
	got := w.run(w.mustCreate().GetName()).GetTuningDataStats().GetSupervisedTuningDataStats()
	want := &pb.SupervisedTuningDataStats{
		TuningDatasetExampleCount:  13,
		TotalTuningCharacterCount:  264 + 4 + 12*4,
		TotalBillableTokenCount:    67 + 12,
		TuningStepCount:            2 * 4,
		TotalTruncatedExampleCount: 1,
		TruncatedExampleIndices:    []int64{12},
		DroppedExampleReasons:      []string{"Example has 131073 tokens, which exceeds the maximum of 131072 tokens."},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestDropped_examples_are_a_sample(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	image := `{"fileData":{"mimeType":"image/png","fileUri":"gs://b/i.png"}},`
	many := `{"contents":[{"role":"user","parts":[` + strings.Repeat(image, 31) + `{"text":"q"}]},{"role":"model","parts":[{"text":"a"}]}]}` + "\n"
	w.objects.put("data/train.jsonl", strings.Repeat(goodLine+many, 25))
	got := w.run(w.mustCreate().GetName()).GetTuningDataStats().GetSupervisedTuningDataStats()
	if got.GetTotalTruncatedExampleCount() != 25 || len(got.GetTruncatedExampleIndices()) != 20 || len(got.GetDroppedExampleReasons()) != 20 {
		t.Errorf("%d dropped, %d indices, %d reasons", got.GetTotalTruncatedExampleCount(), len(got.GetTruncatedExampleIndices()), len(got.GetDroppedExampleReasons()))
	}
	if got.GetTruncatedExampleIndices()[1] != 4 || !strings.Contains(got.GetDroppedExampleReasons()[1], "31 images") {
		t.Errorf("second: %d, %q", got.GetTruncatedExampleIndices()[1], got.GetDroppedExampleReasons()[1])
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		training   string
		validation string // "" is no validation set
		want       string // "" is success
	}{
		"empty":                 {"", "", "has no usable examples: 0 examples"},
		"all_dropped":           {answer(strings.Repeat("word", 140000)), "", "has no usable examples: 1 examples, of which 1 were dropped"},
		"validated":             {goodLine, goodLine, ""},
		"validation_fault":      {goodLine, goodLine + "{}", "Validation dataset example 2 of 2 has no 'contents'. JSON: {}"},
		"validation_empty":      {goodLine, "\n", "Validation dataset example 1 of 1 is not a valid JSON object"},
		"validation_1000":       {goodLine, strings.Repeat(goodLine, 1000), ""},
		"validation_share":      {strings.Repeat(goodLine, 3336), strings.Repeat(goodLine, 1001), "exceeds 30% of the 3336 training examples"},
		"validation_share_fits": {strings.Repeat(goodLine, 3337), strings.Repeat(goodLine, 1001), ""},
		"validation_5001":       {strings.Repeat(goodLine, 17000), strings.Repeat(goodLine, 5001), "exceeds the maximum of 5000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.objects.put("data/train.jsonl", tc.training)
			job := w.mustCreate(spec(func(s *pb.SupervisedTuningSpec) {
				if tc.validation != "" {
					w.objects.put("data/check.jsonl", tc.validation)
					s.ValidationDatasetUri = "gs://data/check.jsonl"
				}
			}))
			done := w.finish(job.GetName())
			if ok := done.GetState() == pb.JobState_JOB_STATE_SUCCEEDED; ok != (tc.want == "") || !strings.Contains(done.GetError().GetMessage(), tc.want) {
				t.Errorf("state %v, error %v, want %q", done.GetState(), done.GetError(), tc.want)
			}
		})
	}
}
