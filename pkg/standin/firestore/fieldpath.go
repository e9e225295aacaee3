// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// nameField is the field path that stands for a document's name.
const nameField = "__name__"

// fieldPath is a parsed path into a document, one segment a level.
type fieldPath []string

func (p fieldPath) isName() bool { return len(p) == 1 && p[0] == nameField }

func (p fieldPath) compare(q fieldPath) int { return slices.Compare(p, q) }

// within reports whether p lies below q.
func (p fieldPath) within(q fieldPath) bool {
	return len(p) > len(q) && slices.Equal(p[:len(q)], q)
}

// String gives the path as clients write it, with quotes where they are needed.
func (p fieldPath) String() string {
	quoted := make([]string, len(p))
	for i, segment := range p {
		quoted[i] = segment
		if unquotedPrefix(segment) != len(segment) || segment == "" {
			quoted[i] = "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(segment) + "`"
		}
	}
	return strings.Join(quoted, ".")
}

// parseFieldPath reads segments parted by dots. A segment is a plain identifier
// or anything between backticks, where a backslash escapes the next character.
func parseFieldPath(s string) (fieldPath, error) {
	if s == "" {
		return nil, invalid("Invalid empty property path string.")
	}
	var path fieldPath
	for rest := s; ; {
		segment, n := cutSegment(rest)
		if n == 0 || n < len(rest) && rest[n] != '.' {
			return nil, invalid("Invalid property path %q. Unquoted property paths must match regex "+
				"([a-zA-Z_][a-zA-Z_0-9]*), and quoted property paths must match regex (`(?:[^`\\\\]|(?:\\\\.))+`)", s)
		}
		if len(segment) > maxIDBytes {
			return nil, invalid("Property path %q has a name longer than %d bytes.", s, maxIDBytes)
		}
		path = append(path, segment)
		if n == len(rest) {
			break
		}
		rest = rest[n+1:]
	}
	for _, segment := range path {
		if isReserved(segment) && !path.isName() {
			return nil, invalid("Invalid reserved name in field path %s", s)
		}
	}
	return path, nil
}

// cutSegment reads one segment off the front of s and says how many bytes it
// took, 0 when there is none.
func cutSegment(s string) (segment string, n int) {
	if !strings.HasPrefix(s, "`") {
		n = unquotedPrefix(s)
		return s[:n], n
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '`':
			if b.Len() == 0 {
				return "", 0
			}
			return b.String(), i + 1
		case '\\':
			if i++; i == len(s) {
				return "", 0
			}
		}
		b.WriteByte(s[i])
	}
	return "", 0
}

// unquotedPrefix is the length of the identifier that s begins with.
func unquotedPrefix(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

func parseFieldPaths(paths []string) ([]fieldPath, error) {
	parsed := make([]fieldPath, len(paths))
	for i, s := range paths {
		path, err := parseFieldPath(s)
		if err != nil {
			return nil, err
		}
		parsed[i] = path
	}
	return parsed, nil
}

// lookup finds the value at a path, nil when there is none.
func lookup(fields map[string]*pb.Value, path fieldPath) *pb.Value {
	for _, segment := range path[:len(path)-1] {
		fields = fields[segment].GetMapValue().GetFields()
	}
	return fields[path[len(path)-1]]
}

// assign sets the value at a path, making maps of what is on the way to it. It
// changes fields in place.
func assign(fields map[string]*pb.Value, path fieldPath, value *pb.Value) {
	for _, segment := range path[:len(path)-1] {
		m := fields[segment].GetMapValue()
		if m == nil {
			m = &pb.MapValue{}
			fields[segment] = &pb.Value{ValueType: &pb.Value_MapValue{MapValue: m}}
		}
		if m.Fields == nil {
			m.Fields = map[string]*pb.Value{}
		}
		fields = m.Fields
	}
	fields[path[len(path)-1]] = value
}

// erase removes the value at a path, in place, if it is there.
func erase(fields map[string]*pb.Value, path fieldPath) {
	for _, segment := range path[:len(path)-1] {
		fields = fields[segment].GetMapValue().GetFields()
	}
	delete(fields, path[len(path)-1])
}

// project returns the document with only the fields at the paths. The document
// itself is not changed; its values are shared.
func project(doc *pb.Document, paths []fieldPath) *pb.Document {
	fields := map[string]*pb.Value{}
	for _, path := range paths {
		if value := lookup(doc.Fields, path); value != nil {
			graft(fields, doc.Fields, path, value)
		}
	}
	return &pb.Document{Name: doc.Name, Fields: fields, CreateTime: doc.CreateTime, UpdateTime: doc.UpdateTime}
}

// graft sets a value of from in fields. Where a shorter path has brought in a
// whole map already, that map is from's own, holds the value, and stays as it is.
func graft(fields, from map[string]*pb.Value, path fieldPath, value *pb.Value) {
	for i := range len(path) - 1 {
		have, whole := lookup(fields, path[:i+1]), lookup(from, path[:i+1])
		if have != nil && have == whole {
			return
		}
	}
	assign(fields, path, value)
}
