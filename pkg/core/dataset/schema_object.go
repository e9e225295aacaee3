// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// property is one member of an object in a schema.
type property struct {
	name   int // the node of its name
	schema int
}

// properties returns the properties in the nodes. Each node is an object whose members are schemas.
func (s *schemaWriter) properties(nodes []int) (all []property) {
	r := s.r
	for _, n := range nodes {
		for i := n + 1; i < r.next(n); i = r.next(i + 1) {
			if r.kind(i+1) == strictjson.Null {
				s.correct(i+1, "a property must not be null", "remove it")
				continue
			}
			all = append(all, property{i, i + 1})
		}
	}
	return all
}

// writeProperties appends the members "properties" and "required" of an object's schema. The
// parameter required has the nodes of the required names.
func (s *schemaWriter) writeProperties(dst []byte, n int, all []property, required []int) []byte {
	r := s.r
	if len(all) == 0 {
		r.warn(n, CodeInvalidSchema, "the object has no properties, so the model learns nothing about its members", `name them in "properties"`)
		s.undefined(required)
		return dst
	}
	var requiredNames [][]byte // quoted
	parameters := s.depth <= 1 && !s.response
	if parameters {
		required = append(required, s.outerRequired...)
	}
	dst = append(dst, `,"properties":{`...)
	for i, p := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		name := r.key(p.name)
		if parameters && !isParameterName(name) {
			r.fail(p.name, CodeInvalidName, "Vertex AI takes no parameter of the name "+quoted(string(name)), "use at most 64 letters, digits and _, and start with a letter or _")
		}
		if slices.ContainsFunc(all[:i], func(earlier property) bool { return bytes.Equal(r.key(earlier.name), name) }) {
			r.fail(p.name, CodeInvalidSchema, "the property is described twice", "keep one of the two descriptions")
		}
		dst = append(append(dst, r.raw(p.name)...), ':')
		s.named = p
		dst = s.schema(dst, p.schema, 0, false)
		if r.kind(p.schema) == strictjson.Object {
			if v := r.member(p.schema, "required"); v != 0 && string(r.raw(v)) == "true" {
				requiredNames = append(requiredNames, r.raw(p.name))
			}
		}
	}
	dst = append(dst, '}')
	for _, e := range required {
		switch known := func(p property) bool { return bytes.Equal(r.key(p.name), r.key(e)) }; {
		case !slices.ContainsFunc(all, known):
			s.undefined([]int{e})
		case !slices.ContainsFunc(requiredNames, func(name []byte) bool { return bytes.Equal(name, r.raw(e)) }):
			requiredNames = append(requiredNames, r.raw(e))
		}
	}
	if len(requiredNames) > 0 {
		dst = append(dst, `,"required":[`...)
		dst = append(append(dst, bytes.Join(requiredNames, []byte{','})...), ']')
	}
	return dst
}

// undefined reports required names that no property has.
func (s *schemaWriter) undefined(required []int) {
	const fix = "describe it in \"properties\", or remove it"
	for _, e := range required {
		if s.native {
			s.r.fail(e, CodeInvalidSchema, "the object has no such property", fix)
		} else {
			s.r.warn(e, CodeInvalidSchema, "the object has no such property, so it is not required", fix)
		}
	}
}

// isParameterName reports whether the name is valid for a parameter, according to the documentation
// of Vertex AI.
func isParameterName(name []byte) bool {
	return isFunctionName(name) && !bytes.ContainsAny(name, ".:-")
}

// isFunctionName reports whether the name is valid for a function, according to the documentation
// of Vertex AI.
func isFunctionName(name []byte) bool {
	for i, c := range name {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '.' || c == ':' || c == '-')) {
			return false
		}
	}
	return len(name) > 0 && len(name) <= 64
}

// isSchema reports whether an object is a schema, and not a set of properties.
func (s *schemaWriter) isSchema(obj int) bool {
	r := s.r
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch kind := r.kind(i + 1); string(r.key(i)) {
		case "type", "$ref", "ref":
			if kind == strictjson.String || kind == strictjson.Array {
				return true
			}
		case "properties":
			if kind == strictjson.Object {
				return true
			}
		case "anyOf", "any_of", "oneOf", "allOf":
			if kind == strictjson.Array {
				return true
			}
		}
	}
	return false
}

// flat returns the properties and the required names of an object that is not JSON Schema but
// contains the properties directly. It returns nothing if the object is a schema, except a schema
// of type object that has no "properties".
func (s *schemaWriter) flat(obj int) (all []property, required []int) {
	r := s.r
	schema := s.isSchema(obj)
	if schema && (r.member(obj, "properties") != 0 || !s.ofObject(obj)) {
		return nil, nil
	}
	var untyped []int
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		v := i + 1
		key, kind := string(r.key(i)), r.kind(v)
		_, keyword := plainMembers[key]
		switch {
		case kind == strictjson.Null:
		case key == "required" && kind == strictjson.Array:
			for e := v + 1; e < r.next(v); e = r.next(e) {
				if r.is(e, strictjson.String) {
					required = append(required, e)
				}
			}
		case kind == strictjson.Object && key != "$defs" && key != "definitions" && !(schema && keyword):
			all = append(all, property{i, v})
		case kind == strictjson.String && !keyword && len(parseType(r.text(v))) > 0 && !(schema && key == "type"):
			all = append(all, property{i, v})
		case !keyword && !strings.HasPrefix(key, "$") && key != "strict" && (!schema || kind == strictjson.String && key != "type"):
			untyped = append(untyped, i)
		}
	}
	for _, name := range untyped {
		if len(all) > 0 { // an object without any typed member is not a set of properties
			r.fail(name, CodeInvalidSchema, "the parameter "+quoted(r.text(name))+" has no type of Vertex AI", `describe it as {"type": "string"} or with another type`)
		}
	}
	return all, required
}

// ofObject reports whether a schema has the type object.
func (s *schemaWriter) ofObject(obj int) bool {
	t := s.r.member(obj, "type")
	return t != 0 && s.r.kind(t) == strictjson.String && schemaTypes[string(bytes.ToLower(s.r.key(t)))] == typeObject
}

// listed returns the properties of a list of parameters, each of which contains its name.
func (s *schemaWriter) listed(list int) (all []property) {
	r := s.r
	for e := list + 1; e < r.next(list); e = r.next(e) {
		if !r.is(e, strictjson.Object) {
			continue
		}
		name := r.member(e, "name")
		if name == 0 || r.kind(name) != strictjson.String {
			r.fail(e, CodeMissingField, `the parameter has no "name"`, "add it")
			continue
		}
		all = append(all, property{name, e})
	}
	return all
}
