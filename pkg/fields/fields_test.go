// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fields_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/fields"
	"github.com/vertextune/vertextune/pkg/usd"
)

// asked is a member of each type.
type asked struct {
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

func read(t *testing.T, text string) (asked, error) {
	t.Helper()
	f, err := fields.Parse("The body", []byte(text))
	if err != nil {
		return asked{}, err
	}
	a := asked{
		Text: f.Text("text"), Texts: f.Texts("texts"), Flag: f.Flag("flag"), Choice: f.Choice("choice"), Map: f.TextMap("map"),
		Dollars: f.Dollars("dollars"), Integer: f.Integer("integer"), Number: f.Number("number"), Duration: f.Duration("duration"),
	}
	f.Object("object", func(o *fields.Reader) { a.Inner = o.Text("inner") })
	return a, f.Err()
}

func TestReader(t *testing.T) {
	t.Parallel()
	all := asked{
		Text: "ü", Texts: []string{"a", "b"}, Flag: true, Choice: new(false), Map: map[string]string{"k": "v"},
		Dollars: 12_500_000, Integer: new(int64(-3)), Number: new(0.25), Duration: 90 * time.Second, Inner: "i",
	}
	tests := []struct {
		name, text string
		want       asked
	}{
		{"all", `{"text":"\u00fc","texts":["a","b"],"flag":true,"choice":false,"map":{"k":"v"},"dollars":12.50,"integer":-3,
			"number":0.25,"duration":"90s","object":{"inner":"i"}}`, all},
		{"nothing", `{}`, asked{}},
		{"null_is_nothing", `{"text":null,"texts":null,"choice":null,"map":null,"dollars":null,"integer":null,"object":null}`, asked{}},
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

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string // field and reason of each violation
	}{
		{"types", `{"text":1,"texts":"a","flag":"true","map":[],"integer":"3","object":7}`, []string{
			"text INVALID_TYPE", "texts INVALID_TYPE", "flag INVALID_TYPE", "map INVALID_TYPE", "integer INVALID_TYPE", "object INVALID_TYPE",
		}},
		{"empty", `{"text":"","texts":[]}`, []string{"text EMPTY", "texts EMPTY"}},
		{"elements", `{"texts":["a",1],"map":{"k":1}}`, []string{"texts[1] INVALID_TYPE", "map.k INVALID_TYPE"}},
		{"numbers", `{"dollars":0,"integer":1.5,"number":1e999,"duration":"1h"}`, []string{
			"dollars OUT_OF_RANGE", "integer INVALID_TYPE", "number OUT_OF_RANGE", "duration INVALID_DURATION",
		}},
		{"unknown", `{"texte":"a","object":{"outer":1}}`, []string{"object.outer UNKNOWN_FIELD", "texte UNKNOWN_FIELD"}},
		{"no_json", `{"text":[1,}`, []string{"text[1] SYNTAX"}},
		{"no_object", `[]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, tt.text)
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
