// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestConverted_is_accepted changes the records of the converter's golden inputs at random, in
// every format. Whatever is called converted must be accepted by the stand-in, which knows nothing
// of package dataset.
func TestConverted_is_accepted(t *testing.T) {
	t.Parallel()
	const records = 1000
	formats, all := goldenRecords(t)
	for i, format := range slices.Sorted(maps.Keys(formats)) {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			m := &mutator{Rand: rand.New(rand.NewPCG(7, uint64(i))), own: harvest(formats[format]), all: all}
			var training bytes.Buffer
			var sources []string
			for range records {
				record := marshal(t, m.mutate(m.pick(formats[format])))
				for _, line := range converted(t, record) {
					training.Write(line)
					sources = append(sources, string(record))
				}
			}
			if len(sources) < records/100 {
				t.Fatalf("only %d of %d records are converted", len(sources), records)
			}
			w := newWorld(t, nil)
			w.objects.put("data/train.jsonl", training.String())
			job := w.finish(w.mustCreate().GetName())
			if job.GetState() == pb.JobState_JOB_STATE_SUCCEEDED {
				return
			}
			var number int
			_, err := fmt.Sscanf(job.GetError().GetMessage(), "Dataset example %d", &number)
			if err != nil || number < 1 || number > len(sources) {
				t.Fatalf("the job failed: %v", job.GetError())
			}
			t.Errorf("the job failed: %v\nthe record was %s", job.GetError().GetMessage(), sources[number-1])
		})
	}
}

// goldenRecords reads the JSON values in the golden inputs, by format, and the parts of all.
func goldenRecords(t *testing.T) (formats map[string][]any, all parts) {
	t.Helper()
	files, err := filepath.Glob("../../../testdata/datasets/*/*.in.json*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden inputs: %v", err)
	}
	formats = map[string][]any{}
	var every []any
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := json.NewDecoder(bytes.NewReader(text))
		in.UseNumber()
		format := filepath.Base(filepath.Dir(file))
		for {
			var record any
			if in.Decode(&record) != nil {
				break // at the end, or where an input is broken
			}
			records, ok := record.([]any)
			if !ok {
				records = []any{record}
			}
			formats[format], every = append(formats[format], records...), append(every, records...)
		}
	}
	return formats, harvest(every)
}

// parts are the names and values within records, from which other records are made.
type parts struct {
	names  []string
	values []any
}

func harvest(records []any) (p parts) {
	for _, record := range records {
		visit(record, func(name string, value any) {
			if name != "" {
				p.names = append(p.names, name)
			}
			p.values = append(p.values, value)
		})
	}
	p.values = append(p.values, nil, true, "", " ", json.Number("7"), json.Number("-2.5"), json.Number("1e400"), json.Number("0.1e-999"),
		[]any{}, object{}, "\u2028é😀", []any{"a", nil}, object{"type": "object"})
	return p
}

// visit calls f for each value within a value, with its name if it is a member of an object.
func visit(value any, f func(name string, value any)) {
	switch v := value.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			f(name, v[name])
			visit(v[name], f)
		}
	case []any:
		for _, element := range v {
			f("", element)
			visit(element, f)
		}
	}
}

type object = map[string]any

// mutator makes new records out of the parts of known ones, mostly of the same format.
type mutator struct {
	*rand.Rand
	own, all parts
}

func (m *mutator) pick(values []any) any { return values[m.IntN(len(values))] }

func (m *mutator) parts() parts {
	if m.IntN(4) == 0 {
		return m.all
	}
	return m.own
}

func (m *mutator) value() any { return m.pick(m.parts().values) }

func (m *mutator) name() string { names := m.parts().names; return names[m.IntN(len(names))] }

// mutate returns a copy of a record with a few changes.
func (m *mutator) mutate(record any) any {
	size := 1
	visit(record, func(string, any) { size++ })
	return m.copy(record, min(0.3, float64(m.IntN(4))/float64(size)))
}

// copy copies a value, and changes each value in it with a probability.
func (m *mutator) copy(value any, p float64) any {
	hit := func() bool { return m.Float64() < p }
	switch v := value.(type) {
	case object:
		out := object{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			next := m.copy(v[name], p)
			if hit() {
				next = m.value()
			}
			switch {
			case hit() && m.IntN(2) == 0: // left out
			case hit():
				out[m.name()] = next
			default:
				out[name] = next
			}
		}
		if hit() {
			out[m.name()] = m.value()
		}
		return out
	case []any:
		out := []any{}
		for _, element := range v {
			if !hit() {
				out = append(out, m.copy(element, p))
			}
			if hit() {
				out = append(out, m.pick([]any{element, m.value()}))
			}
		}
		return out
	}
	return value
}

// converted returns the examples of a record as supervised tuning takes them; none if the record
// has errors. An example with two answers to compare is one with each of them.
func converted(t *testing.T, record []byte) (lines [][]byte) {
	t.Helper()
	var out bytes.Buffer
	report, err := dataset.Convert(t.Context(), &out, bytes.NewReader(append(record, '\n')), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Errors > 0 {
		return nil
	}
	for line := range bytes.Lines(out.Bytes()) {
		var example struct {
			Contents    []object
			Completions []struct{ Completion object }
		}
		members := map[string]any{}
		if err := errors.Join(json.Unmarshal(line, &example), json.Unmarshal(line, &members)); err != nil {
			t.Fatalf("%s makes %s: %v", record, line, err)
		}
		if example.Completions == nil {
			lines = append(lines, line)
			continue
		}
		delete(members, "completions")
		for _, answer := range example.Completions {
			// A preference may leave these roles out.
			answer.Completion["role"] = "model"
			if example.Contents[0]["role"] == nil {
				example.Contents[0]["role"] = "user"
			}
			members["contents"] = append(slices.Clip(example.Contents), answer.Completion)
			lines = append(lines, append(marshal(t, members), '\n'))
		}
	}
	return lines
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
