// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// otherTools are the tools other than functions. Their settings are not checked, so an example must
// not contain any.
var otherTools = map[string]*shape{
	"retrieval": emptyTool, "googleSearch": emptyTool, "googleSearchRetrieval": emptyTool, "googleMaps": emptyTool,
	"enterpriseWebSearch": emptyTool, "codeExecution": emptyTool, "urlContext": emptyTool, "computerUse": emptyTool,
}

// tools checks the functions that the model may call.
func (r *record) tools(v int) {
	if !r.is(v, strictjson.Array) {
		return
	}
	for tool := v + 1; tool < r.next(v); tool = r.next(tool) {
		if !r.is(tool, strictjson.Object) {
			continue
		}
		r.camelCase(tool)
		for i := tool + 1; i < r.next(tool); i = r.next(i + 1) {
			name := fromSnake(r.key(i))
			other := otherTools[name]
			switch {
			case name != "functionDeclarations" && other == nil:
				r.fail(i, CodeUnknownField, "a tool has no member "+quoted(r.text(i)), `write the functions as "functionDeclarations"`)
			case r.kind(i+1) == strictjson.Null:
			case other != nil:
				r.checkShape(i+1, other)
			case r.is(i+1, strictjson.Array):
				r.declarations(i + 1)
			}
		}
	}
}

func (r *record) declarations(v int) {
	c := &r.worker.conversation
	for f := v + 1; f < r.next(v); f = r.next(f) {
		if r.is(f, strictjson.Object) {
			r.declaration(f, c)
		}
	}
}

// declaration checks the declaration of a function.
func (r *record) declaration(f int, c *conversation) {
	var name int
	var schemas []int
	for i := f + 1; i < r.next(f); i = r.next(i + 1) {
		v := i + 1
		key := fromSnake(r.key(i))
		null := r.kind(v) == strictjson.Null
		switch key {
		case "name":
			name = v
		case "description":
			if !null {
				r.is(v, strictjson.String)
			}
		case "parameters", "response":
			if !null {
				r.nativeSchema(v, key == "response")
			}
			schemas = append(schemas, i)
		case "parametersJsonSchema", "responseJsonSchema":
			if r.is(v, strictjson.Object) {
				r.numbers(v)
			}
			schemas = append(schemas, i)
		default:
			r.fail(i, CodeUnknownField, "the declaration of a function has no member "+quoted(r.text(i)), "remove it")
		}
	}
	for k, i := range schemas {
		if slices.ContainsFunc(schemas[:k], func(earlier int) bool { return r.key(earlier)[0] == r.key(i)[0] }) {
			r.fail(i, CodeInvalidSchema, "the parameters or the response are declared twice", "keep one of the two members")
		}
	}
	if name == 0 {
		r.fail(f, CodeMissingField, `the function's "name" is missing`, "")
		return
	}
	if !r.functionName(name) {
		return
	}
	if c.isDeclared(r.raw(name)) && len(c.functions) > 0 {
		r.fail(name, CodeDeclaredTwice, "the function is declared twice", "keep one of the two declarations")
		return
	}
	c.declared(name, len(c.tools))
}

// nativeSchema checks a schema that is used unchanged.
func (r *record) nativeSchema(v int, response bool) {
	s := schemaWriter{r: r, native: true, root: v, limit: maxSchemas, response: response}
	s.schema(nil, v, 0, false)
}

// responseSchema checks the schema of an answer.
func (r *record) responseSchema(v int) { r.nativeSchema(v, true) }

// checkCalls reports calls of functions that the example does not declare.
func (r *record) checkCalls() {
	c := &r.worker.conversation
	for _, known := range c.calls {
		if !c.isDeclared(known.name) {
			r.fail(known.node, CodeUndeclaredFunction, "the function "+quoted(r.text(known.node))+" is not declared in the example", "declare it among the tools")
		}
	}
}
