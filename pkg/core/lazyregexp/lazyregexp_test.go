// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package lazyregexp_test

import (
	"slices"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

func TestRegexp(t *testing.T) {
	t.Parallel()
	word := lazyregexp.New(`([a-z])[0-9]`)
	if !word.MatchString("a1") || word.MatchString("1a") {
		t.Error("MatchString does not match as the pattern says")
	}
	if got := word.FindStringSubmatch("-b2"); !slices.Equal(got, []string{"b2", "b"}) {
		t.Errorf("FindStringSubmatch = %q", got)
	}
	if got := word.FindAllStringSubmatch("a1 b2", -1); len(got) != 2 || got[1][1] != "b" {
		t.Errorf("FindAllStringSubmatch = %q", got)
	}
}

// TestNew_does_not_compile checks that an invalid pattern panics at its first use and not before.
func TestNew_does_not_compile(t *testing.T) {
	t.Parallel()
	wrong := lazyregexp.New(`(`)
	defer func() {
		if recover() == nil {
			t.Error("a pattern that is not valid was used without a panic")
		}
	}()
	wrong.MatchString("")
}
