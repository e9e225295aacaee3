// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestPlot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []float64
		width  int
		want   string
	}{
		{[]float64{3, 2, 1}, 10, "3 █▅▁ 1"},
		{[]float64{1, 8, 2, 3}, 10, "1 ▁█▂▃ 3"},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 8, "8 █▇▆▅▄▃▂▁ 1"},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 2, "8 █▁ 1"},
		{[]float64{8, 7, 6}, 1, "8 █ 6"},
		{[]float64{2, 2}, 10, "2 ▁▁ 2"},
		{[]float64{0.12345}, 10, "0.123 ▁ 0.123"},
		{nil, 10, ""},
	} {
		if got := plot(tt.values, tt.width); got != tt.want {
			t.Errorf("plot(%v, %d) = %q, want %q", tt.values, tt.width, got, tt.want)
		}
	}
}
