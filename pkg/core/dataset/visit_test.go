// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestExample_is_told_where_it_came_from checks the record and the line of each example, for every
// container and any number of workers.
func TestExample_is_told_where_it_came_from(t *testing.T) {
	t.Parallel()
	pair := func(n int) string {
		return fmt.Sprintf(`{"session_id": "s%d", "role": "user", "content": "q%d", "related_message": {"role": "assistant", "content": "a%d"}}`, n%3, n, n)
	}
	many := 20_000 // more than one block
	if testing.Short() {
		many = 4000
	}
	var lines, pretty strings.Builder
	pretty.WriteString("{\n\"data\": [\n")
	for n := range many {
		lines.WriteString(pair(n) + "\n\n") // every other line is blank
		pretty.WriteString(strings.ReplaceAll(pair(n), ", ", ",\n"))
		if n < many-1 {
			pretty.WriteString(",\n")
		}
	}
	pretty.WriteString("\n]}")
	for name, in := range map[string]struct {
		text        string
		first, each int64
	}{"lines": {lines.String(), 1, 2}, "pretty": {pretty.String(), 3, 5}} {
		for _, workers := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s_%d", name, workers), func(t *testing.T) {
				t.Parallel()
				n := int64(0)
				report, err := dataset.Convert(t.Context(), io.Discard, strings.NewReader(in.text), dataset.Options{
					Workers: workers,
					Example: func(e dataset.Example) error {
						want := dataset.Example{
							Record: n, Line: in.first + n*in.each, Session: fmt.Sprintf("s%d", n%3),
							Text: fmt.Appendf(nil, `{"contents":[{"role":"user","parts":[{"text":"q%d"}]},{"role":"model","parts":[{"text":"a%d"}]}]}`+"\n", n, n),
						}
						if e.Record != want.Record || e.Line != want.Line || e.Session != want.Session || !bytes.Equal(e.Text, want.Text) {
							return errors.New(cmp.Diff(want, e))
						}
						n++
						return nil
					},
				})
				if err != nil || report.Examples != int64(many) || n != int64(many) {
					t.Errorf("%d of %d examples were passed to Example: %v", n, many, err)
				}
			})
		}
	}
}

// TestExample_without_a_session checks that the session is read only from the example's own record.
func TestExample_without_a_session(t *testing.T) {
	t.Parallel()
	const bare = `{"role":"user","content":"q","related_message":{"role":"assistant","content":"%s","session_id":"inner"}%s}`
	one, two := fmt.Sprintf(bare, "a", ""), fmt.Sprintf(bare, "b", `,"session_id":"x"`)
	for name, text := range map[string]string{"lines": one + "\n" + two, "array": "[" + one + "," + two + "]", "one": one} {
		var sessions []string
		_, err := dataset.Convert(t.Context(), io.Discard, strings.NewReader(strings.ReplaceAll(text, `,"session_id":"inner"`, "")), dataset.Options{
			Example: func(e dataset.Example) error {
				sessions = append(sessions, e.Session)
				return nil
			},
		})
		if diff := cmp.Diff([]string{"", "x"}[:len(sessions)], sessions); diff != "" || err != nil || len(sessions) == 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestExample_of_a_bad_file_is_not_shown checks that no example is passed on after an error was
// found.
func TestExample_of_a_bad_file_is_not_shown(t *testing.T) {
	t.Parallel()
	_, err := dataset.Convert(t.Context(), io.Discard, strings.NewReader("{\"contents\":7}\n"+
		`{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"a"}]}]}`), dataset.Options{
		Example: func(dataset.Example) error { return errors.New("shown") },
	})
	if err != nil {
		t.Error(err)
	}
}

// TestExample_after_a_merged_pair checks that the second half of a pair is not passed on.
func TestExample_after_a_merged_pair(t *testing.T) {
	t.Parallel()
	const question, answer = `{"role":"user","content":"q"}`, `{"role":"assistant","content":"a"}`
	with := func(message, related string) string {
		return strings.TrimSuffix(message, "}") + `,"related_message":` + related + "}\n"
	}
	var got []dataset.Example
	in := with(question, answer) + with(answer, question) + with(`{"role":"user","content":"another"}`, answer)
	report, err := dataset.Convert(t.Context(), io.Discard, strings.NewReader(in), dataset.Options{
		Example: func(e dataset.Example) error {
			e.Text = bytes.Clone(e.Text)
			got = append(got, e)
			return nil
		},
	})
	want := []dataset.Example{{Text: []byte(example("q", "a")), Record: 0, Line: 1, Tokens: 1}, {Text: []byte(example("another", "a")), Record: 2, Line: 3, Tokens: 2}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || report.MergedPairs != 1 {
		t.Errorf("%v, %d merged (-want +got):\n%s", err, report.MergedPairs, diff)
	}
}

// TestExample_has_its_size checks the estimated tokens, the script and the limit.
func TestExample_has_its_size(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]dataset.Example{
		"four plain words here":  {Tokens: 5, Script: dataset.Latin},
		`{\"a\": [1, 2, 3, 44]}`: {Tokens: 13, Script: dataset.Symbols, TooLong: true},
		"Привет, как дела":       {Tokens: 6, Script: dataset.Two},
		"नमस्ते दुनिया, आप कैसे हैं": {Tokens: 8, Script: dataset.South},
		"今天天气很好": {Tokens: 4, Script: dataset.East},
	} {
		var got dataset.Example
		_, err := dataset.Check(t.Context(), strings.NewReader(example(text, "a")), dataset.Options{
			Limits: dataset.Limits{ExampleTokens: 10},
			Example: func(e dataset.Example) error {
				got = e
				return nil
			},
		})
		if err != nil || got.Tokens != want.Tokens || got.Script != want.Script || got.TooLong != want.TooLong {
			t.Errorf("%s: %v: %d tokens, script %d, too long: %t; want %+v", text, err, got.Tokens, got.Script, got.TooLong, want)
		}
	}
}

// TestExample_counts_encoded_strings: the texts in an encoded string count for the script too.
func TestExample_counts_encoded_strings(t *testing.T) {
	t.Parallel()
	const encoded = `{"messages":[{"role":"user","content":"q"},{"role":"assistant",` +
		`"tool_calls":"[{\"name\":\"f\",\"arguments\":{\"city\":\"Петербург, Москва, Новосибирск\"}}]"}]}`
	var got dataset.Script
	report, err := dataset.Convert(t.Context(), io.Discard, strings.NewReader(encoded), dataset.Options{
		Example: func(e dataset.Example) error {
			got = e.Script
			return nil
		},
	})
	if err != nil || report.Errors > 0 || got != dataset.Two {
		t.Errorf("%v, %d errors, script %d, want %d", err, report.Errors, got, dataset.Two)
	}
}
