// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fields

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// OneOf says which values a field can have: "must be 1, 2 or 4."
func OneOf[T any](values ...T) string {
	var b strings.Builder
	for i, value := range values {
		switch {
		case i == 0:
			b.WriteString("must be ")
		case i == len(values)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, value)
	}
	return b.String() + "."
}

// DidYouMean returns the question whether one of the known names is meant, or "" if none is like the name.
func DidYouMean(name string, known []string) string {
	if near := Near(name, known); near != "" {
		return " Did you mean " + near + "?"
	}
	return ""
}

// Near returns the known name that is spelt most like a name, or "". Case and what divides words do not count.
func Near(name string, known []string) string {
	written, nearest, least := Letters(name), "", 0
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		allowed := 2 // letters that are wrong, missing or too many
		if len(candidate) < 8 {
			allowed = 1 // many short words are alike that have nothing to do with each other
		}
		letters := Letters(candidate)
		if d := distance(written, letters, allowed); d <= allowed && (nearest == "" || d < least) {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// Letters leaves out what words are divided by, and writes the rest in lower case.
func Letters(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, name)
}

// distance is Levenshtein's: how many bytes are to be put in, taken out or changed to make one text of the other. A
// distance of more than allowed may be said to be smaller than it is, but is more than allowed.
func distance(a, b string, allowed int) int {
	if gap := max(len(a), len(b)) - min(len(a), len(b)); gap > allowed {
		return gap // a name that somebody sends can be as long as a body
	}
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
