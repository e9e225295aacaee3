// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// mixture returns records of many kinds. If broken is set, some of them have faults, and one of the
// faults makes the JSON text itself unreadable.
func mixture(seed uint64, n int, broken bool) []string {
	random := rand.New(rand.NewPCG(seed, 8))
	kinds := []string{
		`{"contents":[{"role":"user","parts":[{"text":"q%d"}]},{"role":"model","parts":[{"text":"a%d é"}]}]}`,
		`{"contents":[{"role":"user","parts":[{"text":"q%d"}]},{"role":"model","parts":[{"text":"a%d"}]}]}`,
		`{"contents":[{"role":"user","parts":[{"text":"the same"}]},{"role":"model","parts":[{"text":"again"}]}]}`,
		`{"contents":[{"role":"user","parts":[{"text":"q\n%d"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"nested":[{"contents":[{"role":"x"}]},{"contents":[1]}]}}}]}]}`,
		`{"system_instruction":{"parts":[{"text":"s%d"}]},"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"assistant","parts":[{"text":"…"}]}]}`,
		`{"contents":[{"role":"user","parts":[{"text":"` + strings.Repeat("long ", 300) + `%d"}]},{"role":"model","parts":[{"text":"a"}]}]}`,
	}
	if broken {
		kinds = append(kinds,
			`{"contents":[{"role":"user","parts":[{"text":""}]},{"role":"user","parts":[{"text":"%d"}]}]}`,
			`{"contents":[{"role":"user","parts":[{"text":"%d"]}`,
			`{"contents":"\ud800","contents":%d}`,
		)
	}
	records := make([]string, n)
	for i := range records {
		records[i] = strings.ReplaceAll(kinds[random.IntN(len(kinds))], "%d", strconv.Itoa(i))
	}
	return records
}

func TestWorkers_agree(t *testing.T) {
	t.Parallel()
	for i := range 6 {
		seed, broken, n := uint64(7+i/2), i%2 == 1, 800
		if seed == 7 && !testing.Short() {
			n = 2000
		}
		records := mixture(seed, n, broken)
		pressed := packed(t, strings.Join(records, "\n"))
		for name, file := range map[string]string{
			"lines":        strings.Join(records, "\n") + "\n",
			"array":        "[" + strings.Join(records, ",") + "]",
			"pretty":       "[\n  " + strings.Join(records, ",\n  ") + "\n]\n",
			"data_object":  `{"data":[` + strings.Join(records, ", ") + "]}",
			"concatenated": strings.Join(records, ""),
			"cut":          "[" + strings.Join(records, ","),
			"packed_cut":   pressed[:len(pressed)*3/4],
			"more_behind":  "[" + strings.Join(records, ",") + "] {}",
		} {
			t.Run(fmt.Sprintf("%s_broken_%t_seed_%d", name, broken, seed), func(t *testing.T) {
				t.Parallel()
				wantOut, want := convert(t, strings.NewReader(file), dataset.InBlocksOf(1<<20, dataset.Parsed(dataset.Options{Workers: 1})))
				if want.Records < 300 {
					t.Fatalf("the file has %d records only", want.Records)
				}
				for _, size := range []int{2000, 5000, 50_000} {
					out, report := convert(t, strings.NewReader(file), dataset.InBlocksOf(size, dataset.Options{Workers: 3}))
					if diff := cmp.Diff(want, report); diff != "" {
						t.Errorf("in blocks of %d: report mismatch (-one +three):\n%s", size, diff)
					}
					if out != wantOut {
						t.Errorf("in blocks of %d: the output differs", size)
					}
				}
			})
		}
	}
}

// A failing writer must end the work of all goroutines, and none may remain.
func TestWorkersStop(t *testing.T) {
	t.Parallel()
	file := []byte(strings.Join(mixture(7, 5000, false), "\n"))
	_, err := dataset.Convert(t.Context(), &limitedWriter{n: 100_000}, bytes.NewReader(file), dataset.InBlocksOf(4000, dataset.Options{Workers: 3}))
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("Convert = %v, want the writer's error", err)
	}
}

// A failing reader must never look like one that has ended, wherever it fails and whatever the
// workers do at that time.
func TestWorkers_report_readers(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	file := "[" + strings.Join(mixture(7, 400, true), ",") + "]"
	for n := 0; n < len(file); n += 977 {
		broken := io.MultiReader(strings.NewReader(file[:n]), iotest.ErrReader(boom))
		if _, err := dataset.Check(t.Context(), broken, dataset.InBlocksOf(1500, dataset.Options{Workers: 3})); !errors.Is(err, boom) {
			t.Fatalf("Check of a reader that fails after %d bytes = %v, want %v", n, err, boom)
		}
	}
}

type limitedWriter struct{ n int }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}
