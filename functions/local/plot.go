// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
)

// plot draws a series as bars in one line, between its first and its last value. It draws at most
// width values, at even distances, including the first and the last one.
func plot(values []float64, width int) string {
	if len(values) == 0 {
		return ""
	}
	first, last := values[0], values[len(values)-1]
	lowest, highest := slices.Min(values), slices.Max(values)
	bars := []rune("▁▂▃▄▅▆▇█")
	shown := make([]rune, min(len(values), width))
	for i := range shown {
		at := i * (len(values) - 1) / max(len(shown)-1, 1)
		level := 0.
		if highest > lowest {
			level = (values[at] - lowest) / (highest - lowest)
		}
		shown[i] = bars[int(level*float64(len(bars)-1)+0.5)]
	}
	return fmt.Sprintf("%.3g %s %.3g", first, string(shown), last)
}
