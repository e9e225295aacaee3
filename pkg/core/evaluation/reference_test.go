// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// These types are the input and the output of testdata/reference.py.
type (
	referencePair struct {
		Right  Content `json:"right"`
		Answer Answer  `json:"answer"`
	}
	referenceInterval struct {
		Seed        string    `json:"seed"`
		Differences []float64 `json:"differences"`
	}
	referenceRate struct {
		Wins int `json:"wins"`
		All  int `json:"all"`
	}
	referenceTask struct {
		Pairs     []referencePair     `json:"pairs"`
		Intervals []referenceInterval `json:"intervals"`
		Rates     []referenceRate     `json:"rates"`
	}
	referenceResult struct {
		Pairs     []Scores `json:"pairs"`
		Intervals []struct {
			Low        float64 `json:"low"`
			High       float64 `json:"high"`
			Detectable float64 `json:"detectable"`
		} `json:"intervals"`
		Rates []Rate `json:"rates"`
	}
)

// TestReference compares every metric and every statistic with a second implementation.
func TestReference(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: python3: not installed")
	}
	task := newReferenceTask()
	input, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), python, "-S", "testdata/reference.py")
	command.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8", "PYTHONUTF8=1")
	command.Stdin = bytes.NewReader(input)
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	var want referenceResult
	if err := json.Unmarshal(out.Bytes(), &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Pairs) != len(task.Pairs) || len(want.Intervals) != len(task.Intervals) || len(want.Rates) != len(task.Rates) {
		t.Fatalf("the reference has %d, %d and %d results", len(want.Pairs), len(want.Intervals), len(want.Rates))
	}
	seen := map[Metric]int{}
	for i, pair := range task.Pairs {
		got := Score(pair.Right, pair.Answer)
		if len(got) != len(want.Pairs[i]) {
			t.Errorf("%+v: the metrics are %v, and %v in the reference", pair, got, want.Pairs[i])
		}
		for metric, score := range want.Pairs[i] {
			if value, ok := got[metric]; !ok || math.Abs(value-score) > 1e-9 {
				t.Errorf("%+v: %s is %v (%t), and %v in the reference", pair, metric, value, ok, score)
			}
			if score > 0 && score < 1 {
				seen[metric]++
			}
		}
	}
	for _, metric := range []Metric{MetricRougeL, MetricChrF, MetricJSONKeys, MetricJSONValues, MetricCallNames, MetricCallArguments} {
		if seen[metric] < 20 {
			t.Errorf("only %d values of %s are neither 0 nor 1", seen[metric], metric)
		}
	}
	for i, interval := range task.Intervals {
		seed, _ := strconv.ParseUint(interval.Seed, 10, 64)
		low, high := bootstrap(interval.Differences, seed)
		w, limit := want.Intervals[i], detectable(interval.Differences)
		if math.Abs(low-w.Low) > 1e-9 || math.Abs(high-w.High) > 1e-9 || math.Abs(limit-w.Detectable) > 1e-9 {
			t.Errorf("interval %d is %v to %v, and %v can be detected; in the reference %+v", i, low, high, limit, w)
		}
	}
	for i, rate := range task.Rates {
		got, w := wilson(rate.Wins, rate.All), want.Rates[i]
		if math.Abs(got.Share-w.Share) > 1e-9 || math.Abs(got.Low-w.Low) > 1e-9 || math.Abs(got.High-w.High) > 1e-9 {
			t.Errorf("%+v: the rate is %+v, and %+v in the reference", rate, got, w)
		}
	}
}

// newReferenceTask returns random pairs, which are the same in every run.
func newReferenceTask() (task referenceTask) {
	r := referenceRandom{rand.New(rand.NewPCG(1, 2))}
	for range 300 {
		alphabet := r.pick(alphabets)
		right, finish := "x"+r.text(alphabet, 40), r.pick([]string{"STOP", "STOP", "STOP", "", "SAFETY"})
		answer := r.change(right, alphabet)
		task.Pairs = append(task.Pairs, referencePair{Content{Text: right}, Answer{Content: Content{Text: answer}, FinishReason: finish}})
	}
	for range 200 {
		right, answer := r.object(3), r.object(3)
		if r.IntN(3) > 0 {
			answer = strings.Replace(right, `1`, `2`, r.IntN(3))
		}
		task.Pairs = append(task.Pairs, referencePair{Content{Text: r.fenced(right)}, Answer{Content: Content{Text: r.fenced(answer)}}})
	}
	for range 200 {
		task.Pairs = append(task.Pairs, referencePair{Content{Calls: r.calls(1)}, Answer{Content: Content{Calls: r.calls(0)}}})
	}
	for _, n := range []int{2, 5, 31} {
		differences := make([]float64, n)
		for i := range differences {
			differences[i] = r.Float64()*2 - 0.9
		}
		task.Intervals = append(task.Intervals, referenceInterval{strconv.FormatUint(r.Uint64(), 10), differences})
	}
	for range 50 {
		all := 1 + r.IntN(200)
		task.Rates = append(task.Rates, referenceRate{r.IntN(all + 1), all})
	}
	return task
}

// alphabets are lists of pieces of text. No piece is a character that the Unicode versions of Go
// and Python treat differently.
var alphabets = []string{
	"a b c ab ba the The cat . , ! ? \" ' ( ) - 5 50% $",
	"Ä ö ß é e\u0301 ñ ﬁ ½ ² İ ı Σ ς σ straße « » „ “ ’ … ¿ ¡ Ｆ １",
	"我 爱 北京 天安门 。 ， ！ 「 」 日本 コーヒー ひらがな ｶﾞ 々 𠮷 iPhone 3",
	"나는 학교 에 간다 한글 ᄒ\u1161\u11ab กข ไทย ຂ້ອຍ မြန်မာ ខ្មែរ",
	"नमस्ते दुनिया । ॥ مرحبا ، ؟ שלום хорошо Привет ё γειά",
	"👍 👩‍👩‍👧 ❤️ + = € \x00 \x1c \u00a0 \u3000 \u2028 \t \ufeff \u200b _ ` * #",
}

type referenceRandom struct{ *rand.Rand }

func (r referenceRandom) pick(list []string) string { return list[r.IntN(len(list))] }

// text returns up to n random pieces of an alphabet, some with a space between them.
func (r referenceRandom) text(alphabet string, n int) string {
	pieces := strings.Split(alphabet, " ")
	var b strings.Builder
	for range r.IntN(n) {
		b.WriteString(r.pick(pieces))
		if r.IntN(2) == 0 {
			b.WriteString(" ")
		}
	}
	return b.String()
}

// change returns a text that has much in common with the given one.
func (r referenceRandom) change(text, alphabet string) string {
	switch r.IntN(6) {
	case 0:
		return text
	case 1:
		return " «" + strings.ToUpper(text) + ".»\n"
	case 2:
		return r.text(alphabet, 40)
	default:
		runes := []rune(text)
		cut := r.IntN(len(runes))
		return string(runes[cut:]) + r.text(alphabet, 5) + string(runes[:cut])
	}
}

// value returns a random JSON value of at most that depth.
func (r referenceRandom) value(depth int) string {
	switch n := r.IntN(10); {
	case n < 3 && depth > 0:
		return r.object(depth)
	case n < 5 && depth > 0:
		items := make([]string, r.IntN(4))
		for i := range items {
			items[i] = r.value(depth - 1)
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return r.pick([]string{"1", "1.0", "2", "10e-1", "0", "-0.0", "true", "false", "null", `""`, `"1"`, `"é\n"`, "12345678901234567890", "1e-7"})
	}
}

func (r referenceRandom) object(depth int) string {
	members := make([]string, r.IntN(5))
	for i := range members {
		members[i] = fmt.Sprintf("%q: %s", r.pick([]string{"a", "b", "c", "a.b", "[]", "日"}), r.value(depth-1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// fenced puts some texts in a fence, and breaks some.
func (r referenceRandom) fenced(text string) string {
	switch r.IntN(8) {
	case 0:
		return "```json\n" + text + "\n```"
	case 1:
		return " ```\n" + text + "```\n"
	case 2:
		return text[1:]
	default:
		return text
	}
}

func (r referenceRandom) calls(least int) []Call {
	calls := make([]Call, least+r.IntN(4))
	for i := range calls {
		calls[i].Name = r.pick([]string{"f", "f", "g"})
		if r.IntN(5) > 0 {
			calls[i].Args = json.RawMessage(r.object(2))
		}
	}
	return calls
}
