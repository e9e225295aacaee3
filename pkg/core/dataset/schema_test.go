// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestSchemas checks how the parameters of a function are written for Vertex AI.
func TestSchemas(t *testing.T) {
	t.Parallel()
	const at = "/tools/0/function/parameters"
	objectOf := func(properties string) string { return `{"type":"OBJECT","properties":` + properties + `}` }
	in := func(properties string) string { return `{"type":"object","properties":` + properties + `}` }
	tests := []struct {
		name, parameters, want string // want is "" for no parameters
		faults                 []string
	}{
		{"small_types", in(`{"x":{"type":"String"}}`), objectOf(`{"x":{"type":"STRING"}}`), nil},
		{"python", `{"type":"dict","properties":{"a":{"type":"str"},"b":{"type":"int"},"c":{"type":"float"},"d":{"type":"bool"}}}`, objectOf(`{"a":{"type":"STRING"},"b":{"type":"INTEGER"},"c":{"type":"NUMBER"},"d":{"type":"BOOLEAN"}}`), nil},
		{"annotations", in(`{"a":{"type":"List[List[int]]"},"b":{"type":"Optional[str]"},"c":{"type":"str, optional"},"d":{"type":"Tuple[int, int]"},"e":{"type":"list[str] | None"}}`),
			objectOf(`{"a":{"type":"ARRAY","items":{"type":"ARRAY","items":{"type":"INTEGER"}}},"b":{"type":"STRING","nullable":true},"c":{"type":"STRING"},"d":{"type":"ARRAY","items":{"type":"INTEGER"}},"e":{"type":"ARRAY","nullable":true,"items":{"type":"STRING"}}}`), nil},
		{"unions", in(`{"a":{"type":"Union[int, str]","description":"d"},"b":{"type":["string","null"]},"c":{"type":["string","integer"],"maxLength":3}}`),
			objectOf(`{"a":{"anyOf":[{"type":"INTEGER","description":"d"},{"type":"STRING","description":"d"}]},"b":{"type":"STRING","nullable":true},"c":{"anyOf":[{"type":"STRING","maxLength":3},{"type":"INTEGER","maxLength":3}]}}`), nil},
		{"unknown_type", in(`{"x":{"type":"any"}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x/type"}},
		{"no_type", in(`{"x":{"description":"d"}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x"}},
		{"null_alone", in(`{"x":{"type":"null"}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x/type"}},
		{"enums", in(`{"a":{"type":"integer","enum":[1,2,2]},"b":{"enum":["x",null]},"c":{"const":1.5},"d":{"type":"string","enum":[1]},"e":{"enum":[]  ,"type":"string"}}`),
			objectOf(`{"a":{"type":"INTEGER","format":"enum","enum":["1","2"]},"b":{"type":"STRING","enum":["x"],"nullable":true},"c":{"type":"NUMBER","format":"enum","enum":["1.5"]},"d":{"type":"STRING","enum":["1"]},"e":{"type":"STRING"}}`), nil},
		{"enum_of_lists", in(`{"x":{"type":"string","enum":[[1]]}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x/enum/0"}},
		{"nulls", in(`{"x":{"type":"string","description":null,"enum":null,"items":null},"y":null}`), objectOf(`{"x":{"type":"STRING"}}`), nil},
		{"optional", in(`{"x":{"anyOf":[{"type":"string","maxLength":3},{"type":"null"}],"default":null,"title":"X"}}`), objectOf(`{"x":{"type":"STRING","title":"X","maxLength":3,"nullable":true}}`), nil},
		{"alternatives", in(`{"x":{"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}],"description":"d"}}`), objectOf(`{"x":{"anyOf":[{"type":"STRING","description":"d","nullable":true},{"type":"INTEGER","description":"d","nullable":true}]}}`), nil},
		{"alternatives_beside_a_type", `{"type":"object","properties":{"x":{"type":"string"}},"anyOf":[{"required":["x"]},{"required":["y"]}]}`, objectOf(`{"x":{"type":"STRING"}}`), []string{"warning UNKNOWN_FIELD " + at + "/anyOf"}},
		{"all_of", in(`{"x":{"allOf":[{"type":"string"},{"maxLength":3}],"description":"d"}}`), objectOf(`{"x":{"type":"STRING","description":"d","maxLength":3}}`), nil},
		{"references", `{"type":"object","properties":{"x":{"$ref":"#/$defs/P","description":"mine"},"y":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"string","description":"all"}}}`, objectOf(`{"x":{"type":"STRING","description":"mine"},"y":{"type":"STRING","description":"all"}}`), nil},
		{"endless_reference", `{"type":"object","properties":{"x":{"$ref":"#/definitions/P"}},"definitions":{"P":{"type":"object","properties":{"next":{"$ref":"#/definitions/P"}}}}}`, "", []string{"error INVALID_SCHEMA " + at + "/definitions/P/properties/next", "error INVALID_SCHEMA " + at + "/definitions/P/properties/next/$ref"}},
		{"lost_reference", in(`{"x":{"$ref":"#/$defs/P","type":"string"}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x/$ref"}},
		{"as_text", `"{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"string\"}}}"`, objectOf(`{"x":{"type":"STRING"}}`), nil},
		{"bad_text", `"x: string"`, "", []string{"error INVALID_SCHEMA " + at}},
		{"list", `[{"name":"x","type":"string","required":true},{"name":"y","type":"int"}]`, objectOf(`{"x":{"type":"STRING"},"y":{"type":"INTEGER"}},"required":["x"]`), nil},
		{"flat", `{"x":{"type":"string"},"y":{"type":"integer"},"required":["y"]}`, objectOf(`{"x":{"type":"STRING"},"y":{"type":"INTEGER"}},"required":["y"]`), nil},
		{"flat_type", `{"type":{"type":"string"}}`, objectOf(`{"type":{"type":"STRING"}}`), nil},
		{"flat_names", `{"x":"string"}`, objectOf(`{"x":{"type":"STRING"}}`), nil},
		{"flat_unknown_type", `{"x":"d","y":"string"}`, "", []string{"error INVALID_SCHEMA " + at + "/x"}},
		{"flat_number", `{"x":5,"y":{"type":"string"},"$comment":"c","strict":true,"title":"t"}`, "", []string{"error INVALID_SCHEMA " + at + "/x"}},
		{"forgotten_properties_and_a_type", `{"type":"object","x":{"type":"string"},"y":"strng","nullable":true}`, "", []string{"error INVALID_SCHEMA " + at + "/y"}},
		{"forgotten_properties", `{"type":"object","x":{"type":"string"}}`, objectOf(`{"x":{"type":"STRING"}}`), nil},
		{"required_inside", in(`{"x":{"type":"string","required":true},"y":{"type":"string","required":false}}`), objectOf(`{"x":{"type":"STRING"},"y":{"type":"STRING"}},"required":["x"]`), nil},
		{"required_unknown", `{"type":"object","properties":{"x":{"type":"string"}},"required":["x","y"]}`, objectOf(`{"x":{"type":"STRING"}},"required":["x"]`), []string{"warning INVALID_SCHEMA " + at + "/required/1"}},
		{"no_items", in(`{"x":{"type":"array"}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x"}},
		{"list_of_items", in(`{"x":{"type":"array","items":[{"type":"string"},{"type":"integer"}]}}`), objectOf(`{"x":{"type":"ARRAY","items":{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]}}}`), nil},
		{"no_properties_inside", in(`{"x":{"type":"object","additionalProperties":{"type":"integer"}}}`), objectOf(`{"x":{"type":"OBJECT","additionalProperties":{"type":"INTEGER"}}}`), []string{"warning INVALID_SCHEMA " + at + "/properties/x"}},
		{"items_of_object", `{"type":"object","items":{"type":"string"},"properties":{"x":{"type":"string"}}}`, "", []string{"error INVALID_SCHEMA " + at + "/items"}},
		{"object_or_text", in(`{"x":{"type":["object","string"],"properties":{"y":{"type":"string"}},"required":["y"]}}`), objectOf(`{"x":{"anyOf":[{"type":"OBJECT","properties":{"y":{"type":"STRING"}},"required":["y"]},{"type":"STRING"}]}}`), nil},
		{"not_an_object", `{"type":"string"}`, "", []string{"error INVALID_SCHEMA " + at}},
		{"unknown_keyword", in(`{"x":{"type":"integer","multipleOf":2}}`), objectOf(`{"x":{"type":"INTEGER"}}`), []string{"warning UNKNOWN_FIELD " + at + "/properties/x/multipleOf"}},
		{"bad_values", in(`{"x":{"type":"string","minLength":1.5,"pattern":1}}`), "", []string{"error INVALID_SCHEMA " + at + "/properties/x/minLength", "error WRONG_TYPE " + at + "/properties/x/pattern"}},
		{"parameter_name", in(`{"a b":{"type":"string"}}`), "", []string{"error INVALID_NAME " + at + "/properties/a b"}},
		{"nothing", `{}`, "none", nil},
		{"number", `7`, "", []string{"error WRONG_TYPE " + at}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			record := `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":[{"type":"function","function":{"name":"f","parameters":` + tc.parameters + `}}]}`
			out, report := convert(t, strings.NewReader(record), dataset.Options{})
			want := question + `,` + answer + `],"tools":[{"functionDeclarations":[{"name":"f","parameters":` + closed(tc.want) + `}]}]}` + "\n"
			switch {
			case tc.want == "none":
				want = question + `,` + answer + `],"tools":[{"functionDeclarations":[{"name":"f"}]}]}` + "\n"
			case report.Errors > 0:
				out = ""
				fallthrough
			case tc.want == "":
				want = closed(tc.want)
			}
			if diff := cmp.Diff(want, out); diff != "" {
				t.Errorf("example (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.faults, faultsOf(report)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if tc.want == "" || tc.want == "none" || report.Errors > 0 {
				return
			}
			// The output must also be a valid example in the format of Vertex AI.
			again, report := convert(t, strings.NewReader(out), dataset.Options{})
			if again != out || report.Errors > 0 {
				t.Errorf("the output has the faults %+v", report.Faults)
			}
		})
	}
}

// closed closes an object that is followed by "required".
func closed(schema string) string {
	if before, required, ok := strings.Cut(schema, `},"required":[`); ok && strings.HasSuffix(schema, "]") {
		return before + `,"required":[` + required + "}"
	}
	return schema
}

// TestNativeTools checks that an example in the format of Vertex AI is rejected where a converted
// example would be corrected.
func TestNativeTools(t *testing.T) {
	t.Parallel()
	const at = "/tools/0/functionDeclarations/0"
	tests := []struct {
		name, functions string
		faults          []string
	}{
		{"required_without_properties", `{"name":"f","parameters":{"type":"OBJECT","required":["x"]}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/required/0", "warning INVALID_SCHEMA " + at + "/parameters"}},
		{"required_of_text", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING","required":["y"]}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/properties/x/required/0"}},
		{"items_of_object", `{"name":"f","parameters":{"type":"OBJECT","items":{"a":7},"properties":{"x":{"type":"STRING"}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/items"}},
		{"required_is_empty", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING","required":[]}}}}`, nil},
		{"good", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"ARRAY","items":{"type":"STRING","min_length":1}}},"required":["x"]}}`, nil},
		{"any_of", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"any_of":[{"type":"STRING"},{"type":"INTEGER"}]}}}}`, nil},
		{"small_type", `{"name":"f","parameters":{"type":"object","properties":{"x":{"type":"STRING"}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/type"}},
		{"null", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":null,"y":{"type":"STRING"}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/properties/x"}},
		{"enum_of_numbers", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"INTEGER","enum":[1]}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/properties/x/enum/0"}},
		{"type_list", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":["STRING","INTEGER"]}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/properties/x/type", "error INVALID_SCHEMA " + at + "/parameters/properties/x/type"}},
		{"unknown_keyword", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING","oneOf":[]}}}}`, []string{"error INVALID_SCHEMA " + at + "/parameters/properties/x/oneOf"}},
		{"as_text", `{"name":"f","parameters":"{}"}`, []string{"error INVALID_SCHEMA " + at + "/parameters"}},
		{"unknown_member", `{"name":"f","input_schema":{}}`, []string{"error UNKNOWN_FIELD " + at + "/input_schema"}},
		{"both_schemas", `{"name":"f","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING"}}},"parametersJsonSchema":{}}`, []string{"error INVALID_SCHEMA " + at + "/parametersJsonSchema"}},
		{"name", `{"name":"look up!"}`, []string{"error INVALID_NAME " + at + "/name"}},
		{"twice", `{"name":"f"},{"name":"f"}`, []string{"error DECLARED_TWICE /tools/0/functionDeclarations/1/name"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			record := `{"contents":[` + turn1 + `,` + turn2 + `],"tools":[{"functionDeclarations":[` + tc.functions + `]}]}`
			_, report := convert(t, strings.NewReader(record), dataset.Options{})
			if diff := cmp.Diff(tc.faults, faultsOf(report)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
