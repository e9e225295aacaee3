// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package requestfields

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/agext/levenshtein"
)

// OneOf lists the values that a field can have: "must be 1, 2 or 4."
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

// DidYouMean asks whether the closest known name is meant. It returns "" where none is close.
func DidYouMean(name string, known []string) string {
	if near := Near(name, known); near != "" {
		return " Did you mean " + near + "?"
	}
	return ""
}

// longestName is the length in bytes above which a name is not compared: a client can send one as
// long as its request.
const longestName = 256

// Near returns the known name whose spelling is closest to a name, or "" where none is close. Case
// and the characters between words do not count.
func Near(name string, known []string) string {
	if len(name) > longestName {
		return ""
	}
	written, nearest, least := Letters(name), "", 0
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		allowed := 2 // letters that are wrong, missing or extra
		if len(candidate) < 8 {
			allowed = 1 // many short words that mean different things are spelled alike
		}
		// No maximal cost is set: with one, the library tells distances that are too small.
		d := levenshtein.Distance(written, Letters(candidate), nil)
		if d <= allowed && (nearest == "" || d < least) {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// Letters returns the letters and digits of a name in lower case.
func Letters(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, name)
}
