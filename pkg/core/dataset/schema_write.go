// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// write appends the schema with the collected members; n is its node.
func (s *schemaWriter) write(dst []byte, n int, p *schemaParts) []byte {
	r := s.r
	types := s.types(p)
	if p.union != 0 && p.types != 0 {
		s.ignoreUnion(p)
	}
	if s.depth == 1 && !s.response && (p.union != 0 || len(types) != 1 || types[0].name != typeObject) {
		r.fail(n, CodeInvalidSchema, "the parameters of a function must be an object", `write the type "OBJECT" and "properties"`)
		return append(dst, "{}"...)
	}
	switch {
	case p.union != 0:
		return s.writeUnion(dst, p)
	case len(types) == 1:
		return s.writeTyped(dst, n, p, types[0])
	case len(types) > 1:
		s.correct(p.types, "a schema of Vertex AI has one type", `write the types as "anyOf"`)
		dst = append(dst, `{"anyOf":[`...)
		for i, t := range types {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = s.writeTyped(dst, n, p, t)
		}
		return append(dst, "]}"...)
	case p.types == 0:
		r.fail(n, CodeInvalidSchema, "the schema has no type", `add a "type" such as "STRING" or "OBJECT"`)
	}
	return append(dst, "{}"...)
}

// types returns the types of a schema, which its other members may imply.
func (s *schemaWriter) types(p *schemaParts) (types []schemaType) {
	r := s.r
	add := func(n int) {
		if !r.is(n, strictjson.String) {
			return
		}
		found := parseType(r.text(n))
		if len(found) == 0 {
			r.fail(n, CodeInvalidSchema, "Vertex AI has no type "+quoted(r.text(n)), `write "STRING", "INTEGER", "NUMBER", "BOOLEAN", "ARRAY" or "OBJECT"`)
			return
		}
		if found[0].name != r.text(n) {
			s.correct(n, "Vertex AI has no type "+quoted(r.text(n)), `write "STRING", "INTEGER", "NUMBER", "BOOLEAN", "ARRAY" or "OBJECT"`)
		}
		for _, t := range found {
			if t.name == typeNull {
				p.nullable = true
			} else if !slices.ContainsFunc(types, func(known schemaType) bool { return known.name == t.name }) {
				types = append(types, t)
			}
		}
	}
	switch {
	case p.types != 0 && r.kind(p.types) == strictjson.Array:
		s.correct(p.types, "a schema of Vertex AI has one type", `write one type, and "nullable": true for null`)
		for e := p.types + 1; e < r.next(p.types); e = r.next(e) {
			add(e)
		}
	case p.types != 0:
		add(p.types)
	case p.union == 0:
		if t := s.impliedType(p); t != "" {
			types = append(types, schemaType{name: t})
		}
	}
	if p.types != 0 && len(types) == 0 && !r.failed() {
		r.fail(p.types, CodeInvalidSchema, "Vertex AI has no type for null alone", `write the type of the value, and "nullable": true`)
	}
	return types
}

// impliedType returns the type of a schema without a type, or "".
func (s *schemaWriter) impliedType(p *schemaParts) (implied string) {
	r := s.r
	switch {
	case len(p.properties) > 0:
		implied = typeObject
	case p.items != 0:
		implied = typeArray
	case p.constant != 0:
		implied = s.typeOf(p.constant)
	case p.enum != 0 && r.kind(p.enum) == strictjson.Array:
		for e := p.enum + 1; e < r.next(p.enum); e = r.next(e) {
			switch t := s.typeOf(e); {
			case r.kind(e) == strictjson.Null || t == implied:
			case implied == "":
				implied = t
			case implied == typeInteger && t == typeNumber, implied == typeNumber && t == typeInteger:
				implied = typeNumber
			default:
				implied = typeString
			}
		}
	}
	if implied != "" {
		s.correct(max(p.items, p.constant, p.enum, slices.Max(append(p.properties, 0))), "the schema around this has no type", "add the type "+quoted(implied))
	}
	return implied
}

// typeOf returns the type of a scalar value, or "".
func (s *schemaWriter) typeOf(n int) string {
	switch s.r.kind(n) {
	case strictjson.String:
		return typeString
	case strictjson.Bool:
		return typeBoolean
	case strictjson.Number:
		if isInteger(s.r.raw(n)) {
			return typeInteger
		}
		return typeNumber
	}
	return ""
}

// writeTyped appends a schema with one type.
func (s *schemaWriter) writeTyped(dst []byte, n int, p *schemaParts, t schemaType) []byte {
	dst = append(append(append(dst, `{"type":"`...), t.name...), '"')
	described := false
	for _, name := range p.unchanged {
		if p.enum == 0 && p.constant == 0 && string(s.r.key(name)) == "format" && s.r.text(name+1) == "enum" {
			s.correct(name, `the format "enum" needs the values`, `add "enum"`)
			continue
		}
		described = described || string(s.r.key(name)) == "description"
		dst = s.writePlain(dst, name)
	}
	if !described && p.description != 0 {
		dst = append(dst, `,"description":`...)
		dst = s.r.appendPlain(dst, p.description+1)
	}
	dst = s.writeEnum(dst, p, t.name)
	if p.nullable {
		dst = append(dst, `,"nullable":true`...)
	}
	if s.r.kind(p.types) == strictjson.String {
		s.checkMembers(p, t)
	}
	switch t.name {
	case typeObject:
		dst = s.writeProperties(dst, n, s.properties(p.properties), p.required)
	case typeArray:
		dst = s.writeItems(dst, n, p, t)
	}
	return append(dst, '}')
}

// checkMembers reports members that a schema of this type, which is the only one, does not have.
func (s *schemaWriter) checkMembers(p *schemaParts, t schemaType) {
	if p.items != 0 && t.name != typeArray {
		s.r.fail(p.items, CodeInvalidSchema, "only an array has items", `write the type "ARRAY"`)
	}
	if t.name == typeObject {
		return
	}
	if len(p.properties) > 0 {
		s.r.fail(p.properties[0]-1, CodeInvalidSchema, "only an object has properties", `write the type "OBJECT"`)
		return
	}
	s.undefined(p.required)
}

// writePlain appends a member that is written unchanged.
func (s *schemaWriter) writePlain(dst []byte, name int) []byte {
	r, key := s.r, string(s.r.key(name))
	known := plainMembers[key]
	switch known.canonical {
	case "":
		dst = append(append(dst, ',', '"'), key...)
		dst = append(dst, '"', ':')
	default:
		dst = append(append(append(dst, ','), known.canonical...), ':')
	}
	if known.id == fieldSchema && r.kind(name+1) == strictjson.Object {
		if r.next(name+1) == name+2 { // {} allows anything, like true
			s.correct(name+1, "the schema has no type", "write true")
			return append(dst, "true"...)
		}
		return s.schema(dst, name+1, 0, false)
	}
	return r.appendPlain(dst, name+1)
}

// writeEnum appends the allowed values. Vertex AI accepts them only as strings.
func (s *schemaWriter) writeEnum(dst []byte, p *schemaParts, typeName string) []byte {
	r := s.r
	var values []string
	add := func(n int) {
		value := string(r.raw(n))
		switch r.kind(n) {
		case strictjson.Null:
			p.nullable = true
			s.correct(n, "the values of an enum are strings", `write "nullable": true`)
			return
		case strictjson.String:
			value = r.text(n)
		case strictjson.Number, strictjson.Bool:
			s.correct(n, "the values of an enum are strings", "write "+strconv.Quote(value))
		default:
			r.fail(n, CodeInvalidSchema, "the values of an enum are strings, not "+article(r.kind(n)), "")
			return
		}
		switch {
		case value == "":
			r.fail(n, CodeInvalidSchema, "a value of an enum must not be empty", "remove it")
		case !slices.Contains(values, value):
			values = append(values, value)
		}
	}
	switch {
	case p.constant != 0:
		add(p.constant)
	case p.enum != 0 && r.is(p.enum, strictjson.Array):
		for e := p.enum + 1; e < r.next(p.enum); e = r.next(e) {
			add(e)
		}
	}
	if len(values) == 0 {
		if p.enum != 0 && slices.ContainsFunc(p.unchanged, func(name int) bool { return string(r.key(name)) == "format" && r.text(name+1) == "enum" }) {
			r.fail(p.enum, CodeInvalidSchema, "the enum has no values", "add them, or remove it")
		}
		return dst
	}
	if typeName == typeObject || typeName == typeArray {
		r.fail(max(p.constant, p.enum), CodeInvalidSchema, "only a text, a number or a boolean can have an enum", "write it into the items, or remove it")
		return dst
	}
	if typeName != typeString && !slices.ContainsFunc(p.unchanged, func(name int) bool { return string(r.key(name)) == "format" }) {
		dst = append(dst, `,"format":"enum"`...)
	}
	dst = append(dst, `,"enum":[`...)
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendQuote(dst, value)
	}
	return append(dst, ']')
}

// writeItems appends the schema of the items of an array.
func (s *schemaWriter) writeItems(dst []byte, n int, p *schemaParts, t schemaType) []byte {
	r := s.r
	switch {
	case p.items != 0 && r.kind(p.items) == strictjson.Array:
		s.correct(p.items, "the items of an array have one schema", `write the schemas as "anyOf"`)
		var items schemaParts
		for e := p.items + 1; e < r.next(p.items); e = r.next(e) {
			items.variants = append(items.variants, e)
		}
		if len(items.variants) == 0 {
			r.fail(p.items, CodeInvalidSchema, "the array has no schema of its items", `add "items"`)
			return dst
		}
		dst = append(dst, `,"items":`...)
		if len(items.variants) == 1 {
			return s.schema(dst, items.variants[0], 0, false)
		}
		return s.writeUnion(dst, &items)
	case p.items != 0:
		return s.schema(append(dst, `,"items":`...), p.items, 0, false)
	case t.items == nil:
		r.fail(n, CodeInvalidSchema, "the array has no schema of its items", `add "items", as in {"type": "STRING"}`)
		return dst
	}
	dst = append(dst, `,"items":`...)
	closing := 0
	for item := t.items; item != nil; item = item.items {
		dst = append(append(append(dst, `{"type":"`...), item.name...), '"')
		closing++
		if item.name == typeArray && item.items == nil {
			r.fail(n, CodeInvalidSchema, "the array has no schema of its items", `add "items", as in {"type": "STRING"}`)
		}
		if item.items != nil {
			dst = append(dst, `,"items":`...)
		}
	}
	return append(dst, bytes.Repeat([]byte{'}'}, closing)...)
}
