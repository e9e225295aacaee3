// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tokensample_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
)

// population is a dataset whose true tokens are known.
type population struct {
	examples []dataset.Example
	truth    int64
}

// add adds an example whose text holds its true tokens.
func (p *population) add(script dataset.Script, estimated, truth int64) {
	text := binary.LittleEndian.AppendUint64(nil, uint64(truth))
	p.examples = append(p.examples, dataset.Example{Text: text, Tokens: estimated, Script: script})
	p.truth += truth
}

func (p *population) sample() tokensample.Sample {
	var s tokensample.Sampler
	for _, e := range p.examples {
		s.Add(e)
	}
	return s.Sample()
}

// count returns the true tokens of the sample's examples.
func count(s tokensample.Sample) (counts []int64) {
	for _, e := range s.Examples {
		counts = append(counts, int64(binary.LittleEndian.Uint64(e.Text)))
	}
	return counts
}

func (p *population) result() tokensample.Result {
	s := p.sample()
	return s.Scale(count(s))
}

// mixed returns a dataset of several languages, with lengths that differ by orders of magnitude.
func mixed(r *rand.Rand) *population {
	p := &population{}
	languages := 1 + r.IntN(6)
	type language struct {
		script        dataset.Script
		ratio, spread float64 // of true to estimated tokens, and how much it varies
		long          float64 // how much the lengths vary
	}
	var all []language
	for range languages {
		all = append(all, language{
			dataset.Script(r.IntN(int(dataset.Scripts))), 0.65 + 0.75*r.Float64(), 0.02 + 0.18*r.Float64(), 0.3 + 1.2*r.Float64(),
		})
	}
	for range 50 + r.IntN(3000) {
		l := all[min(r.IntN(languages), r.IntN(languages))] // the first ones are more frequent
		estimated := 1 + int64(100*math.Exp(l.long*r.NormFloat64()))
		truth := float64(estimated) * l.ratio * math.Exp(l.spread*r.NormFloat64())
		p.add(l.script, estimated, 1+int64(truth))
	}
	return p
}

// TestScale_holds_the_truth: over many datasets, the truth is above the range, which a budget must
// not exceed, less than once in a hundred times, and the expected number is seldom 5 % off.
func TestScale_holds_the_truth(t *testing.T) {
	t.Parallel()
	const datasets = 1000
	r := rand.New(rand.NewPCG(1, 2))
	above, below, off, wide := 0, 0, 0, 0
	for range datasets {
		p := mixed(r)
		got := p.result()
		if got.Examples > tokensample.MaxExamples || got.Low > got.Expected || got.Expected > got.High {
			t.Fatalf("%+v", got)
		}
		if p.truth > got.High {
			above++
		}
		if p.truth < got.Low {
			below++
		}
		if math.Abs(float64(got.Expected-p.truth)) > 0.05*float64(p.truth) {
			off++
		}
		if float64(got.High) > 1.15*float64(got.Expected) {
			wide++
		}
	}
	t.Logf("of %d: above %d, below %d, 5 %% off %d, high end over 15 %%: %d", datasets, above, below, off, wide)
	if above > datasets/100 || below > datasets/100 || off > datasets/20 || wide > datasets/100 {
		t.Errorf("of %d: above %d, below %d, 5 %% off %d, high end over 15 %%: %d", datasets, above, below, off, wide)
	}
}

// TestScale_has_no_bias: the errors of many samples cancel out, also if few examples have most of
// the tokens.
func TestScale_has_no_bias(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	sum := 0.0
	const datasets = 500
	for range datasets {
		p := &population{}
		for range 1000 {
			estimated := 1 + int64(50*math.Exp(2*r.NormFloat64()))
			// Long examples have a lower ratio than short ones.
			p.add(dataset.Latin, estimated, 1+int64(float64(estimated)*(0.7+0.6/math.Sqrt(float64(estimated)))))
		}
		sum += float64(p.result().Expected)/float64(p.truth) - 1
	}
	if mean := sum / datasets; math.Abs(mean) > 0.002 {
		t.Errorf("the expected tokens are %.2f %% off on average", 100*mean)
	}
}

func TestScale_of_all_examples(t *testing.T) {
	t.Parallel()
	p := &population{}
	for i := range int64(tokensample.MaxExamples) {
		p.add(dataset.Script(i%int64(dataset.Scripts)), 10+i, 3+2*i)
	}
	want := tokensample.Result{
		Low: int64(0.97 * float64(p.truth)), Expected: p.truth, High: int64(math.Ceil(1.03 * float64(p.truth))), Examples: tokensample.MaxExamples, All: true,
	}
	if diff := cmp.Diff(want, p.result()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.add(dataset.Latin, 10, 10)
	if got := p.result(); got.All || got.Examples != tokensample.MaxExamples {
		t.Errorf("of one example more: %+v", got)
	}
}

// TestSample_is_the_same_each_time, and each script has its part of it.
func TestSample_is_the_same_each_time(t *testing.T) {
	t.Parallel()
	p := &population{}
	for i := range int64(10_000) {
		p.add(dataset.Latin, 30, i)
		if i%10 == 0 {
			p.add(dataset.East, 100, i)
		}
	}
	p.add(dataset.South, 1, 1)
	s := p.sample()
	if diff := cmp.Diff(count(s), count(p.sample())); diff != "" {
		t.Errorf("a second time (-first +second):\n%s", diff)
	}
	if n := len(s.Examples); n != tokensample.MaxExamples {
		t.Errorf("%d examples", n)
	}
	scripts := map[int64]int{} // by the estimated tokens
	for _, e := range s.Examples {
		scripts[e.Estimated]++
	}
	if diff := cmp.Diff(map[int64]int{30: 74, 100: 25, 1: 1}, scripts); diff != "" {
		t.Errorf("examples of each script (-want +got):\n%s", diff)
	}
}

// TestSampler_has_bounds: neither many long examples nor a huge one take much memory, and both are
// in the result.
func TestSampler_has_bounds(t *testing.T) {
	t.Parallel()
	var s tokensample.Sampler
	long := make([]byte, 200<<10)
	for i := range 500 {
		s.Add(dataset.Example{Text: long, Tokens: 50_000, Script: dataset.Script(i % 2)})
	}
	s.Add(dataset.Example{Text: make([]byte, 1<<20), Tokens: 250_000})
	s.Add(dataset.Example{Text: long, Tokens: 70_000, TooLong: true}) // Vertex AI drops it
	s.Add(dataset.Example{Text: []byte("{}")})                        // only images
	sample := s.Sample()
	bytes, counts := 0, []int64{}
	for _, e := range sample.Examples {
		bytes += len(e.Text)
		counts = append(counts, 40_000)
	}
	if bytes > tokensample.MaxBytes || len(counts) < 15 {
		t.Errorf("%d examples of %d bytes", len(counts), bytes)
	}
	got := sample.Scale(counts)
	if got.Expected != 500*40_000+250_000 || got.All {
		t.Errorf("%+v", got)
	}
	const rest = 250_000
	if high := float64(got.High) - 1.4*rest; high < 1.03*500*40_000 || high > 1.2*500*40_000 {
		t.Errorf("%+v", got)
	}
}

func TestScale_of_nothing(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(tokensample.Result{All: true}, (&population{}).result()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSampler_takes_as_many_as_allowed: a sample of many short examples is as large as possible.
func TestSampler_takes_as_many_as_allowed(t *testing.T) {
	t.Parallel()
	var s tokensample.Sampler
	for range 1000 {
		s.Add(dataset.Example{Text: []byte("{}"), Tokens: 10})
	}
	if n := len(s.Sample().Examples); n != tokensample.MaxExamples {
		t.Errorf("%d examples were chosen, want %d", n, tokensample.MaxExamples)
	}
}

// TestScale_of_a_long_example: an example of more than 640 KiB is not counted, so it has the range
// of its estimate. A counted example has the range of a count.
func TestScale_of_a_long_example(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]tokensample.Result{
		640 << 10:   {Low: 970, Expected: 1000, High: 1030, Examples: 1, All: true},
		640<<10 + 1: {Low: 10 * dataset.LowPercent, Expected: 1000, High: 10 * dataset.HighPercent},
	} {
		var s tokensample.Sampler
		s.Add(dataset.Example{Text: make([]byte, length), Tokens: 1000})
		sample := s.Sample()
		if got := sample.Scale([]int64{1000}[:len(sample.Examples)]); got != want {
			t.Errorf("%d bytes: %+v, want %+v", length, got, want)
		}
	}
}

// TestScale_of_one_example: a dataset that was counted as a whole has no error of a sample.
func TestScale_of_one_example(t *testing.T) {
	t.Parallel()
	var s tokensample.Sampler
	s.Add(dataset.Example{Text: []byte("{}"), Tokens: 10})
	want := tokensample.Result{Low: 9, Expected: 10, High: 11, Examples: 1, All: true}
	if got := s.Sample().Scale([]int64{10}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
