// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// jsonObject reads a text that is a JSON object, with white space around it.
func jsonObject(text string) (object map[string]any, ok bool) {
	d := json.NewDecoder(strings.NewReader(strings.TrimFunc(text, isSpace)))
	d.UseNumber() // keeps numbers that a float64 cannot hold
	if d.Decode(&object) != nil || object == nil {
		return nil, false
	}
	_, err := d.Token()
	return object, errors.Is(err, io.EOF)
}

const fence = "```"

// unfenced returns the text inside a fence of Markdown, if the fence is around the whole text.
func unfenced(text string) (inside string, isFenced bool) {
	trimmed := strings.TrimFunc(text, isSpace)
	start := strings.IndexByte(trimmed, '\n')
	if start < 0 || !strings.HasPrefix(trimmed, fence) || !strings.HasSuffix(trimmed[start:], fence) {
		return text, false
	}
	return strings.TrimSuffix(trimmed[start:], fence), true
}

// structured is a right answer that is a JSON object.
type structured struct {
	object   map[string]any
	isFenced bool
}

// readStructured reads the right answer if it is a JSON object, perhaps in a fence.
func readStructured(right string) (s structured, ok bool) {
	inside, isFenced := unfenced(right)
	object, ok := jsonObject(inside)
	return structured{object, isFenced}, ok
}

// score compares an answer with the right one. A fence that the right answer does not have makes
// the answer invalid, because a program cannot parse it. Its keys and values are counted
// nevertheless.
func (s structured) score(answer string) (valid, keys, values float64) {
	inside, isFenced := unfenced(answer)
	object, ok := jsonObject(inside)
	if !ok {
		return 0, 0, 0
	}
	valid = scoreOf(!isFenced || s.isFenced)
	a, b := newShape(s.object), newShape(object)
	return valid, a.compareKeys(b), a.compareValues(b)
}

// path identifies a place in a JSON value: a chain of hashes, so that a deep value needs no more
// memory than a flat one.
type path [sha256.Size]byte

// The kinds of steps of a path.
const (
	stepMember  = '.'
	stepElement = '['
)

func (p path) child(kind byte, name string) path {
	h := sha256.New()
	h.Write(p[:])
	h.Write([]byte{kind})
	h.Write([]byte(name))
	return path(h.Sum(nil))
}

// shape is a JSON value as two sets: the paths of its members, in which all elements of an array
// have the same step, and its leaves with their exact paths. A leaf is a value that is neither an
// object nor an array, or is an empty one.
type shape struct {
	keys   map[path]bool
	leaves map[path]string
}

func newShape(value any) shape {
	s := shape{keys: map[path]bool{}, leaves: map[path]string{}}
	s.add(value, path{}, path{})
	return s
}

// add adds a value. general is its path for the keys, exact its path for the leaves.
func (s shape) add(value any, general, exact path) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			key := general.child(stepMember, name)
			s.keys[key] = true
			s.add(member, key, exact.child(stepMember, name))
		}
		if len(v) == 0 {
			s.leaves[exact] = "{}"
		}
	case []any:
		element := general.child(stepElement, "")
		for i, item := range v {
			s.add(item, element, exact.child(stepElement, strconv.Itoa(i)))
		}
		if len(v) == 0 {
			s.leaves[exact] = "[]"
		}
	case string:
		s.leaves[exact] = `"` + v
	case json.Number:
		s.leaves[exact] = canonicalNumber(v)
	case bool:
		s.leaves[exact] = strconv.FormatBool(v)
	default:
		s.leaves[exact] = "null"
	}
}

// canonicalNumber makes numbers of the same value the same: 1, 1.0 and 10e-1. A number that is too
// large for a float64 remains as it is written.
func canonicalNumber(n json.Number) string {
	value, err := n.Float64()
	if err != nil {
		return n.String()
	}
	if value == 0 {
		return "0" // also for -0
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// compareKeys returns the F1 of the paths of members.
func (s shape) compareKeys(t shape) float64 {
	common := 0
	for key := range s.keys {
		if t.keys[key] {
			common++
		}
	}
	return f1(float64(common), len(s.keys), len(t.keys))
}

// compareValues returns the F1 of the leaves: a leaf is common if path and value are the same.
func (s shape) compareValues(t shape) float64 {
	common := 0
	for at, value := range s.leaves {
		if other, ok := t.leaves[at]; ok && other == value {
			common++
		}
	}
	return f1(float64(common), len(s.leaves), len(t.leaves))
}
