// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

func message(role, text, relatedRole, relatedText string) dataset.Message {
	return dataset.Message{SessionID: "s", Role: role, Content: text, Related: &dataset.Related{Role: relatedRole, Content: relatedText}}
}

func TestPairer(t *testing.T) {
	t.Parallel()
	question := message("user", "Q", "assistant", "A")
	answer := message("assistant", "A", "user", "Q")
	elsewhere := answer
	elsewhere.SessionID = "other"
	type result struct {
		user, model string
		outcome     dataset.Outcome
	}
	paired, merged := result{"Q", "A", dataset.Paired}, result{"Q", "A", dataset.Merged}
	tests := []struct {
		name string
		in   []dataset.Message
		want []result
	}{
		{"question_then_answer", []dataset.Message{question, answer}, []result{paired, merged}},
		{"answer_then_question", []dataset.Message{answer, question}, []result{paired, merged}},
		{"same_side_twice", []dataset.Message{question, question}, []result{paired, paired}},
		{"two_and_one", []dataset.Message{question, question, answer}, []result{paired, paired, merged}},
		{"two_and_two", []dataset.Message{question, answer, answer, question}, []result{paired, merged, paired, merged}},
		{"other_session", []dataset.Message{question, elsewhere}, []result{paired, paired}},
		{"no_related", []dataset.Message{{Role: "user", Content: "Q"}}, []result{{outcome: dataset.NoRelatedMessage}}},
		{"same_role", []dataset.Message{message("user", "Q", "user", "A")}, []result{{outcome: dataset.SameRole}}},
		{"white_space", []dataset.Message{message("user", "\u00a0\n", "assistant", "A")}, []result{{outcome: dataset.EmptyText}}},
		{"unknown_role", []dataset.Message{message("bot", "Q", "user", "A")}, []result{{outcome: dataset.InvalidRole}}},
		{"unknown_related_role", []dataset.Message{message("user", "Q", "model", "A")}, []result{{outcome: dataset.InvalidRole}}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := dataset.NewPairer()
			var got []result
			for _, m := range tc.in {
				user, model, outcome := p.Pair(m)
				got = append(got, result{user, model, outcome})
				if outcome.LeftOut() != (user == "") {
					t.Errorf("%s is left out: %t, but gives %q", outcome, outcome.LeftOut(), user)
				}
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("pairs mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendPair(t *testing.T) {
	t.Parallel()
	got := string(dataset.AppendPair([]byte("x"), "a\"<\u2028", "b\n"))
	want := "x" + `{"contents":[{"role":"user","parts":[{"text":"a\"<` + "\u2028" + `"}]},{"role":"model","parts":[{"text":"b\n"}]}]}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("AppendPair mismatch (-want +got):\n%s", diff)
	}
}

func TestFaultField(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]dataset.Fault{
		"data":                          {Record: -1},
		"data[0]":                       {},
		"data[3].contents[1].role":      {Record: 3, Pointer: "/contents/1/role"},
		`data[1].args["a b/~"].x["1x"]`: {Record: 1, Pointer: "/args/a b~1~0/x/1x"},
		"data[0].az.AZ._.x09[09]":       {Pointer: "/az/AZ/_/x09/09"},
		`data[0]["{"]["a:"]["a/"][""]`:  {Pointer: "/{/a:/a~1/"},
		"data[0][\"`\"]":                {Pointer: "/`"},
	} {
		if got := f.Field("data"); got != want {
			t.Errorf("Field of %+v = %s, want %s", f, got, want)
		}
	}
}
