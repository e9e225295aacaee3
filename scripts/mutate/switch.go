// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// edit replaces source[at:at+cut] in the switched form of a mutant. The character @ in its text
// stands for the mutant's number.
type edit struct {
	at, length int
	text       string
	closes     bool // ends an expression or statement, so it precedes edits that begin one there
}

// switched returns the source of one file that contains all its mutants, switched off. The
// environment variable that the support file names turns one on. All mutants must belong to the
// file.
func switched(source []byte, mutants []mutant) []byte {
	type numbered struct {
		edit
		number int
	}
	var all []numbered
	for _, m := range mutants {
		for _, e := range m.edits {
			e.text = strings.ReplaceAll(e.text, "@", strconv.Itoa(m.number))
			all = append(all, numbered{e, m.number})
		}
	}
	slices.SortStableFunc(all, func(a, b numbered) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		switch {
		case a.closes && b.closes:
			return cmp.Compare(b.number, a.number) // the inner one was found later and closes first
		case a.closes != b.closes:
			return map[bool]int{true: -1, false: 1}[a.closes]
		default:
			return cmp.Compare(a.number, b.number)
		}
	})
	var out bytes.Buffer
	done := 0
	for _, e := range all {
		out.Write(source[done:e.at])
		out.WriteString(e.text)
		done = e.at + e.length
	}
	out.Write(source[done:])
	if bytes.Contains(source, []byte("cmp.Or(")) {
		out.WriteString("\nvar _ = cmp.Or[int] // the import stays in use\n")
	}
	return out.Bytes()
}

// variable is the environment variable that turns a mutant on by its number.
const variable = "MUTATE_NUMBER"

// support is the code that switched mutants call. It is added to their package.
const support = `
import (
	"cmp"
	"os"
	"strconv"
)

var mutate_number, _ = strconv.Atoi(os.Getenv("` + variable + `"))

func mutate_on(n int) bool { return n == mutate_number }

type mutate_real interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

type mutate_whole interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

func mutate_pick[T any](n int, on, off func() T) T {
	if mutate_on(n) {
		return on()
	}
	return off()
}

func mutate_lss[T cmp.Ordered](n int, a, b T) bool { return a < b || mutate_on(n) && a == b }
func mutate_leq[T cmp.Ordered](n int, a, b T) bool { return a < b || !mutate_on(n) && a == b }
func mutate_gtr[T cmp.Ordered](n int, a, b T) bool { return mutate_lss(n, b, a) }
func mutate_geq[T cmp.Ordered](n int, a, b T) bool { return mutate_leq(n, b, a) }

func mutate_and(n int, a bool, b func() bool) bool {
	if mutate_on(n) {
		return a || b()
	}
	return a && b()
}

func mutate_or(n int, a bool, b func() bool) bool {
	if mutate_on(n) {
		return a && b()
	}
	return a || b()
}

func mutate_add[T mutate_real](n int, a, b T) T {
	return mutate_pick(n, func() T { return a - b }, func() T { return a + b })
}

func mutate_sub[T mutate_real](n int, a, b T) T {
	return mutate_pick(n, func() T { return a + b }, func() T { return a - b })
}

func mutate_mul[T mutate_real](n int, a, b T) T {
	return mutate_pick(n, func() T { return a / b }, func() T { return a * b })
}

func mutate_quo[T mutate_real](n int, a, b T) T {
	return mutate_pick(n, func() T { return a * b }, func() T { return a / b })
}

func mutate_rem[T mutate_whole](n int, a, b T) T {
	return mutate_pick(n, func() T { return a * b }, func() T { return a % b })
}

func mutate_int(n int, v int64) int64 {
	return mutate_pick(n, func() int64 { return v + 1 }, func() int64 { return v })
}

func mutate_step[T mutate_real](n int, p *T, step T) {
	*p = mutate_pick(n, func() T { return *p - step }, func() T { return *p + step })
}

func mutate_min[T cmp.Ordered](n int, a, b T) T {
	return mutate_pick(n, func() T { return max(a, b) }, func() T { return min(a, b) })
}

func mutate_max[T cmp.Ordered](n int, a, b T) T {
	return mutate_pick(n, func() T { return min(a, b) }, func() T { return max(a, b) })
}

func mutate_first[T comparable](n int, a, b T) T {
	return mutate_pick(n, func() T { return cmp.Or(b, a) }, func() T { return cmp.Or(a, b) })
}
`
