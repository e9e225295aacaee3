// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestDocument_describes_every_field: each field has a description and, unless its values are
// listed, a valid example. The same is true for each parameter.
func TestDocument_describes_every_field(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := fieldCheck{t: t, compiler: jsonschema.NewCompiler(), document: parsed}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("openapi.json", parsed); err != nil {
		t.Fatal(err)
	}
	for name := range members(c.at("/components/schemas")) {
		c.schema("/components/schemas/" + name)
	}
	for path, operations := range members(c.at("/paths")) {
		for method, operation := range members(operations) {
			list, _ := members(operation)["parameters"].([]any)
			for i := range list {
				c.parameter(fmt.Sprintf("/paths/%s/%s/parameters/%d", strings.ReplaceAll(path, "/", "~1"), method, i))
			}
		}
	}
	const atLeast = 300 // the document has more, so the test fails if the walk finds none
	if c.fields < atLeast {
		t.Errorf("only %d fields were looked at", c.fields)
	}
}

// fieldCheck visits the schemas of the document by their JSON pointers.
type fieldCheck struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	document any
	fields   int
}

func (c *fieldCheck) at(pointer string) any {
	v := c.document
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if list, ok := v.([]any); ok {
			var i int
			if _, err := fmt.Sscan(token, &i); err != nil {
				c.t.Fatalf("%s: %v", pointer, err)
			}
			v = list[i]
			continue
		}
		v = members(v)[token]
	}
	return v
}

func members(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// resolved returns a schema with its reference resolved. The members next to the reference override
// those of its target.
func (c *fieldCheck) resolved(pointer string) map[string]any {
	all := map[string]any{}
	schema := members(c.at(pointer))
	if ref, ok := schema["$ref"].(string); ok {
		all = c.resolved(strings.TrimPrefix(ref, "#"))
	}
	maps.Copy(all, schema)
	return all
}

// schema checks the fields of a schema and of the schemas in it.
func (c *fieldCheck) schema(pointer string) {
	schema := members(c.at(pointer))
	for name := range members(schema["properties"]) {
		at := pointer + "/properties/" + name
		c.field(at)
		c.schema(at)
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if members(schema[key]) != nil {
			c.schema(pointer + "/" + key)
		}
	}
	for _, key := range []string{"oneOf", "anyOf", "allOf"} {
		list, _ := schema[key].([]any)
		for i := range list {
			c.schema(fmt.Sprintf("%s/%s/%d", pointer, key, i))
		}
	}
}

func (c *fieldCheck) field(pointer string) {
	c.fields++
	field := c.resolved(pointer)
	if text, _ := field["description"].(string); text == "" {
		c.t.Errorf("%s has no description", pointer)
	}
	examples, _ := field["examples"].([]any)
	if len(examples) == 0 && !speaksForItself(field) {
		c.t.Errorf("%s has no example", pointer)
	}
	compiled, err := c.compiler.Compile("openapi.json#" + pointer)
	if err != nil {
		c.t.Errorf("%s: %v", pointer, err)
		return
	}
	for _, example := range examples {
		if err := compiled.Validate(example); err != nil {
			c.t.Errorf("the example of %s: %v", pointer, err)
		}
	}
}

func (c *fieldCheck) parameter(pointer string) {
	c.fields++
	parameter := c.resolved(pointer)
	if text, _ := parameter["description"].(string); text == "" {
		c.t.Errorf("the parameter %v has no description", parameter["name"])
	}
	if parameter["example"] == nil && parameter["examples"] == nil {
		c.t.Errorf("the parameter %v has no example", parameter["name"])
	}
}

// speaksForItself reports whether the values of a field are listed.
func speaksForItself(field map[string]any) bool {
	_, constant := field["const"]
	_, listed := field["enum"]
	return constant || listed || field["type"] == "boolean"
}
