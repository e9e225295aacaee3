// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// schemaWriter writes schemas in the form that Vertex AI accepts. The rules come from the comments
// on Schema and FunctionDeclaration in Google's client library and from error messages of the
// service.
type schemaWriter struct {
	r *record
	// native is set for an example in the format of Vertex AI, which is used unchanged: anything
	// that would need a correction is an error.
	native bool
	root   int   // the schema that contains the definitions to which references point
	refs   []int // the definitions that are being written
	limit  int   // how many more schemas may be written
	depth  int
	// response is set for the result of a function, whose members may have any names.
	response      bool
	named         property // the property that is being written
	outerRequired []int    // names of required parameters outside the schema
}

const (
	maxSchemas     = 10_000
	maxSchemaDepth = 64
)

// schemaParts are the members of a schema, including the members that references and allOf add to
// it. A number is the node of a value, or 0 if there is none.
type schemaParts struct {
	types, enum, constant, items int
	properties, required         []int
	unchanged                    []int // the names of members that are written unchanged
	variants                     []int // of anyOf and oneOf, if there are at least two
	union                        int   // the name of the member that contains them
	nullable                     bool
	description                  int // the name of the outer description, for a variant without one
}

// correct records that a schema cannot be written unchanged, which is an error if native is set.
func (s *schemaWriter) correct(n int, message, fix string) {
	if s.native {
		s.r.fail(n, CodeInvalidSchema, message, fix)
	}
}

// ignore reports a member of a schema that is not used.
func (s *schemaWriter) ignore(name int) {
	message := "schemas of Vertex AI have no " + quoted(s.r.text(name))
	if s.native {
		s.r.fail(name, CodeInvalidSchema, message, "remove it")
		return
	}
	s.r.warn(name, CodeUnknownField, message+"; it is not used", "")
}

// schema appends the schema at n. description is the name of a description for a schema without
// one, or 0.
func (s *schemaWriter) schema(dst []byte, n, description int, nullable bool) []byte {
	r := s.r
	if s.limit--; s.limit < 0 || s.depth > maxSchemaDepth {
		if s.limit == -1 || s.depth > maxSchemaDepth {
			r.fail(n, CodeInvalidSchema, "the schema is too large or too deep", "declare fewer or simpler parameters")
		}
		return append(dst, "{}"...)
	}
	p := schemaParts{nullable: nullable, description: description}
	before := len(s.refs)
	switch r.kind(n) {
	case strictjson.Object:
		s.collect(n, &p)
	case strictjson.String: // a type name stands for a schema
		if s.correct(n, "a schema must be an object, not a string", `write {"type": …}`); s.native {
			return dst
		}
		p.types = n
	default:
		r.fail(n, CodeInvalidSchema, "a schema must be an object, not "+article(r.kind(n)), `write {"type": …}`)
		return append(dst, "{}"...)
	}
	s.depth++
	dst = s.write(dst, n, &p)
	s.depth--
	s.refs = s.refs[:before]
	return dst
}

// collect finds the members of a schema, and then those of the schemas that it includes. Its own
// members take precedence.
func (s *schemaWriter) collect(n int, p *schemaParts) {
	r := s.r
	var included []int
	own := len(p.unchanged)
	for i := n + 1; i < r.next(n); i = r.next(i + 1) {
		v := i + 1
		if r.kind(v) == strictjson.Null {
			s.correct(v, "a member of a schema must not be null", "remove it")
			continue
		}
		switch key := string(r.key(i)); key {
		case "type":
			s.setOwn(&p.types, v)
		case "enum":
			s.setOwn(&p.enum, v)
		case "const":
			s.correct(i, "schemas of Vertex AI have no \"const\"", `write it as an "enum" of one`)
			s.setOwn(&p.constant, v)
		case "items", "prefixItems":
			s.setOwn(&p.items, v)
		case "properties":
			if r.is(v, strictjson.Object) {
				p.properties = append(p.properties, v)
			}
		case "required":
			s.requires(v, p)
		case "nullable":
			p.nullable = r.is(v, strictjson.Bool) && string(r.raw(v)) == "true" || p.nullable
		case "anyOf", "any_of", "oneOf":
			included = append(included, s.union(i, p)...)
		case "allOf":
			s.correct(i, "schemas of Vertex AI have no \"allOf\"", "write its members into the schema around it")
			if r.is(v, strictjson.Array) {
				for e := v + 1; e < r.next(v); e = r.next(e) {
					included = append(included, e)
				}
			}
		case "$ref", "ref":
			if key == "$ref" {
				s.correct(i, "schemas of Vertex AI have no \"$ref\"", `write "ref"`)
			}
			if target := s.resolve(v); target != 0 {
				s.refs = append(s.refs, target)
				included = append(included, target)
			}
		case "$defs", "defs", "definitions":
			s.definitions(i)
		case "$schema", "$id", "$comment", "$anchor", "strict":
			s.correct(i, "schemas of Vertex AI have no "+quoted(key), "remove it")
		default:
			if s.named.name != v { // v may be the name of a parameter in a list
				s.addUnchanged(i, p, own)
			}
		}
	}
	for _, other := range included {
		if r.is(other, strictjson.Object) {
			s.collect(other, p)
		}
	}
}

// definitions checks the definitions of schemas if native is set, because they stay in the example.
// Otherwise each reference is replaced by its definition.
func (s *schemaWriter) definitions(name int) {
	r, v := s.r, name+1
	if !s.native {
		return
	}
	if string(r.key(name)) != "defs" {
		s.correct(name, "schemas of Vertex AI have no "+quoted(r.text(name)), `write "defs"`)
		return
	}
	if !r.is(v, strictjson.Object) {
		return
	}
	s.depth++
	for i := v + 1; i < r.next(v); i = r.next(i + 1) {
		s.schema(nil, i+1, 0, false)
	}
	s.depth--
}

// setOwn sets a member unless an including schema has already set it.
func (s *schemaWriter) setOwn(member *int, v int) {
	if *member == 0 {
		*member = v
	}
}

// plainMembers are the members that are written unchanged, by their names in files.
var plainMembers = names(map[string]fieldID{
	"format": fieldString, "title": fieldString, "description": fieldString, "pattern": fieldString,
	"minItems": fieldInteger, "maxItems": fieldInteger, "minLength": fieldInteger, "maxLength": fieldInteger,
	"minProperties": fieldInteger, "maxProperties": fieldInteger, "minimum": fieldNumber, "maximum": fieldNumber,
	"default": fieldAny, "example": fieldAny, "propertyOrdering": fieldStrings, "additionalProperties": fieldSchema,
})

// addUnchanged adds a member that is written unchanged, if Vertex AI has it and accepts its value.
// The earlier members of the same schema are p.unchanged[own:].
func (s *schemaWriter) addUnchanged(name int, p *schemaParts, own int) {
	r, v := s.r, name+1
	known, ok := plainMembers[string(r.key(name))]
	if !ok {
		s.ignore(name)
		return
	}
	twice := func(earlier int) bool { return fromSnake(r.key(earlier)) == fromSnake(r.key(name)) }
	if s.native && slices.ContainsFunc(p.unchanged[own:], twice) {
		r.fail(name, strictjson.CodeDuplicateName, "the member is present twice, under two names", "keep one of the two members")
	}
	if slices.ContainsFunc(p.unchanged, twice) {
		return // the including schema has it
	}
	switch known.id {
	case fieldString:
		ok = r.is(v, strictjson.String)
	case fieldInteger:
		if ok = r.is(v, strictjson.Number) && isInteger(r.raw(v)); !ok && r.kind(v) == strictjson.Number {
			r.fail(v, CodeInvalidSchema, "this must be a whole number that fits into 64 bits", "")
		}
	case fieldNumber:
		ok = r.is(v, strictjson.Number)
		r.numbers(v)
	case fieldStrings:
		if ok = r.is(v, strictjson.Array); ok {
			for e := v + 1; e < r.next(v); e = r.next(e) {
				ok = r.is(e, strictjson.String) && ok
			}
		}
	default:
		r.numbers(v)
	}
	if ok {
		p.unchanged = append(p.unchanged, name)
	}
}

// isInteger reports whether a number is written as an integer that fits into 64 bits.
func isInteger(raw []byte) bool {
	_, err := strconv.ParseInt(string(raw), 10, 64)
	return err == nil
}

// requires reads the list of required members. A boolean belongs to the schema of a single member;
// the enclosing object handles it.
func (s *schemaWriter) requires(v int, p *schemaParts) {
	r := s.r
	if r.kind(v) == strictjson.Bool {
		s.correct(v, "\"required\" must be a list of names", "write the name into \"required\" of the object around it")
		return
	}
	if !r.is(v, strictjson.Array) {
		return
	}
	for e := v + 1; e < r.next(v); e = r.next(e) {
		if r.is(e, strictjson.String) {
			p.required = append(p.required, e)
		}
	}
}

// resolve returns the schema that a reference points to, or 0.
func (s *schemaWriter) resolve(ref int) int {
	const fix = "write the definition instead of the reference"
	r := s.r
	if !r.is(ref, strictjson.String) {
		return 0
	}
	path, ok := strings.CutPrefix(r.text(ref), "#")
	at := s.root
	for token := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if path == "" || !ok || r.kind(at) != strictjson.Object {
			break
		}
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if at = r.member(at, token); at == 0 {
			ok = false
			break
		}
	}
	switch {
	case !ok || r.kind(at) != strictjson.Object:
		r.fail(ref, CodeInvalidSchema, "the reference leads to no schema", fix)
	case at == s.root || slices.Contains(s.refs, at):
		r.fail(ref, CodeInvalidSchema, "the reference leads back to itself, which Vertex AI does not take", fix)
	default:
		return at
	}
	return 0
}
