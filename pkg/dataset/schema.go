// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"strings"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// declare adds the declaration of a function: name, description, parameters.
func (c *conversation) declare(f int) {
	r := c.r
	if !r.is(f, strictjson.Object) {
		return
	}
	var name int
	c.tools = append(c.tools, ",{"...)
	for i := f + 1; i < r.next(f); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "name":
			name = v
			r.is(v, strictjson.String)
		case "description":
			if r.kind(v) == strictjson.Null {
				continue
			}
			r.is(v, strictjson.String)
		case "parameters":
			c.parameters(v)
			continue
		case "inputSchema": // of Amazon Bedrock
			if r.is(v, strictjson.Object) && r.member(v, "json") != 0 {
				c.parameters(r.member(v, "json"))
			}
			continue
		case "strict":
			continue // how the caller decodes, not what the function is
		default:
			r.unused(i)
			continue
		}
		c.member(string(r.raw(i)))
		c.tools = r.appendPlain(c.tools, v)
	}
	if name == 0 {
		r.fail(f, CodeMissingField, `the function's "name" is missing`, "")
	}
	c.tools = append(c.tools, '}')
}

// parameters adds the schema of a function's parameters. Gemini refuses one of an
// object without properties ("should be non-empty for OBJECT type"): a function
// without parameters has none.
func (c *conversation) parameters(schema int) {
	r := c.r
	if r.kind(schema) == strictjson.Null || r.kind(schema) == strictjson.Object && !r.hasProperties(schema) {
		return
	}
	c.member(`"parameters"`)
	c.tools = r.appendSchema(c.tools, schema)
}

// hasProperties reports whether a schema says anything of the object's members.
func (r *record) hasProperties(schema int) bool {
	for i := schema + 1; i < r.next(schema); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "title", "description", "required", "$schema", "strict":
		case "type":
			if !strings.EqualFold(string(r.raw(i+1)), `"object"`) {
				return true
			}
		case "additionalProperties":
			if string(r.raw(i+1)) != "false" {
				return true
			}
		case "properties":
			if r.next(i+1) > i+2 {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// member adds the name of a member of a declaration, which is quoted.
func (c *conversation) member(name string) {
	if c.tools[len(c.tools)-1] != '{' {
		c.tools = append(c.tools, ',')
	}
	c.tools = append(append(c.tools, name...), ':')
}

// schemaNames are the members that a schema of Vertex AI has, by the names that
// JSON Schema has for them. Those that hold other schemas are noted.
var schemaNames = map[string]struct {
	name  string
	holds schemaHolds
}{
	"type": {"type", holdsType}, "format": {name: "format"}, "title": {name: "title"}, "description": {name: "description"},
	"nullable": {name: "nullable"}, "default": {name: "default"}, "enum": {name: "enum"}, "required": {name: "required"},
	"minItems": {name: "minItems"}, "maxItems": {name: "maxItems"}, "minimum": {name: "minimum"}, "maximum": {name: "maximum"},
	"minLength": {name: "minLength"}, "maxLength": {name: "maxLength"}, "pattern": {name: "pattern"}, "example": {name: "example"},
	"minProperties": {name: "minProperties"}, "maxProperties": {name: "maxProperties"}, "propertyOrdering": {name: "propertyOrdering"},
	"$ref": {name: "ref"}, "ref": {name: "ref"}, "additionalProperties": {name: "additionalProperties"},
	"items": {"items", holdsSchema}, "properties": {"properties", holdsSchemas}, "$defs": {"defs", holdsSchemas}, "defs": {"defs", holdsSchemas},
	"anyOf": {"anyOf", holdsList}, "oneOf": {"anyOf", holdsList},
}

// schemaHolds says what the value of a schema's member is.
type schemaHolds uint8

const (
	holdsValue   schemaHolds = iota
	holdsType                // the name of a type, or a list of them
	holdsSchema              // a schema
	holdsSchemas             // an object of schemas
	holdsList                // an array of schemas
)

// appendSchema appends a JSON Schema as Vertex AI writes it. Members that it has
// no place for are left away with a warning.
func (r *record) appendSchema(dst []byte, n int) []byte {
	if r.kind(n) != strictjson.Object {
		return r.appendPlain(dst, n)
	}
	dst = append(dst, '{')
	for i := n + 1; i < r.next(n); i = r.next(i + 1) {
		known, ok := schemaNames[string(r.key(i))]
		if !ok {
			r.warn(i, CodeUnknownField, "schemas of Vertex AI have no "+quoted(r.text(i))+"; it is not used", "")
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		v := i + 1
		if known.holds == holdsType {
			dst = r.appendType(dst, v)
			continue
		}
		dst = append(append(append(dst, '"'), known.name...), '"', ':')
		switch {
		case known.holds == holdsSchema:
			dst = r.appendSchema(dst, v)
		case known.holds == holdsSchemas && r.kind(v) == strictjson.Object:
			dst = r.appendSchemas(dst, v)
		case known.holds == holdsList && r.kind(v) == strictjson.Array:
			dst = append(dst, '[')
			for e := v + 1; e < r.next(v); e = r.next(e) {
				if e > v+1 {
					dst = append(dst, ',')
				}
				dst = r.appendSchema(dst, e)
			}
			dst = append(dst, ']')
		default:
			dst = r.appendPlain(dst, v)
		}
	}
	return append(dst, '}')
}

func (r *record) appendSchemas(dst []byte, n int) []byte {
	dst = append(dst, '{')
	for i := n + 1; i < r.next(n); i = r.next(i + 1) {
		if i > n+1 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, r.raw(i)...), ':')
		dst = r.appendSchema(dst, i+1)
	}
	return append(dst, '}')
}

// appendType appends the member that names the type: one in capitals. A list
// with null in it makes the type nullable.
func (r *record) appendType(dst []byte, n int) []byte {
	var types []string
	nullable := false
	add := func(n int) {
		if !r.is(n, strictjson.String) {
			return
		}
		if name := strings.ToUpper(r.text(n)); name != "NULL" {
			types = append(types, name)
		} else {
			nullable = true
		}
	}
	if r.kind(n) == strictjson.Array {
		for e := n + 1; e < r.next(n); e = r.next(e) {
			add(e)
		}
	} else {
		add(n)
	}
	switch {
	case len(types) == 1:
		dst = append(dst, `"type":`...)
		dst = strictjson.AppendQuote(dst, types[0])
	case len(types) == 0:
		return append(dst, `"type":"NULL"`...)
	default:
		dst = append(dst, `"anyOf":[`...)
		for i, name := range types {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"type":`...)
			dst = append(strictjson.AppendQuote(dst, name), '}')
		}
		dst = append(dst, ']')
	}
	if nullable {
		dst = append(dst, `,"nullable":true`...)
	}
	return dst
}
