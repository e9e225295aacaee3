// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// Codes of faults in declarations, calls and results.
const (
	CodeInvalidSchema      = "INVALID_SCHEMA"      // parameters that Vertex AI does not accept
	CodeInvalidName        = "INVALID_NAME"        // a function or parameter with a name that Vertex AI does not accept
	CodeDeclaredTwice      = "DECLARED_TWICE"      // two functions with one name
	CodeUndeclaredFunction = "UNDECLARED_FUNCTION" // a call of a function that the example does not declare
	CodeTooManyFunctions   = "TOO_MANY_FUNCTIONS"
	CodeCallWithoutResult  = "CALL_WITHOUT_RESULT" // the conversation continues without a result
)

// maxFunctions is how many functions an example can declare in Vertex AI.
const maxFunctions = 128

// declaration is a declared function.
type declaration struct {
	name      []byte // the original text, with quotes
	from, end int    // the bytes of its declaration in conversation.tools
}

// addTools adds the functions of a value: a tool, a list of tools, or a string that contains
// either.
func (c *conversation) addTools(v int) {
	r := c.r
	switch r.kind(v) {
	case strictjson.Null:
	case strictjson.Array:
		for tool := v + 1; tool < r.next(v); tool = r.next(tool) {
			if kind := r.kind(tool); kind != strictjson.Bool && kind != strictjson.Number {
				c.addTools(tool)
			} else {
				r.wrongType(tool, strictjson.Object)
			}
		}
	case strictjson.Object:
		c.addTool(v)
	case strictjson.String:
		if r.blank(v) {
			return
		}
		c.parsed(v, CodeWrongType, "the tools are not JSON", c.addTools)
	default:
		r.wrongType(v, strictjson.Array)
	}
}

// addTool adds the functions of one tool.
func (c *conversation) addTool(tool int) {
	r := c.r
	for i := tool + 1; i < r.next(tool); i = r.next(i + 1) {
		switch v := i + 1; string(r.key(i)) {
		case "function", "toolSpec":
			if r.kind(v) == strictjson.Object {
				c.declare(v)
				return
			}
		case "tools", "functions", "functionDeclarations", "function_declarations":
			if r.kind(v) == strictjson.Array {
				c.addTools(v)
				return
			}
		}
	}
	switch {
	case r.isCachePoint(tool):
	case r.next(tool) == tool+1:
		// {} declares nothing.
	case r.member(tool, "name") != 0:
		c.declare(tool) // written without the enclosing object
	default:
		r.fail(tool, CodeMissingField, `the tool has no "function"`, "only functions can be tools")
	}
}

// declare adds the declaration of a function: name, description, parameters.
func (c *conversation) declare(f int) {
	r := c.r
	var d struct{ name, description, parameters, required, response, unknown int }
	for i := f + 1; i < r.next(f); i = r.next(i + 1) {
		v := i + 1
		if r.kind(v) == strictjson.Null {
			continue
		}
		switch string(r.key(i)) {
		case "name":
			d.name = v
		case "description":
			d.description = v
		case "parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema", "args", "arguments", "params", "parameters_schema":
			if d.parameters != 0 {
				r.fail(i, CodeInvalidSchema, "the parameters are given twice", "keep one of the two members")
			}
			d.parameters = v
		case "required":
			d.required = v
		case "response":
			d.response = v
		case "strict", "type", "cache_control":
			// These members configure the client and do not describe the function.
		default:
			r.unused(i)
			if r.kind(v) == strictjson.Object || r.kind(v) == strictjson.Array && r.next(v) > v+1 {
				d.unknown = i
			}
		}
	}
	if d.name == 0 {
		r.fail(f, CodeMissingField, `the function's "name" is missing`, "")
		return
	}
	if !r.functionName(d.name) {
		return
	}
	if d.parameters == 0 && d.unknown != 0 {
		r.fail(d.unknown, CodeInvalidSchema, `the function has no "parameters", but it has this member`, `name it "parameters" if that is what it holds`)
	}
	before := len(c.tools)
	c.tools = append(append(c.tools, `,{"name":`...), r.raw(d.name)...)
	if d.description != 0 && r.is(d.description, strictjson.String) {
		c.tools = append(append(c.tools, `,"description":`...), r.raw(d.description)...)
	}
	if d.parameters != 0 {
		c.parameters(d.parameters, d.required)
	}
	if d.response != 0 {
		s := schemaWriter{r: r, root: d.response, limit: maxSchemas, response: true}
		c.tools = s.schema(append(c.tools, `,"response":`...), d.response, 0, false)
	}
	c.tools = append(c.tools, '}')
	c.declared(d.name, before)
}

// declared records a declaration that was written at c.tools[before:]. It removes a repeated
// declaration again.
func (c *conversation) declared(name, before int) {
	r := c.r
	text := c.tools[before:]
	for _, known := range c.functions {
		if !bytes.Equal(known.name, r.raw(name)) {
			continue
		}
		if bytes.Equal(c.tools[known.from:known.end], text) {
			r.warn(name, CodeDeclaredTwice, "the function is declared twice; one declaration is removed", "keep one of the two")
		} else {
			r.fail(name, CodeDeclaredTwice, "the function is declared twice, in different ways", "keep one of the two declarations")
		}
		c.tools = c.tools[:before]
		return
	}
	if len(c.functions) == maxFunctions {
		r.fail(name, CodeTooManyFunctions, "an example can declare at most 128 functions", "declare those that are needed")
	}
	if len(c.functions) <= maxFunctions {
		c.functions = append(c.functions, declaration{r.raw(name), before, len(c.tools)})
	}
}

// functionName reports whether Vertex AI accepts the string at a node as the name of a function.
func (r *record) functionName(n int) bool {
	if !r.is(n, strictjson.String) {
		return false
	}
	if !isFunctionName(r.key(n)) {
		r.fail(n, CodeInvalidName, "Vertex AI takes no function of the name "+quoted(r.text(n)), "use at most 64 letters, digits, _, ., : and -, and start with a letter or _")
		return false
	}
	return true
}

// parameters adds the schema of a function's parameters. A function without parameters has no
// schema, because Gemini refuses an object without properties.
func (c *conversation) parameters(v, required int) {
	r := c.r
	var all []property
	var requiredMembers []int
	s := schemaWriter{r: r, root: v, limit: maxSchemas}
	switch r.kind(v) {
	case strictjson.String:
		if required != 0 && r.is(required, strictjson.Array) && r.len(required) > 0 {
			r.fail(required, CodeInvalidSchema, `the parameters are a string, and "required" is not in it`, `write "required" into the parameters`)
		}
		if !r.blank(v) {
			c.parsed(v, CodeInvalidSchema, "the parameters are not JSON", func(v int) { c.parameters(v, 0) })
		}
		return
	case strictjson.Array:
		all = s.listed(v)
	case strictjson.Object:
		if inner := r.member(v, "json"); inner != 0 && r.len(v) == 1 { // the form of Amazon Bedrock
			c.parameters(inner, required)
			return
		}
		all, requiredMembers = s.flat(v)
	default:
		r.wrongType(v, strictjson.Object)
		return
	}
	if required != 0 && r.is(required, strictjson.Array) {
		for e := required + 1; e < r.next(required); e = r.next(e) {
			if r.is(e, strictjson.String) {
				requiredMembers = append(requiredMembers, e)
			}
		}
	}
	switch {
	case len(all) > 0:
		s.depth = 1 // the enclosing object is not in the text
		c.tools = append(c.tools, `,"parameters":{"type":"OBJECT"`...)
		c.tools = append(s.writeProperties(c.tools, v, all, requiredMembers), '}')
	case r.kind(v) == strictjson.Object && r.hasProperties(v):
		s.outerRequired = requiredMembers
		c.tools = s.schema(append(c.tools, `,"parameters":`...), v, 0, false)
	}
}

// hasProperties reports whether a schema says anything about the members of the object.
func (r *record) hasProperties(schema int) bool {
	for i := schema + 1; i < r.next(schema); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "title", "description", "required", "$schema", "strict", "default":
		case "type":
			if r.kind(v) != strictjson.String || !slices.ContainsFunc(parseType(r.text(v)), func(t schemaType) bool { return t.name == typeObject }) {
				return true
			}
		case "additionalProperties":
			if string(r.raw(v)) != "false" {
				return true
			}
		case "properties":
			if r.next(v) > v+1 {
				return true
			}
		default:
			if r.kind(v) != strictjson.Null {
				return true
			}
		}
	}
	return false
}
