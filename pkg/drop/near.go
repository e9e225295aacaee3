// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package drop

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// others are the words that people use for a field, which are not like its name.
var others = map[string]string{
	"epoch": "epoch-count", "epochs": "epoch-count", "model": "base-model", "budget": "max-cost-usd", "max-cost": "max-cost-usd",
	"label": "label-NAME", "labels": "label-NAME",
}

// meant returns the field that a key is close to, or "".
func meant(key string) string {
	if name, ok := others[key]; ok {
		return name
	}
	written := letters(key)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		near := 2 // letters that are wrong, missing or too many
		if len(name) < 8 {
			near = 1 // of short words, many are alike that have nothing to do with each other
		}
		if distance(written, letters(name)) <= near {
			return name
		}
	}
	return ""
}

// letters leaves out what words are divided by.
func letters(key string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, key)
}

// distance is Levenshtein's: how many bytes are to be put in, taken out or changed to make one text of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // from what was read of a to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, corner+1, row[j]+1)
		}
	}
	return row[len(b)]
}
