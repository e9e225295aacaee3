// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestConverted_is_accepted makes random records of every format, well-formed or not. Whatever is
// called converted must be accepted by the stand-in, which knows nothing of package dataset.
func TestConverted_is_accepted(t *testing.T) {
	t.Parallel()
	const records = 1000
	for name, compose := range map[string]func(*writer) map[string]any{
		"chat": (*writer).chat, "sharegpt": (*writer).shareGPT, "anthropic": (*writer).anthropic, "bedrock": (*writer).bedrock,
		"gemini": (*writer).gemini, "alpaca": (*writer).alpaca, "prompt": (*writer).prompt, "palm": (*writer).palm,
		"preference": (*writer).preference, "messages": (*writer).message,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := &writer{rand.New(rand.NewPCG(7, uint64(len(name))))}
			var training bytes.Buffer
			var sources []string
			for range records {
				record, err := json.Marshal(compose(random))
				if err != nil {
					t.Fatal(err)
				}
				for _, line := range converted(t, record) {
					training.Write(line)
					sources = append(sources, string(record))
				}
			}
			if len(sources) < records/20 {
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

// converted returns the examples of a record as supervised tuning takes them; none if the record
// has errors. An example with two answers to compare is one with each of them.
func converted(t *testing.T, record []byte) (lines [][]byte) {
	t.Helper()
	var out bytes.Buffer
	report, err := dataset.Convert(t.Context(), &out, bytes.NewReader(append(record, '\n')), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Errors > 0 || report.Examples == 0 {
		return nil
	}
	var example map[string]json.RawMessage
	if err := json.Unmarshal(out.Bytes(), &example); err != nil {
		t.Fatalf("%s makes %s: %v", record, out.Bytes(), err)
	}
	if example["completions"] == nil {
		return [][]byte{out.Bytes()}
	}
	var answers []struct{ Completion json.RawMessage }
	if err := json.Unmarshal(example["completions"], &answers); err != nil {
		t.Fatal(err)
	}
	delete(example, "completions")
	before := bytes.TrimSuffix(example["contents"], []byte("]"))
	for _, answer := range answers {
		example["contents"] = fmt.Appendf(nil, "%s,%s]", before, answer.Completion)
		line, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, append(line, '\n'))
	}
	return lines
}

// writer writes random records.
type writer struct{ *rand.Rand }

type object = map[string]any

// one picks one of several values; the first is the usual one.
func (w *writer) one(values ...any) any {
	if w.IntN(3) > 0 {
		return values[0]
	}
	return values[w.IntN(len(values))]
}

func (w *writer) name() string {
	return w.one("look", "roll", "find", "a.b", "a:b-c", "look up!", "", "1st", "münze", strings.Repeat("n", 65)).(string)
}

func (w *writer) text() any {
	return w.one("How is it?", "Fine.", "", " ", nil, "?", "<think>hm</think>\n\nSo.", "<think>hm", 7, "\u2028é😀")
}

func (w *writer) number() any {
	return w.one(1, -2.5, json.RawMessage("1e400"), json.RawMessage("1e300"), 1<<40, json.RawMessage("0.1e-999"))
}

// value is any value of JSON.
func (w *writer) value() any {
	return w.one("v", w.number(), nil, true, []any{}, object{}, []any{w.number(), "x"}, object{"k": w.number()})
}

// maybe sets a member now and then.
func (w *writer) maybe(o object, name string, value any) {
	if w.IntN(3) == 0 {
		o[name] = value
	}
}

// asText writes a value as a string now and then.
func (w *writer) asText(value any) any {
	if w.IntN(3) > 0 {
		return value
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// schema is a schema in one of many dialects.
func (w *writer) schema(depth int) any {
	if w.IntN(40) == 0 {
		return w.value()
	}
	s := object{"type": w.one("string", "STRING", "integer", "str", "int", "Float", "bool", "list", "array", "object", "dict", "List[int]",
		"Optional[str]", "int, optional", "null", "any", "enum", []any{"string", "null"}, []any{"string", "integer"}, []any{}, nil, 5, "Dict[str, int]", "str | None")}
	if w.IntN(12) == 0 {
		delete(s, "type")
	}
	w.maybe(s, "description", w.one("what it is", nil, 7))
	members := object{
		"enum": w.one([]any{"a", "b"}, []any{1, 2}, []any{"a", nil}, []any{""}, nil, []any{}, []any{true}, "a"), "format": w.one("date", "enum"), "const": w.one("c", 1, nil),
		"nullable": w.one(true, "yes"), "default": w.value(), "example": w.value(), "minimum": w.number(), "minItems": w.one(1, 1.5, "1"), "maxLength": w.number(),
		"pattern": w.one("^a$", 1), "title": w.one("T", nil), "additionalProperties": w.one(false, true, object{}, object{"type": "string"}), "required": w.one([]any{"x"}, true, nil, "x"),
		"propertyOrdering": w.one([]any{"x"}, []any{1}, "x"), "examples": []any{1}, "$schema": "s", "multipleOf": 2, "$ref": w.one("#/$defs/D", "#", "#/defs/D", "other"), "any_of": []any{object{"type": "string"}},
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if w.IntN(25) == 0 {
			s[name] = members[name]
		}
	}
	if depth > 3 {
		return s
	}
	if kind := s["type"]; kind == "object" || kind == "dict" || w.IntN(20) == 0 {
		s["properties"] = w.one(w.properties(depth), nil, object{}, []any{})
		w.maybe(s, "required", w.one([]any{"x"}, []any{"x", "gone"}, nil))
	}
	if kind := s["type"]; kind == "list" || kind == "array" || w.IntN(20) == 0 {
		s["items"] = w.one(w.schema(depth+1), nil, []any{w.schema(depth + 1)}, []any{w.schema(depth + 1), w.schema(depth + 1)}, []any{})
	}
	for _, union := range []string{"anyOf", "oneOf", "allOf"} {
		if w.IntN(25) == 0 {
			s[union] = w.one([]any{w.schema(depth + 1), object{"type": "null"}}, []any{w.schema(depth + 1)}, []any{w.schema(depth + 1), w.schema(depth + 1)})
			if w.IntN(2) == 0 {
				delete(s, "type")
			}
		}
	}
	return s
}

func (w *writer) properties(depth int) object {
	return object{w.one("x", "y", "a-b", "", "x y").(string): w.schema(depth + 1), "z": w.schema(depth + 1)}
}

func (w *writer) parameters() any {
	p := object{"type": w.one("object", "OBJECT", "dict", "string", nil), "properties": w.properties(1)}
	w.maybe(p, "$defs", object{"D": w.schema(1)})
	w.maybe(p, "required", w.one([]any{"z"}, []any{"gone"}, nil))
	return w.one(p, w.asText(p), w.properties(1), []any{object{"name": "x", "type": "str"}}, nil, object{}, "", []any{}, w.schema(1))
}

// tools are declared in the way of some vendor.
func (w *writer) tools() any {
	var all []any
	for range 1 + w.IntN(2) {
		f := object{"name": w.name(), "description": w.one("does it", nil, 3)}
		f[w.one("parameters", "input_schema", "args", "inputSchema", "parametersJsonSchema", "schema").(string)] = w.parameters()
		all = append(all, w.one(object{"type": "function", "function": f}, f, object{"toolSpec": f}, object{"functionDeclarations": []any{f}}, w.asText(f), object{"type": "search"}))
	}
	return w.asText(all)
}

func (w *writer) args() any {
	return w.asText(w.one(object{"x": w.number()}, object{}, nil, "", []any{}, []any{1}, object{"x": w.value()}))
}

// call is a call in the way of some vendor.
func (w *writer) call() any {
	f := object{"name": w.name(), w.one("arguments", "args", "input", "parameters", "body").(string): w.args()}
	return w.one(object{"id": w.one("k1", "k2", nil, 3), "type": "function", "function": f}, f, w.asText(f))
}

// beside adds what may stand beside the turns.
func (w *writer) beside(o object) object {
	w.maybe(o, w.one("system", "system_prompt", "systemPrompt").(string), w.one("Be brief.", []any{object{"text": "Be brief."}}, nil, "", 7))
	if w.IntN(2) == 0 {
		o[w.one("tools", "functions", "available_tools").(string)] = w.tools()
	}
	w.maybe(o, w.one("source", "context", "history").(string), w.one("x", nil))
	return o
}
