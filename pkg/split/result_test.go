// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/split"
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
