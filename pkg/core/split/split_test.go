// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/split"
)

// parts holds the two files of a split.
type parts struct {
	training, validation []split.Example
	result               split.Result
}

func divide(t testing.TB, opt split.Options, examples []split.Example) (p parts) {
	t.Helper()
	s, err := split.New(opt, func(e split.Example) error {
		e.Line = slices.Clone(e.Line)
		p.training = append(p.training, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var line []byte
	for _, e := range examples {
		line = append(line[:0], e.Line...) // the caller may reuse its memory after Add
		e.Line = line
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if p.result, err = s.Finish(); err != nil {
		t.Fatal(err)
	}
	p.validation = slices.Collect(s.Validation())
	return p
}

// example returns an example with a unique line; n distinguishes it from others of the group.
func example(group string, n int) split.Example {
	line := fmt.Sprintf(`{"of":%q,"n":%d,"pad":%q}`+"\n", group, n, strings.Repeat("x", n%50))
	return split.Example{Line: []byte(line), Group: group, Source: sourceindex.Source{Message: fmt.Sprint(group, "/", n)}}
}

// conversations returns conversations of different lengths in random order.
func conversations(groups, most int, prefix string) (all []split.Example) {
	for g := range groups {
		for n := range rand.IntN(most) + 1 {
			all = append(all, example(fmt.Sprint(prefix, g), n))
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func groupsOf(examples []split.Example) map[string]bool {
	groups := map[string]bool{}
	for _, e := range examples {
		groups[e.Group] = true
	}
	return groups
}

func linesOf(examples []split.Example) (all []string) {
	for _, e := range examples {
		all = append(all, string(e.Line))
	}
	slices.Sort(all)
	return all
}

var bounds = []catalogue.Validation{
	{},
	{Examples: 60},
	{Examples: 5000, PercentOfExamples: 30, PercentFromExamples: 20},
	{Examples: 200, PercentOfBytes: 25},
	{Examples: 5000, PercentOfBytes: 3},
}

func anyOptions() split.Options {
	opt := split.Options{Share: rand.Float64()/2 + math.SmallestNonzeroFloat64, Bounds: bounds[rand.IntN(len(bounds))]}
	if rand.IntN(3) == 0 {
		opt.HoldBytes = rand.Int64N(5000) + 1
	}
	return opt
}

// For any data and any limits: no example is lost or duplicated, no conversation is on both sides,
// every limit is kept, and the result has the right counts.
func TestSplit_any(t *testing.T) {
	t.Parallel()
	for range 150 {
		opt, in := anyOptions(), conversations(rand.IntN(120), 12, "g")
		p := divide(t, opt, in)
		if diff := cmp.Diff(linesOf(in), linesOf(slices.Concat(p.training, p.validation))); diff != "" {
			t.Fatalf("%+v: examples (-in +out):\n%s", opt, diff)
		}
		validation := groupsOf(p.validation)
		for group := range groupsOf(p.training) {
			if validation[group] {
				t.Fatalf("%+v: conversation %s is on both sides", opt, group)
			}
		}
		var bytes [2]int64
		for i, side := range [][]split.Example{p.training, p.validation} {
			for _, e := range side {
				bytes[i] += int64(len(e.Line))
			}
		}
		want := split.Result{
			Training:   split.Side{Examples: int64(len(p.training)), Bytes: bytes[0]},
			Validation: split.Side{Examples: int64(len(p.validation)), Bytes: bytes[1]},
			Groups:     int64(len(validation)), Asked: opt.Share, GivenBack: p.result.GivenBack, Compared: int64(len(p.training)),
		}
		if diff := cmp.Diff(want, p.result); diff != "" {
			t.Fatalf("%+v: result (-want +got):\n%s", opt, diff)
		}
		if bound := passed(opt, p.result); bound != "" {
			t.Fatalf("%+v: %+v exceeds the limit on %s", opt, p.result, bound)
		}
	}
}

// passed names a limit that a split exceeds, or returns "".
func passed(opt split.Options, r split.Result) string {
	b, v, tr := opt.Bounds, r.Validation, r.Training
	switch {
	case b.Examples > 0 && v.Examples > b.Examples:
		return "examples"
	case b.PercentOfExamples > 0 && v.Examples > b.PercentFromExamples && v.Examples*100 > tr.Examples*b.PercentOfExamples:
		return "the share of examples"
	case b.PercentOfBytes > 0 && v.Bytes*100 > tr.Bytes*b.PercentOfBytes:
		return "the share of bytes"
	case opt.HoldBytes > 0 && v.Bytes > opt.HoldBytes:
		return "what is held"
	case v.Examples > tr.Examples:
		return "what is left to train on"
	}
	return ""
}

// The split does not depend on the order of the data or on the day.
func TestSplit_is_always_the_same(t *testing.T) {
	t.Parallel()
	for range 40 {
		opt, in := anyOptions(), conversations(60, 12, "g")
		first := groupsOf(divide(t, opt, in).validation)
		rand.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		if diff := cmp.Diff(first, groupsOf(divide(t, opt, in).validation)); diff != "" {
			t.Fatalf("%+v: conversations for validation (-first +second):\n%s", opt, diff)
		}
	}
	var known []split.Example
	for g := range 40 {
		known = append(known, example(fmt.Sprint("session-", g), 1))
	}
	got := slices.Sorted(maps.Keys(groupsOf(divide(t, split.Options{Share: 0.1}, known).validation)))
	if diff := cmp.Diff(goldenSplit, got); diff != "" {
		t.Errorf("the split has changed (-want +got):\n%s", diff)
	}
}

// goldenSplit must never change: users who split the same data again rely on it.
var goldenSplit = []string{"session-15", "session-33", "session-34"}

// If no limit is exceeded, added data move no existing example.
func TestSplit_more_data_move_nothing(t *testing.T) {
	t.Parallel()
	for range 50 {
		opt := split.Options{Share: rand.Float64()*0.3 + 0.01}
		in := conversations(200, 5, "g")
		before := groupsOf(divide(t, opt, in).validation)
		after := groupsOf(divide(t, opt, slices.Concat(in, conversations(300, 5, "more"), conversations(200, 9, "g"))).validation)
		maps.DeleteFunc(after, func(group string, _ bool) bool { return strings.HasPrefix(group, "more") })
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("share %v: conversations for validation (-before +after):\n%s", opt.Share, diff)
		}
	}
}

// A larger share keeps every conversation of a smaller share. Limits remove the largest numbers, so
// the result is the split of a smaller share; a slightly larger share would exceed a limit.
func TestSplit_takes_as_much_as_fits(t *testing.T) {
	t.Parallel()
	for range 10 {
		opt, in := anyOptions(), conversations(80, 4, "g")
		p := divide(t, opt, in)
		kept := groupsOf(p.validation)
		asked := groupsOf(divide(t, split.Options{Share: opt.Share}, in).validation)
		// The next conversation comes with the smallest share that selects one more.
		low, high := 0.0, opt.Share
		for range 30 {
			middle := (low + high) / 2
			if middle > 0 && len(groupsOf(divide(t, split.Options{Share: middle}, in).validation)) > len(kept) {
				high = middle
			} else {
				low = middle
			}
		}
		if len(kept) == len(asked) {
			continue
		}
		if low > 0 {
			if diff := cmp.Diff(kept, groupsOf(divide(t, split.Options{Share: low}, in).validation)); diff != "" {
				t.Fatalf("%+v: conversations (-bounded +with share %v):\n%s", opt, low, diff)
			}
		}
		if more := divide(t, split.Options{Share: high}, in); passed(opt, more.result) == "" {
			t.Fatalf("%+v: %d conversations were kept, %d fit", opt, len(kept), len(groupsOf(more.validation)))
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	const million = 1_000_000
	line := []byte(strings.Repeat("x", 999) + "\n")
	groups := make([]string, million/10)
	for i := range groups {
		groups[i] = fmt.Sprint("session-", i)
	}
	b.SetBytes(million * int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := split.New(split.Options{Share: 0.1, Bounds: catalogue.Validation{Examples: 5000}}, func(split.Example) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		for i := range million {
			binary.BigEndian.PutUint32(line, uint32(i)) // each line is another
			if err := s.Add(split.Example{Line: line, Group: groups[i/10]}); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.Finish(); err != nil {
			b.Fatal(err)
		}
	}
}
