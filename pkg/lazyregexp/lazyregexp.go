// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package lazyregexp compiles a regular expression when it is first used. A package-level regexp.MustCompile
// runs before main: at each start of a function it delays the first answer, also if nothing ever uses it.
package lazyregexp

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression that is compiled once, when it is first used. It is safe for concurrent use.
type Regexp struct{ compiled func() *regexp.Regexp }

// New returns the regular expression for a pattern, whose first use panics if the pattern is not valid.
func New(pattern string) *Regexp {
	return &Regexp{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })}
}

// MatchString is as regexp.Regexp has it.
func (r *Regexp) MatchString(s string) bool { return r.compiled().MatchString(s) }

// FindStringSubmatch is as regexp.Regexp has it.
func (r *Regexp) FindStringSubmatch(s string) []string { return r.compiled().FindStringSubmatch(s) }

// FindAllStringSubmatch is as regexp.Regexp has it.
func (r *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return r.compiled().FindAllStringSubmatch(s, n)
}

// ReplaceAllString is as regexp.Regexp has it.
func (r *Regexp) ReplaceAllString(s, replacement string) string {
	return r.compiled().ReplaceAllString(s, replacement)
}

// SubexpNames is as regexp.Regexp has it.
func (r *Regexp) SubexpNames() []string { return r.compiled().SubexpNames() }
