// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFieldPath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		input string
		want  fieldPath // nil: refused
	}{
		{"plain", "a", fieldPath{"a"}},
		{"nested", "a.b_1._c", fieldPath{"a", "b_1", "_c"}},
		{"quoted", "`a.b`.c", fieldPath{"a.b", "c"}},
		{"escaped", "`\\``.`\\\\`", fieldPath{"`", "\\"}},
		{"unicode_quoted", "`ü`", fieldPath{"ü"}},
		{"name", "__name__", fieldPath{"__name__"}},
		{"empty", "", nil},
		{"empty_segment", "a..b", nil},
		{"leading_dot", ".a", nil},
		{"trailing_dot", "a.", nil},
		{"digit_first", "1a", nil},
		{"dash", "a-b", nil},
		{"unicode", "ü", nil},
		{"open_quote", "`a", nil},
		{"open_escape", "`a\\", nil},
		{"empty_quotes", "``", nil},
		{"text_after_quote", "`a`b", nil},
		{"reserved", "a.__b__", nil},
		{"name_below", "a.__name__", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseFieldPath(tt.input)
			if (err == nil) != (tt.want != nil) {
				t.Fatalf("got %v, %v; want %v", got, err, tt.want)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("path (-want +got):\n%s", diff)
			}
			if err == nil {
				again, err := parseFieldPath(got.String())
				if err != nil || again.compare(got) != 0 {
					t.Errorf("%q does not come back from %q: %v, %v", got, got.String(), again, err)
				}
			}
		})
	}
}
