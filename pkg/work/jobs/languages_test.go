// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

var record = flag.Bool("record", false, "count the tokens anew: see testdata/tokens/README.md")

// recordedCounts are the tokens of each example, by tokenizer and file.
type recordedCounts map[string]map[string][]int64

// TestCount_of_real_tokens: of files in several languages, whose tokens a real tokenizer has
// counted, at most 100 examples are counted, and the estimate of the whole file is within 5 %.
func TestCount_of_real_tokens(t *testing.T) {
	t.Parallel()
	files := languageFiles(t)
	counts := readCounts(t, files)
	for _, tokenizer := range slices.Sorted(maps.Keys(counts)) {
		for name, examples := range files {
			t.Run(tokenizer+"/"+name, func(t *testing.T) {
				t.Parallel()
				checkRealTokens(t, examples, counts[tokenizer][name])
			})
		}
	}
}

func checkRealTokens(t *testing.T, examples [][]string, counts []int64) {
	t.Helper()
	if len(counts) != len(examples) {
		t.Fatalf("%d recorded counts of %d examples", len(counts), len(examples))
	}
	w := newCountingWorld(t)
	truth, lines, known := int64(0), []byte(nil), map[string]int64{}
	for i, texts := range examples {
		truth += counts[i]
		known[texts[0]+"\x00"+texts[1]] = counts[i]
		lines = dataset.AppendPair(lines, texts[0], texts[1])
	}
	w.On("CountTokens", func(ctx context.Context, c faults.Call, do faults.Do) error {
		if err := do(ctx); err != nil {
			return err
		}
		contents := c.Request.(*aiplatformpb.CountTokensRequest).GetContents()
		n, ok := known[contents[0].GetParts()[0].GetText()+"\x00"+contents[1].GetParts()[0].GetText()]
		if !ok {
			t.Errorf("an example was counted that is not in the file")
		}
		*c.Reply = &aiplatformpb.CountTokensResponse{TotalTokens: int32(n)}
		return nil
	})
	w.Upload(t, cloudtest.Data, "file.jsonl", string(lines), nil)
	o := order(tuning.Request{TrainingData: "gs://" + cloudtest.Data + "/file.jsonl", BaseModel: countedModel})
	before, got := w.dryEstimate(t, o, false), w.dryEstimate(t, o, true)
	off := func(n int64) float64 { return 100 * (float64(n)/float64(truth) - 1) }
	t.Logf("%d tokens: without a count %+.1f %% (%+.1f to %+.1f), with one %+.1f %% (%+.1f to %+.1f)", truth,
		off(before.Tokens.Expected), off(before.Tokens.Low), off(before.Tokens.High), off(got.Tokens.Expected), off(got.Tokens.Low), off(got.Tokens.High))
	if n := w.Count("CountTokens"); n != 100 || got.Counted != 100 || got.Basis != estimate.CountedSample {
		t.Errorf("%d examples were counted: %+v", n, got)
	}
	if math.Abs(off(got.Tokens.Expected)) > 5 || truth < got.Tokens.Low || truth > got.Tokens.High {
		t.Errorf("%d tokens are estimated as %s", truth, got.Tokens)
	}
	if width := float64(got.Tokens.High) / float64(got.Tokens.Expected); width > 1.08 {
		t.Errorf("the range %s is wide", got.Tokens)
	}
}

// dryEstimate returns the estimate of a dry run, with or without a count.
func (w *countingWorld) dryEstimate(t *testing.T, o jobs.StartRequest, count bool) (e estimate.Estimate) {
	t.Helper()
	w.Training.SampleTokens = count
	plan, err := w.DryRun(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plan.Job.Estimate, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// languageFiles returns the two texts of each example, by file. It makes them of the sentences of
// one language; in "mixed", each example has another language, and in "bilingual", each sentence.
func languageFiles(t *testing.T) map[string][][]string {
	t.Helper()
	var sentences map[string][]string
	readJSON(t, "sentences.json", &sentences)
	languages := slices.Sorted(maps.Keys(sentences))
	files := map[string][][]string{}
	for i, name := range append(languages, "mixed", "bilingual") {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		for range 300 {
			pool := sentences[name]
			switch name {
			case "mixed":
				pool = sentences[languages[r.IntN(len(languages))]]
			case "bilingual":
				pool = slices.Concat(sentences["english"], sentences["japanese"])
			}
			topic := make([]string, 3+r.IntN(4)) // a conversation is about few things
			for i := range topic {
				topic[i] = pool[r.IntN(len(pool))]
			}
			answer := 1 + int(math.Exp(0.7+1.1*r.NormFloat64()))
			files[name] = append(files[name], []string{text(r, topic, 1+r.IntN(2)), text(r, topic, min(answer, 80))})
		}
	}
	return files
}

// text returns some sentences, each with numbers of its own.
func text(r *rand.Rand, topic []string, sentences int) string {
	var all []string
	for range sentences {
		s := topic[r.IntN(len(topic))]
		for strings.Contains(s, "{n}") {
			s = strings.Replace(s, "{n}", strconv.Itoa(1+r.IntN(9999)), 1)
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "tokens", name))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readCounts reads the recorded counts, and records them before if the flag says so.
func readCounts(t *testing.T, files map[string][][]string) (counts recordedCounts) {
	t.Helper()
	if *record {
		in, err := json.Marshal(files)
		if err != nil {
			t.Fatal(err)
		}
		node := exec.CommandContext(t.Context(), "node", "testdata/tokens/count.cjs")
		node.Stdin, node.Stderr = bytes.NewReader(in), os.Stderr
		out, err := node.Output()
		if err == nil {
			err = os.WriteFile("testdata/tokens/counts.json", out, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	readJSON(t, "counts.json", &counts)
	return counts
}
