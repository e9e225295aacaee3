// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The rules for declarations are those of the comments on FunctionDeclaration, Schema, FunctionCall
// and Tool in Google's client library, and those that the service gives with INVALID_ARGUMENT:
// "When using any_of, it must be the only field set" (BerriAI/litellm#11164,
// anomalyco/opencode#15795), "schema should be of type OBJECT" (spring-projects/spring-ai#1373),
// "should be non-empty for STRING type with enum format" (elastic/kibana#286302), "items: missing
// field", "property is not defined", "cannot be empty", "schema didn't specify the schema type
// field".
var (
	functionNames  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$`)
	parameterNames = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
)

// toolsCheck checks the functions that an example declares.
type toolsCheck struct {
	service  *serviceFacts
	declared map[string]bool
}

func (t *toolsCheck) check(tools []*v1.Tool) string {
	for _, tool := range tools {
		for _, f := range tool.GetFunctionDeclarations() {
			if fault := t.function(f); fault != "" {
				return fault
			}
		}
	}
	if limit := t.service.FunctionDeclarationsMax.Value; int64(len(t.declared)) > limit {
		return fmt.Sprintf("declares %d functions, which exceeds the maximum of %d", len(t.declared), limit)
	}
	return ""
}

func (t *toolsCheck) function(f *v1.FunctionDeclaration) string {
	name := f.GetName()
	switch {
	case !functionNames.MatchString(name):
		return fmt.Sprintf("declares a function with the invalid name %q", name)
	case t.declared[name]:
		return fmt.Sprintf("has a duplicate function declaration: %s", name)
	case f.GetParameters() != nil && f.GetParametersJsonSchema() != nil, f.GetResponse() != nil && f.GetResponseJsonSchema() != nil:
		return fmt.Sprintf("declares the schema of `%s` twice", name) //nolint:gocritic // Google's messages quote so
	}
	t.declared[name] = true
	if f.GetParameters() != nil {
		if f.GetParameters().GetType() != v1.Type_OBJECT {
			return fmt.Sprintf("has a `%s` functionDeclaration whose parameters schema should be of type OBJECT", name) //nolint:gocritic // Google's messages quote so
		}
		for _, parameter := range slices.Sorted(maps.Keys(f.GetParameters().GetProperties())) {
			if !parameterNames.MatchString(parameter) {
				return fmt.Sprintf("has a `%s` functionDeclaration with the invalid parameter name %q", name, parameter) //nolint:gocritic // Google's messages quote so
			}
		}
	}
	fault := schemaCheck{root: f.GetParameters()}.fault("parameters")
	if fault == "" {
		fault = schemaCheck{root: f.GetResponse()}.fault("response")
	}
	if fault != "" {
		return fmt.Sprintf("has a `%s` functionDeclaration `%s", name, fault) //nolint:gocritic // Google's messages quote so
	}
	return ""
}

// schemaCheck checks one schema and those in it. A fault is worded to follow the place.
type schemaCheck struct{ root *v1.Schema }

func (s schemaCheck) fault(at string) string {
	if s.root == nil {
		return ""
	}
	return s.check(at, s.root)
}

func (s schemaCheck) check(at string, schema *v1.Schema) string {
	if len(schema.GetDefs()) > 0 && schema != s.root {
		return at + "` schema specified defs, which are only allowed at the root"
	}
	for _, name := range slices.Sorted(maps.Keys(schema.GetDefs())) {
		if fault := s.check(at+".defs["+name+"]", schema.GetDefs()[name]); fault != "" {
			return fault
		}
	}
	switch {
	case schema.GetRef() != "":
		name, ok := strings.CutPrefix(schema.GetRef(), "#/defs/")
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name) // the escapes of a JSON pointer
		if !ok || s.root.GetDefs()[name] == nil {
			return at + "` schema refers to " + schema.GetRef() + ", which is not defined"
		}
		return ""
	case len(schema.GetAnyOf()) > 0:
		return s.anyOf(at, schema)
	case schema.GetType() == v1.Type_TYPE_UNSPECIFIED:
		return at + "` schema didn't specify the schema type field"
	}
	if fault := s.enum(at, schema); fault != "" {
		return fault
	}
	return s.members(at, schema)
}

func (s schemaCheck) anyOf(at string, schema *v1.Schema) string {
	alone := &v1.Schema{AnyOf: schema.GetAnyOf(), Defs: schema.GetDefs()}
	if !sameFields(alone, schema) {
		return at + "` schema specified other fields alongside any_of. When using any_of, it must be the only field set"
	}
	for i, variant := range schema.GetAnyOf() {
		if fault := s.check(fmt.Sprintf("%s.any_of[%d]", at, i), variant); fault != "" {
			return fault
		}
	}
	return ""
}

// sameFields reports whether two schemas have the same fields set.
func sameFields(a, b *v1.Schema) bool {
	count := func(m *v1.Schema) (n int) {
		m.ProtoReflect().Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool { n++; return true })
		return n
	}
	return count(a) == count(b)
}

func (s schemaCheck) enum(at string, schema *v1.Schema) string {
	switch kind := schema.GetType(); {
	case slices.Contains(schema.GetEnum(), ""):
		return at + ".enum`: cannot be empty"
	case len(schema.GetEnum()) > 0 && (kind == v1.Type_OBJECT || kind == v1.Type_ARRAY):
		return at + ".enum`: only allowed for primitive types"
	case len(schema.GetEnum()) == 0 && schema.GetFormat() == "enum":
		return at + ".enum`: should be non-empty for " + kind.String() + " type with enum format"
	}
	return ""
}

func (s schemaCheck) members(at string, schema *v1.Schema) string {
	if len(schema.GetProperties()) > 0 && schema.GetType() != v1.Type_OBJECT {
		return at + "` schema specified properties, but its type is not OBJECT"
	}
	for i, name := range schema.GetRequired() {
		if schema.GetProperties()[name] == nil {
			return fmt.Sprintf("%s.required[%d]`: property is not defined", at, i)
		}
	}
	if schema.GetType() == v1.Type_ARRAY {
		if schema.GetItems() == nil {
			return at + ".items`: missing field"
		}
		if fault := s.check(at+".items", schema.GetItems()); fault != "" {
			return fault
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.GetProperties())) {
		if fault := s.check(at+"."+name, schema.GetProperties()[name]); fault != "" {
			return fault
		}
	}
	return ""
}
