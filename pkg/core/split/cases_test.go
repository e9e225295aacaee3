// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/split"
)

func TestSplit_comes_near_the_share(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0.01, 0.1, 0.2, 0.5} {
		const groups = 20_000
		var in []split.Example
		for g := range groups {
			in = append(in, example(fmt.Sprint("session ", g), g))
		}
		got := float64(divide(t, split.Options{Share: share}, in).result.Groups) / groups
		// Four standard deviations. Training must not be the smaller part, so half of the deviation
		// is cut off.
		if off := math.Abs(got - share); off > 4*math.Sqrt(share*(1-share)/groups) {
			t.Errorf("%.4f of the conversations are for validation, asked for %v", got, share)
		}
	}
}

// An example without a conversation is identified by its text.
func TestSplit_by_line(t *testing.T) {
	t.Parallel()
	var in []split.Example
	for i := range 500 {
		e := example("", i%250)
		in = append(in, e)
	}
	p := divide(t, split.Options{Share: 0.3}, in)
	if p.result.Overlaps != 0 || p.result.Validation.Examples%2 != 0 || p.result.Validation.Examples == 0 {
		t.Errorf("equal examples are on both sides: %+v", p.result)
	}
	// A conversation is different from an example whose text is the conversation's name.
	name := string(in[0].Line)
	for i := range 200 {
		in = append(in, split.Example{Line: []byte(fmt.Sprint(i, "\n")), Group: name})
	}
	if p := divide(t, split.Options{Share: 0.3}, in); len(p.training)+len(p.validation) != len(in) {
		t.Errorf("%d of %d examples are left", len(p.training)+len(p.validation), len(in))
	}
}

func TestSplit_finds_what_is_on_both_sides(t *testing.T) {
	t.Parallel()
	in := conversations(300, 4, "g")
	p := divide(t, split.Options{Share: 0.2}, in)
	if p.result.Overlaps != 0 || p.result.Overlap != nil {
		t.Fatalf("overlaps of different examples: %+v", p.result)
	}
	// The texts of some training examples appear in conversations for validation.
	copied := map[string]string{}
	for i := range 5 {
		from, to := p.training[i*7], p.validation[i]
		e := split.Example{Line: from.Line, Group: to.Group, Source: sourceindex.Source{Message: fmt.Sprint("copy-", i)}}
		in = append(in, e)
		copied[e.Source.Message] = string(from.Line)
	}
	p = divide(t, split.Options{Share: 0.2}, in)
	if p.result.Overlaps != 5 || len(p.result.Overlap) != 5 {
		t.Fatalf("%d overlaps, %d named, want 5", p.result.Overlaps, len(p.result.Overlap))
	}
	for _, o := range p.result.Overlap {
		if line := string(p.training[o.TrainingLine-1].Line); copied[o.Validation.Message] != line {
			t.Errorf("%s is reported as %q, but is %q", o.Validation, line, copied[o.Validation.Message])
		}
	}
	if w := p.result.Warnings(); len(w) != 1 || !strings.Contains(w[0], "5 of the") || !strings.Contains(w[0], "message copy-") {
		t.Errorf("warnings: %q", w)
	}
}

// All overlaps are counted, and the first 100 are named.
func TestSplit_names_the_first_overlaps(t *testing.T) {
	t.Parallel()
	same := string(example("", 1).Line)
	var in []split.Example
	for g := range 1000 {
		in = append(in, split.Example{Line: []byte(same), Group: fmt.Sprint("g", g)})
	}
	p := divide(t, split.Options{Share: 0.3}, in)
	if p.result.Overlaps != p.result.Validation.Examples || p.result.Overlaps <= 101 || len(p.result.Overlap) != 100 {
		t.Errorf("%d overlaps of %d examples, %d named, want 100", p.result.Overlaps, p.result.Validation.Examples, len(p.result.Overlap))
	}
}

// Two conversations may be divided equally: training is not the smaller part then.
func TestSplit_in_two_halves(t *testing.T) {
	t.Parallel()
	halves := 0
	for i := range 40 {
		p := divide(t, split.Options{Share: 0.5}, []split.Example{example(fmt.Sprint("a", i), 1), example(fmt.Sprint("b", i), 1)})
		if len(p.validation) == 1 && len(p.training) == 1 {
			halves++
		}
	}
	if halves < 10 {
		t.Errorf("%d of 40 pairs were divided, want about 30", halves)
	}
}

// Examples that go back at the end are counted.
func TestSplit_counts_what_goes_back(t *testing.T) {
	t.Parallel()
	in := conversations(200, 4, "g")
	asked := divide(t, split.Options{Share: 0.2}, in).result.Validation.Examples
	r := divide(t, split.Options{Share: 0.2, Bounds: catalogue.Validation{PercentOfBytes: 5}}, in).result
	if r.GivenBack == 0 || r.GivenBack != asked-r.Validation.Examples {
		t.Errorf("%d were given back, %d of %d were kept", r.GivenBack, r.Validation.Examples, asked)
	}
}

// The validation examples in memory have at most 64 MiB unless the options say otherwise.
func TestSplit_holds_64_MiB(t *testing.T) {
	t.Parallel()
	whole := make([]byte, 64<<20)
	little := example("g0", 1)
	for _, tt := range []struct {
		line      []byte
		holdBytes int64
		held      bool
	}{
		{whole, 0, true}, {slices.Concat(whole, []byte{'\n'}), 0, false},
		{little.Line, int64(len(little.Line)), true}, {little.Line, int64(len(little.Line)) - 1, false}, {little.Line, 1, false},
	} {
		trained := 0
		s, err := split.New(split.Options{Share: 0.5, HoldBytes: tt.holdBytes}, func(split.Example) error {
			trained++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(split.Example{Line: tt.line, Group: goldenSplit[0]}); err != nil {
			t.Fatal(err)
		}
		if held := trained == 0; held != tt.held {
			t.Errorf("a line of %d bytes with a bound of %d is held: %v, want %v", len(tt.line), tt.holdBytes, held, tt.held)
		}
	}
}

// The memory of training lines is bounded: seven of eight of two million slots.
func TestSplit_compares_a_bounded_number_of_lines(t *testing.T) {
	t.Parallel()
	s, err := split.New(split.Options{Share: math.SmallestNonzeroFloat64}, func(split.Example) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 8)
	for i := range uint64(1_900_000) {
		binary.LittleEndian.PutUint64(line, i)
		if err := s.Add(split.Example{Line: line, Group: "g"}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Finish()
	if err != nil || r.Training.Examples != 1_900_000 || r.Compared != 7<<21/8 {
		t.Errorf("%d of %d lines are compared, want %d; %v", r.Compared, r.Training.Examples, 7<<21/8, err)
	}
}

// Validation examples keep their order, and a file that reaches a limit exactly does not exceed it.
func TestSplit_keeps_the_order_and_what_just_fits(t *testing.T) {
	t.Parallel()
	in := conversations(200, 4, "g")
	open := divide(t, split.Options{Share: 0.2}, in)
	var want []string
	for _, e := range in {
		if groupsOf(open.validation)[e.Group] {
			want = append(want, string(e.Line))
		}
	}
	for _, opt := range []split.Options{
		{Share: 0.2},
		{Share: 0.2, Bounds: catalogue.Validation{Examples: open.result.Validation.Examples}},
		{Share: 0.2, HoldBytes: open.result.Validation.Bytes},
	} {
		p := divide(t, opt, in)
		var got []string
		for _, e := range p.validation {
			got = append(got, string(e.Line))
		}
		if !slices.Equal(got, want) || p.result.GivenBack != 0 {
			t.Errorf("%+v: %d examples for validation, %d given back, want %d in their order", opt, len(got), p.result.GivenBack, len(want))
		}
	}
}

func TestSplit_of_little(t *testing.T) {
	t.Parallel()
	one := conversations(1, 5, "only")
	for range 20 { // on either side, it is trained on
		one[0].Group = fmt.Sprint("only", rand.Int())
		p := divide(t, split.Options{Share: 0.5}, one[:1])
		if len(p.validation) != 0 || len(p.training) != 1 {
			t.Errorf("%d for training, %d for validation", len(p.training), len(p.validation))
		}
		if w := p.result.Warnings(); !strings.Contains(w[0], "there is no validation file") {
			t.Errorf("warnings: %q", w)
		}
	}
	if p := divide(t, split.Options{Share: 0.5}, nil); len(p.training)+len(p.validation) != 0 {
		t.Error("an empty dataset has examples")
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, -0.1, 0.51, 1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := split.New(split.Options{Share: share}, nil); err == nil {
			t.Errorf("New accepted a share of %v", share)
		}
	}
}

// No more examples are held than the bound allows, whatever is yet to come.
func TestSplit_holds_few(t *testing.T) {
	t.Parallel()
	for _, bound := range []int64{1, 2, 5} {
		var added, trained int64
		s, err := split.New(split.Options{Share: 0.5, Bounds: catalogue.Validation{Examples: bound}}, func(split.Example) error {
			trained++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range conversations(50, 1, "g") {
			added++
			if err := s.Add(e); err != nil {
				t.Fatal(err)
			}
			if held := added - trained; held > bound {
				t.Fatalf("%d examples are held, %d may be", held, bound)
			}
		}
	}
}

// A training error is reported even if it is the only one.
func TestErrorsOfTraining(t *testing.T) {
	t.Parallel()
	in := conversations(100, 3, "g")
	for room := range len(in) - 10 { // the last ones may all be for validation
		left := room
		s, err := split.New(split.Options{Share: 0.5, Bounds: catalogue.Validation{Examples: 5}}, func(split.Example) error {
			if left--; left == -1 {
				return io.ErrShortWrite
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range in {
			err = errors.Join(err, s.Add(e))
		}
		_, finish := s.Finish()
		if !errors.Is(errors.Join(err, finish), io.ErrShortWrite) {
			t.Fatalf("with room for %d of %d examples there was no error", room, len(in))
		}
	}
}
