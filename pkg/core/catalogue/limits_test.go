// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	fact := func(n int64) *catalogue.Fact[int64] { return &catalogue.Fact[int64]{Value: n} }
	tests := map[string]struct {
		model *catalogue.Model
		want  dataset.Limits
	}{
		"unknown_model": {nil, dataset.Limits{}},
		"nothing_known": {&catalogue.Model{}, dataset.Limits{}},
		"all_known": {
			&catalogue.Model{Facts: catalogue.Facts{ExampleTokens: fact(1), ImagesPerExample: fact(2), TextExamples: fact(3), DatasetBytes: fact(4)}},
			dataset.Limits{ExampleTokens: 1, ExampleFiles: 2, Examples: 3, OutputBytes: 4},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.model.Limits()); diff != "" {
				t.Errorf("limits (-want +got):\n%s", diff)
			}
		})
	}
}
