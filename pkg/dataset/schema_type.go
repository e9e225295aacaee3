// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import "strings"

// Types of Vertex AI's schemas.
const (
	typeString  = "STRING"
	typeInteger = "INTEGER"
	typeNumber  = "NUMBER"
	typeBoolean = "BOOLEAN"
	typeArray   = "ARRAY"
	typeObject  = "OBJECT"
	typeNull    = "NULL" // of JSON Schema; Vertex AI has nullable instead
)

// schemaTypes are the names that JSON Schema, Python and others have for the types of
// Vertex AI, in small letters.
var schemaTypes = map[string]string{
	"string": typeString, "str": typeString, "text": typeString, "char": typeString,
	"integer": typeInteger, "int": typeInteger, "int32": typeInteger, "int64": typeInteger, "long": typeInteger, "short": typeInteger,
	"number": typeNumber, "float": typeNumber, "float32": typeNumber, "float64": typeNumber, "double": typeNumber, "decimal": typeNumber,
	"boolean": typeBoolean, "bool": typeBoolean,
	"array": typeArray, "list": typeArray, "tuple": typeArray, "set": typeArray, "sequence": typeArray, "iterable": typeArray, "arraylist": typeArray,
	"object": typeObject, "dict": typeObject, "dictionary": typeObject, "map": typeObject, "mapping": typeObject, "hashmap": typeObject,
	"null": typeNull, "none": typeNull, "nonetype": typeNull,
}

// schemaType is one type, and for an array that of its items if its name says it.
type schemaType struct {
	name  string
	items *schemaType
}

// parseType reads the name of a type: one of schemaTypes in letters of any case, or an
// annotation of Python such as "List[int]", "Optional[str]", "int | None" or "str, optional".
// It returns no type if the name is unknown; typeNull is one of the types that it returns.
func parseType(name string) []schemaType {
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.NewReplacer("typing.", "", "<", "[", ">", "]").Replace(name)
	name = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.TrimSuffix(name, "optional")), ","))
	if known, ok := schemaTypes[name]; ok {
		return []schemaType{{name: known}}
	}
	if alternatives := splitType(name, '|'); len(alternatives) > 1 {
		return parseTypes(alternatives)
	}
	if item, ok := strings.CutSuffix(name, "[]"); ok {
		return arrayOf(item)
	}
	head, inner, ok := strings.Cut(name, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed {
		return nil
	}
	switch head = strings.TrimSpace(head); {
	case head == "optional":
		return parseTypes([]string{inner, "null"})
	case head == "union":
		return parseTypes(splitType(inner, ','))
	case schemaTypes[head] == typeArray:
		return arrayOf(strings.TrimSuffix(strings.TrimRight(inner, " ."), ","))
	case schemaTypes[head] == typeObject:
		return []schemaType{{name: typeObject}}
	}
	return nil
}

// parseTypes reads several names, all of which must be known.
func parseTypes(names []string) (all []schemaType) {
	for _, name := range names {
		types := parseType(name)
		if len(types) == 0 {
			return nil
		}
		all = append(all, types...)
	}
	return all
}

// arrayOf returns the type of an array whose items have the named type. Those of a tuple must
// all have the same one.
func arrayOf(items string) []schemaType {
	var item *schemaType
	for _, name := range splitType(items, ',') {
		types := parseType(name)
		if len(types) != 1 || types[0].name == typeNull || item != nil && item.name != types[0].name {
			return nil
		}
		item = &types[0]
	}
	return []schemaType{{name: typeArray, items: item}}
}

// splitType splits at a separator that stands in no brackets.
func splitType(name string, separator byte) (parts []string) {
	depth, from := 0, 0
	for i := range len(name) {
		switch {
		case name[i] == '[':
			depth++
		case name[i] == ']':
			depth--
		case name[i] == separator && depth == 0:
			parts, from = append(parts, name[from:i]), i+1
		}
	}
	return append(parts, name[from:])
}
