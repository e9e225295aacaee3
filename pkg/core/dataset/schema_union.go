// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// unionRule is a rule of the service: it refuses any_of together with other fields.
const unionRule = "Vertex AI accepts alternatives only without other members next to them"

// union handles a list of alternatives. A null among them makes the schema nullable. If only one
// alternative remains, union returns it, and the caller includes it.
func (s *schemaWriter) union(name int, p *schemaParts) []int {
	r, list := s.r, name+1
	if string(r.key(name)) == "oneOf" {
		s.correct(name, "schemas of Vertex AI have no \"oneOf\"", `write "anyOf"`)
	}
	if !r.is(list, strictjson.Array) {
		return nil
	}
	var variants []int
	for e := list + 1; e < r.next(list); e = r.next(e) {
		if s.isNull(e) {
			s.correct(e, "Vertex AI has no type for null", `write "nullable": true`)
			p.nullable = true
			continue
		}
		variants = append(variants, e)
	}
	switch {
	case len(variants) == 1:
		s.correct(name, "a single alternative needs no list", "write its members into the schema around it")
		return variants
	case len(variants) > 1 && p.union == 0:
		p.variants, p.union = variants, name
	case len(variants) > 1:
		r.fail(name, CodeInvalidSchema, "a schema of Vertex AI can have one list of alternatives only", "join the two lists")
	}
	return nil
}

// isNull reports whether a schema allows only null.
func (s *schemaWriter) isNull(n int) bool {
	r := s.r
	switch r.kind(n) {
	case strictjson.Null:
		return true
	case strictjson.String:
		return schemaTypes[strings.ToLower(r.text(n))] == typeNull
	case strictjson.Object:
		t := r.member(n, "type")
		c := r.member(n, "const")
		return t != 0 && r.kind(t) == strictjson.String && schemaTypes[strings.ToLower(r.text(t))] == typeNull || c != 0 && r.kind(c) == strictjson.Null
	}
	return false
}

// ignoreUnion drops alternatives that accompany a type, because Vertex AI does not accept both.
func (s *schemaWriter) ignoreUnion(p *schemaParts) {
	const fix = "take the type or the alternatives away"
	if s.native {
		s.r.fail(p.union, CodeInvalidSchema, unionRule, fix)
	} else {
		s.r.warn(p.union, CodeUnknownField, unionRule+"; they are not used", fix)
	}
	p.union = 0
}

// writeUnion appends alternatives. They must have no other members next to them, so shared members
// are written into each alternative.
func (s *schemaWriter) writeUnion(dst []byte, p *schemaParts) []byte {
	for _, name := range p.unchanged {
		switch key := string(s.r.key(name)); {
		case s.native:
			s.correct(name, unionRule, "write it into the alternatives")
		case key == "description":
			p.description = name
		case key != "title":
			s.r.warn(name, CodeUnknownField, unionRule+"; this is not used", "write it into the alternatives")
		}
	}
	if p.nullable {
		s.correct(p.union, unionRule, `write "nullable" into the alternatives`)
	}
	dst = append(dst, `{"anyOf":[`...)
	for i, v := range p.variants {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.schema(dst, v, p.description, p.nullable)
	}
	return append(dst, "]}"...)
}
