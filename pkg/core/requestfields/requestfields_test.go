// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package requestfields_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// allTypes has one member of each type.
type allTypes struct {
	Text     string
	Texts    []string
	Flag     bool
	Choice   *bool
	Map      map[string]string
	Dollars  usd.Amount
	Integer  *int64
	Number   *float64
	Duration time.Duration
	Inner    string
}

func read(t *testing.T, text string) (allTypes, error) {
	t.Helper()
	f, err := requestfields.Parse("The body", []byte(text))
	if err != nil {
		return allTypes{}, err
	}
	a := allTypes{
		Text: f.Text("text"), Texts: f.Texts("texts", 3, "Give fewer."), Flag: f.Flag("flag"), Choice: f.Choice("choice"), Map: f.TextMap("map"),
		Dollars: f.Dollars("dollars"), Integer: f.Integer("integer"), Number: f.Number("number"), Duration: f.Duration("duration"),
	}
	f.Object("object", func(o *requestfields.Reader) { a.Inner = o.Text("inner") })
	return a, f.Err()
}

func TestReader(t *testing.T) {
	t.Parallel()
	all := allTypes{
		Text: "ü", Texts: []string{"a", "b"}, Flag: true, Choice: new(false), Map: map[string]string{"k": "v"},
		Dollars: 12_500_000, Integer: new(int64(-3)), Number: new(0.25), Duration: 90 * time.Second, Inner: "i",
	}
	tests := []struct {
		name, text string
		want       allTypes
	}{
		{"all", `{"text":"\u00fc","texts":["a","b"],"flag":true,"choice":false,"map":{"k":"v"},"dollars":12.50,"integer":-3,
			"number":0.25,"duration":"90s","object":{"inner":"i"}}`, all},
		{"nothing", `{}`, allTypes{}},
		{"numbers_in_other_forms", `{"integer":-3.0,"dollars":1e-5}`, allTypes{Integer: new(int64(-3)), Dollars: 10}},
		{"exponents", `{"integer":30e-1,"dollars":1E3}`, allTypes{Integer: new(int64(3)), Dollars: 1000 * usd.Dollar}},
		{"the_smallest_amount", `{"dollars":0.000001}`, allTypes{Dollars: 1}},
		{"the_longest_duration", `{"duration":"9000000000s"}`, allTypes{Duration: 9_000_000_000 * time.Second}},
		{"less_than_a_second", `{"duration":"0.5s"}`, allTypes{Duration: 500 * time.Millisecond}},
		{"as_many_as_may_be", `{"texts":["a","b","c"]}`, allTypes{Texts: []string{"a", "b", "c"}}},
		{"null_is_nothing", `{"text":null,"texts":null,"choice":null,"map":null,"dollars":null,"integer":null,"object":null}`, allTypes{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReader_refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string // field and reason of each violation
	}{
		{"types", `{"text":1,"texts":"a","flag":"true","map":[],"integer":"3","object":7}`, []string{
			"text INVALID_TYPE", "texts INVALID_TYPE", "flag INVALID_TYPE", "map INVALID_TYPE", "integer INVALID_TYPE", "object INVALID_TYPE",
		}},
		{"one_fault", `{"text":1}`, []string{"text INVALID_TYPE"}},
		{"too_many", `{"texts":["a","b","c",1,"e"]}`, []string{"texts[3] INVALID_TYPE", "texts TOO_MANY"}},
		{"empty", `{"text":"","texts":[]}`, []string{"text EMPTY", "texts EMPTY"}},
		{"seconds_in_words", `{"duration":"twos"}`, []string{"duration INVALID_DURATION"}},
		{"hexadecimal_seconds", `{"duration":"0x1p3s"}`, []string{"duration INVALID_DURATION"}},
		{"no_unit", `{"duration":"90"}`, []string{"duration INVALID_DURATION"}},
		{"no_json_in_a_field_with_a_slash", `{"a/~":[1,}`, []string{"a/~[1] SYNTAX"}},
		{"one_letter", "x", []string{" SYNTAX"}},
		{"elements", `{"texts":["a",1],"map":{"k":1}}`, []string{"texts[1] INVALID_TYPE", "map.k INVALID_TYPE"}},
		{"numbers", `{"dollars":0,"integer":1.5,"number":1e999,"duration":"1h"}`, []string{
			"dollars OUT_OF_RANGE", "integer INVALID_TYPE", "number OUT_OF_RANGE", "duration INVALID_DURATION",
		}},
		{"no_time", `{"duration":"0s"}`, []string{"duration INVALID_DURATION"}},
		{"two_points", `{"duration":"1.2.3s"}`, []string{"duration INVALID_DURATION"}},
		{"too_long", `{"duration":"9000000001s"}`, []string{"duration INVALID_DURATION"}},
		{"large_integer", `{"integer":1e19}`, []string{"integer OUT_OF_RANGE"}},
		{"unknown", `{"texte":"a","object":{"outer":1}}`, []string{"object.outer UNKNOWN_FIELD", "texte UNKNOWN_FIELD"}},
		{"no_json", `{"text":[1,}`, []string{"text[1] SYNTAX"}},
		{"no_json_in_a_field_of_one_letter", `{"a":{"b":[1,}}`, []string{"a.b[1] SYNTAX"}},
		{"empty_body", " \n", []string{" UNEXPECTED_END"}},
		{"no_object", `[]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values, err := read(t, tt.text)
			if values.Duration != 0 || values.Integer != nil || values.Number != nil {
				t.Errorf("a faulty member was read: %+v", values)
			}
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Kind != fault.InvalidArgument {
				t.Fatalf("error %v, want one that says what is invalid", err)
			}
			var got []string
			for _, v := range e.Violations {
				got = append(got, v.Field+" "+v.Reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// A refusal says what is wrong and suggests a correction.
func TestReader_says(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"dollars":0}`:                  "must be greater than 0.",
		`{"dollars":-1}`:                 "must be greater than 0.",
		`{"dollars":0.0000001}`:          "at most six decimal places",
		`{"dollars":1e-7}`:               "at most six decimal places",
		`{"dollars":1` + zeros(30) + `}`: "at most 9,223,372,036,854.775807",
		`{"integer":1e-1}`:               "must be a whole number.",
		`{"integer":1e99}`:               "to 9,223,372,036,854,775,807",
		`{"durration":"1s"}`:             "Did you mean duration?",
		`{"Duration":"1s"}`:              "Did you mean duration?",
		`{"in-teger":1}`:                 "Did you mean integer?",
		`{"object":{"iner":1}}`:          "Did you mean inner?",
		`{"elephant":1}`:                 "The fields are: text, texts,",
	} {
		_, err := read(t, text)
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || len(e.Violations) != 1 || !strings.Contains(e.Violations[0].Description, want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	none := requestfields.New("", []byte(`{"reason":"late"}`))
	if e := fault.From(none.Err()); !strings.Contains(e.Violations[0].Description, "has no fields") {
		t.Errorf("an object without fields: %q", e.Violations[0].Description)
	}
}

// A member counts as given if it is neither null nor false.
func TestGiven(t *testing.T) {
	t.Parallel()
	f := requestfields.New("", []byte(`{"null":null,"false":false,"true":true,"zero":0,"empty":""}`))
	for name, want := range map[string]bool{
		"null": false, "false": false, "true": true, "zero": true, "empty": true, "absent": false,
	} {
		if got := f.Given(name); got != want {
			t.Errorf("Given(%s) = %v, want %v", name, got, want)
		}
	}
}

// The names of fields are paths from the outermost object, also inside inner objects.
func TestNames(t *testing.T) {
	t.Parallel()
	f := requestfields.New("outer.", []byte(`{"object":{}}`))
	f.Text("text")
	f.Object("object", func(o *requestfields.Reader) { o.Text("inner") })
	want := []string{"outer.text", "outer.object", "outer.object.inner"}
	if diff := cmp.Diff(want, f.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// A missing array is reported together with other faults.
func TestArray_beside_other_faults(t *testing.T) {
	t.Parallel()
	f := requestfields.New("", []byte(`{"flag":1,"data":null}`))
	f.Flag("flag")
	f.Array("data", "an array of examples")
	var got []string
	for _, v := range f.Faults().Kept {
		got = append(got, v.Field+" "+v.Reason)
	}
	if diff := cmp.Diff([]string{"flag INVALID_TYPE", "data REQUIRED"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An array is required, but an array with another fault is not reported as missing.
func TestArray(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`{}`: "REQUIRED", `{"data":null}`: "REQUIRED", `{"data":7}`: "INVALID_TYPE", `{"data":[7]}`: ""} {
		f := requestfields.New("", []byte(text))
		raw := f.Array("data", "an array of examples")
		var got string
		for _, v := range f.Faults().Kept {
			got += v.Reason
		}
		if got != want || (want == "") != (string(raw) == "[7]") {
			t.Errorf("%s: read %s, reasons %q, want %q", text, raw, got, want)
		}
	}
}

func zeros(n int) string { return strings.Repeat("0", n) }

func TestNear(t *testing.T) {
	t.Parallel()
	known := []string{"epoch_count", "force", "labels", "batch_size", "label", "priority"}
	for name, want := range map[string]string{
		"epoch_cuont": "epoch_count", "epochCount": "epoch_count", "forced": "force", "farces": "", "lables": "", "label_": "label", "prioriti_e": "priority", "prijorita": "priority",
		"labelz": "label", "labelss": "labels", "": "", "unrelated": "", "batchSizes": "batch_size", zeros(1 << 20): "",
		"priority" + strings.Repeat("_", 248): "priority", "priority" + strings.Repeat("_", 249): "",
	} {
		if got := requestfields.Near(name, known); got != want {
			t.Errorf("Near(%.20q) = %q, want %q", name, got, want)
		}
	}
}

func TestOneOf(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"must be a.":             requestfields.OneOf("a"),
		"must be a or b.":        requestfields.OneOf("a", "b"),
		"must be 1, 2, 4 or 16.": requestfields.OneOf(1, 2, 4, 16),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
