// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import "strings"

// The types of Vertex AI's schemas.
const (
	typeString  = "STRING"
	typeInteger = "INTEGER"
	typeNumber  = "NUMBER"
	typeBoolean = "BOOLEAN"
	typeArray   = "ARRAY"
	typeObject  = "OBJECT"
	typeNull    = "NULL" // a type of JSON Schema; Vertex AI has nullable instead
)

// schemaTypes maps the type names of JSON Schema, Python and other languages, in lower case, to the
// types of Vertex AI.
var schemaTypes = map[string]string{
	"string": typeString, "str": typeString, "text": typeString, "char": typeString,
	"integer": typeInteger, "int": typeInteger, "int32": typeInteger, "int64": typeInteger, "long": typeInteger, "short": typeInteger,
	"number": typeNumber, "float": typeNumber, "float32": typeNumber, "float64": typeNumber, "double": typeNumber, "decimal": typeNumber,
	"boolean": typeBoolean, "bool": typeBoolean,
	"array": typeArray, "list": typeArray, "tuple": typeArray, "set": typeArray, "sequence": typeArray, "iterable": typeArray, "arraylist": typeArray,
	"object": typeObject, "dict": typeObject, "dictionary": typeObject, "map": typeObject, "mapping": typeObject, "hashmap": typeObject,
	"null": typeNull, "none": typeNull, "nonetype": typeNull,
}

// schemaType is one type. For an array it includes the type of the items, if the name contains it.
type schemaType struct {
	name  string
	items *schemaType
}

// parseType parses the name of a type: a key of schemaTypes in any case, or a Python annotation
// such as "List[int]", "Optional[str]", "int | None" or "str, optional". It returns no type if the
// name is unknown; the types may include typeNull.
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

// parseTypes parses several names. It returns nil if one of them is unknown.
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

// arrayOf returns the type of an array whose items have the named type. The items of a tuple must
// have the same type.
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

// splitType splits a name at separators outside brackets.
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
