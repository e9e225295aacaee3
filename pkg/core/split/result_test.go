// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/split"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	side := func(examples int64) split.Side { return split.Side{Examples: examples} }
	for name, tt := range map[string]struct {
		in   split.Result
		want []string
	}{
		"as_asked":  {split.Result{Training: side(70), Validation: side(30), Asked: 0.3}, nil},
		"some_more": {split.Result{Training: side(60), Validation: side(40), Asked: 0.3}, nil},
		"much_more": {split.Result{Training: side(6), Validation: side(6), Asked: 0.3}, []string{
			"validation_split: 6 of 12 examples are for validation, which is 50 % where 30 % were asked for: conversations are not divided, and there are few of them, or long ones.",
		}},
		"nearly_all": {split.Result{Training: side(10), Validation: side(90), Asked: 0.3}, []string{
			"validation_split: 90 of 100 examples are for validation, which is 90 % where 30 % were asked for: conversations are not divided, and there are few of them, or long ones.",
		}},
		"given_back": {split.Result{Training: side(97), Validation: side(3), Asked: 0.1, GivenBack: 7}, []string{
			"validation_split: the validation file is smaller than asked for, by 7 examples, to stay within the bounds.",
		}},
		"none": {split.Result{Training: side(3), Asked: 0.1}, []string{
			"validation_split: no conversation is in the validation part, so there is no validation file. Give more conversations, or a larger share.",
		}},
	} {
		if diff := cmp.Diff(tt.want, tt.in.Warnings()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The warnings of one split do not contradict each other, and their counts have the right grammar.
func TestWarnings_agree(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   split.Result
		want []string
	}{
		"nothing_left": {split.Result{Asked: 0.5, Training: split.Side{Examples: 6}, GivenBack: 6}, []string{"the limits of a validation file"}},
		"one_overlap": {split.Result{
			Asked: 0.5, Training: split.Side{Examples: 6}, Validation: split.Side{Examples: 5}, Overlaps: 1, Overlap: []split.Overlap{{TrainingLine: 3}},
		}, []string{"line 3 of the training file"}},
		"one_and_none_left": {split.Result{Asked: 0.5, Training: split.Side{Examples: 1}, GivenBack: 1}, []string{"the limits of a validation file"}},
		"none":              {split.Result{Asked: 0.1, Training: split.Side{Examples: 6}}, []string{"or a larger share"}},
		"one":               {split.Result{Asked: 0.5, Training: split.Side{Examples: 6}, Validation: split.Side{Examples: 5}, GivenBack: 1}, []string{"by 1 example, to"}},
		"two":               {split.Result{Asked: 0.5, Training: split.Side{Examples: 6}, Validation: split.Side{Examples: 5}, GivenBack: 2}, []string{"by 2 examples, to"}},
		"at_the_limit":      {split.Result{Asked: 0.25, Training: split.Side{Examples: 5}, Validation: split.Side{Examples: 3}}, nil}, // 1.5 times
		"above_it":          {split.Result{Asked: 0.25, Training: split.Side{Examples: 9}, Validation: split.Side{Examples: 6}}, []string{"40 % where 25 %"}},
	} {
		got := tt.in.Warnings()
		if len(got) != len(tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
			continue
		}
		for i, want := range tt.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: %q does not say %q", name, got[i], want)
			}
		}
	}
}
