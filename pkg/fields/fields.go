// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package fields reads the members of a JSON object by name and type, and says everything that is wrong with them at
// once. It is pure: what people ask for comes over HTTP or in a file.
package fields

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/strictjson"
	"github.com/vertextune/vertextune/pkg/usd"
)

// Reader reads the members of an object and gathers what is wrong with them. A member that is null counts as left out.
type Reader struct {
	path    string // of the object, with a dot at its end unless empty
	members map[string][]byte
	known   []string // the members that were asked for
	inner   []string // likewise of objects in it, by their paths
	faults  fault.Faults
}

// New returns a reader of an object of valid JSON. The path, with a dot at its end unless it is empty, goes before the
// names of its members.
func New(path string, object []byte) *Reader {
	return &Reader{path: path, members: maps.Collect(strictjson.Members(object))}
}

// Err returns everything that is wrong, members that nobody asked for included.
func (f *Reader) Err() error {
	found := f.Faults()
	return found.Err()
}

// Faults returns what Err returns, for more to be found.
func (f *Reader) Faults() fault.Faults {
	f.finish()
	return f.faults
}

func (f *Reader) finish() {
	for _, name := range slices.Sorted(maps.Keys(f.members)) {
		if !slices.Contains(f.known, name) {
			f.Add(name, "UNKNOWN_FIELD", f.unknown(name))
		}
	}
}

// unknown says of a member that nobody has asked for what may be meant.
func (f *Reader) unknown(name string) string {
	switch near := DidYouMean(name, f.known); {
	case len(f.known) == 0:
		return "There is no such field: leave it out. This object has no fields."
	case near != "":
		return "There is no such field." + near
	default:
		return "There is no such field. The fields are: " + strings.Join(f.known, ", ") + "."
	}
}

// Names returns the members that were asked for so far, and those of the objects that are there, by their paths.
func (f *Reader) Names() []string {
	var names []string
	for _, name := range f.known {
		names = append(names, f.path+name)
	}
	return append(names, f.inner...)
}

// Given reports whether a member is there and says something: it is neither null nor false.
func (f *Reader) Given(name string) bool {
	raw, ok := f.members[name]
	return ok && strictjson.KindOf(raw) != strictjson.Null && string(raw) != "false"
}

// Add adds a violation of a member.
func (f *Reader) Add(name, reason, description string) {
	f.faults.Add(f.path+name, reason, description)
}

// value returns a member of the kind, and whether there is one.
func (f *Reader) value(name string, kind strictjson.Kind, want string) ([]byte, bool) {
	f.known = append(f.known, name)
	raw, ok := f.members[name]
	if !ok || strictjson.KindOf(raw) == strictjson.Null {
		return nil, false
	}
	if strictjson.KindOf(raw) != kind {
		f.Add(name, "INVALID_TYPE", "must be "+want+".")
		return nil, false
	}
	return raw, true
}

// Text returns a string that is not empty, or "" where there is none.
func (f *Reader) Text(name string) string {
	raw, ok := f.value(name, strictjson.String, "a string")
	if !ok {
		return ""
	}
	s, err := strictjson.Unquote(raw)
	if err != nil || s == "" {
		f.Add(name, "EMPTY", "must not be empty. Leave the field out instead.")
	}
	return s
}

// Texts returns an array of strings that is not empty, or nil where there is none. It has at most so many elements, the
// first ones; more says what to do for more.
func (f *Reader) Texts(name string, limit int, more string) []string {
	raw, ok := f.value(name, strictjson.Array, "an array of strings")
	if !ok {
		return nil
	}
	var all []string
	n := 0
	for i, element := range strictjson.Elements(raw) {
		n++
		if strictjson.KindOf(element) != strictjson.String {
			f.Add(name+"["+strconv.Itoa(i)+"]", "INVALID_TYPE", "must be a string.")
		}
		if len(all) == limit {
			continue
		}
		s, _ := strictjson.Unquote(element) // what is no string has been told
		all = append(all, s)
	}
	switch {
	case n == 0:
		f.Add(name, "EMPTY", "must not be empty. Leave the field out instead.")
	case n > limit:
		f.Add(name, "TOO_MANY", fmt.Sprintf("has %d elements, and may have at most %d. %s", n, limit, more))
	}
	return all
}

// Flag returns true or false, which it is where it is left open.
func (f *Reader) Flag(name string) bool {
	raw, ok := f.value(name, strictjson.Bool, "true or false")
	return ok && string(raw) == "true"
}

// Choice returns true, false, or nil where it is left open.
func (f *Reader) Choice(name string) *bool {
	raw, ok := f.value(name, strictjson.Bool, "true or false")
	if !ok {
		return nil
	}
	return new(string(raw) == "true")
}

// TextMap returns an object whose members are all strings.
func (f *Reader) TextMap(name string) map[string]string {
	raw, ok := f.value(name, strictjson.Object, "an object of strings")
	if !ok {
		return nil
	}
	all := map[string]string{}
	for key, value := range strictjson.Members(raw) {
		s, err := strictjson.Unquote(value)
		if err != nil {
			f.Add(name+"."+key, "INVALID_TYPE", "must be a string.")
		}
		all[key] = s
	}
	return all
}

// Dollars returns an amount in US dollars: a number greater than 0, exact to a millionth.
func (f *Reader) Dollars(name string) usd.Amount {
	raw, ok := f.value(name, strictjson.Number, "a number of US dollars")
	if !ok {
		return 0
	}
	amount, err := usd.Parse(string(raw))
	switch {
	case err != nil:
		f.Add(name, "OUT_OF_RANGE", err.Error()+".")
	case amount <= 0:
		f.Add(name, "OUT_OF_RANGE", "must be greater than 0.")
	}
	return max(amount, 0)
}

// Integer returns a whole number, or nil where there is none. 3.0 and 3e0 are whole too.
func (f *Reader) Integer(name string) *int64 {
	raw, ok := f.value(name, strictjson.Number, "a whole number")
	if !ok {
		return nil
	}
	n, err := strictjson.FixedPoint(string(raw), 0)
	switch {
	case errors.Is(err, strictjson.ErrTooLarge):
		f.Add(name, "OUT_OF_RANGE", "must be a whole number from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807.")
		return nil
	case err != nil:
		f.Add(name, "INVALID_TYPE", "must be a whole number.")
		return nil
	}
	return &n
}

// Number returns a number, or nil where there is none.
func (f *Reader) Number(name string) *float64 {
	raw, ok := f.value(name, strictjson.Number, "a number")
	if !ok {
		return nil
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		f.Add(name, "OUT_OF_RANGE", "is too large a number.")
		return nil
	}
	return &x
}

// maxSeconds is the longest duration of protobuf's JSON that a time.Duration holds.
const maxSeconds = 9_000_000_000

// Duration returns a span of time in the form of protobuf's JSON, seconds with an s: "3600s".
func (f *Reader) Duration(name string) time.Duration {
	text := f.Text(name)
	if text == "" {
		return 0
	}
	seconds, ok := strings.CutSuffix(text, "s")
	plain := strings.Trim(seconds, "0123456789.") == "" // ParseFloat reads more than that
	x, err := strconv.ParseFloat(seconds, 64)
	if !ok || !plain || err != nil || x <= 0 || x > maxSeconds {
		f.Add(name, "INVALID_DURATION", "must be a number of seconds greater than 0, with an s, such as \"3600s\".")
		return 0
	}
	return time.Duration(x * float64(time.Second))
}

// Object lets read take the members of an object.
func (f *Reader) Object(name string, read func(*Reader)) {
	raw, ok := f.value(name, strictjson.Object, "an object")
	if !ok {
		return
	}
	inner := New(f.path+name+".", raw)
	read(inner)
	inner.finish()
	f.inner = append(f.inner, inner.Names()...)
	f.faults.Join(inner.faults)
}

// Array returns an array as it is written, and reports where there is none.
func (f *Reader) Array(name, what string) []byte {
	if given, ok := f.members[name]; !ok || strictjson.KindOf(given) == strictjson.Null {
		f.Add(name, "REQUIRED", "must be given: "+what+".")
	}
	raw, _ := f.value(name, strictjson.Array, what)
	return raw
}
