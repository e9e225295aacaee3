// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package requestfields reads the members of a JSON object by name and type, and reports all faults
// at once. It does no I/O, because requests come over HTTP and in files.
package requestfields

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/strictjson"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Reader reads the members of an object and collects their faults. A member that is null counts as
// absent.
type Reader struct {
	path           string // of the object; it ends with a dot unless it is empty
	members        map[string][]byte
	requested      []string // the members that were requested
	requestedInner []string // the paths of the requested members of inner objects
	faults         fault.Faults
}

// New returns a reader of an object, which must be valid JSON. path is the prefix of the members'
// names in faults; it must end with a dot unless it is empty.
func New(path string, object []byte) *Reader {
	return &Reader{path: path, members: maps.Collect(strictjson.Members(object))}
}

// Err returns all faults as an error, or nil. A member that was never requested is a fault.
func (f *Reader) Err() error {
	found := f.Faults()
	return found.Err()
}

// Faults returns the faults of Err, so that the caller can add more.
func (f *Reader) Faults() fault.Faults {
	f.finish()
	return f.faults
}

func (f *Reader) finish() {
	for _, name := range slices.Sorted(maps.Keys(f.members)) {
		if !slices.Contains(f.requested, name) {
			f.Add(name, "UNKNOWN_FIELD", f.unknown(name))
		}
	}
}

// unknown describes an unknown member and suggests a correction.
func (f *Reader) unknown(name string) string {
	switch near := DidYouMean(name, f.requested); {
	case len(f.requested) == 0:
		return "There is no such field: leave it out. This object has no fields."
	case near != "":
		return "There is no such field." + near
	default:
		return "There is no such field. The fields are: " + strings.Join(f.requested, ", ") + "."
	}
}

// Names returns the paths of all members that were requested so far, including those of the inner
// objects that are present.
func (f *Reader) Names() []string {
	var names []string
	for _, name := range f.requested {
		names = append(names, f.path+name)
	}
	return append(names, f.requestedInner...)
}

// Given reports whether a member is present and is neither null nor false.
func (f *Reader) Given(name string) bool {
	raw, ok := f.members[name]
	return ok && strictjson.KindOf(raw) != strictjson.Null && string(raw) != "false"
}

// Add adds a violation of a member.
func (f *Reader) Add(name, reason, description string) {
	f.faults.Add(f.path+name, reason, description)
}

// value returns a member if it is present and has the kind. Another kind is a fault.
func (f *Reader) value(name string, kind strictjson.Kind, want string) ([]byte, bool) {
	f.requested = append(f.requested, name)
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

// Text returns a string, or "" if it is absent. An empty string is a fault.
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

// Texts returns an array of strings, or nil if it is absent. An empty array is a fault, and so is
// an array with more than limit elements; Texts then returns the first ones. more is advice for a
// caller with more elements.
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
		s, _ := strictjson.Unquote(element) // an element that is not a string is reported above
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

// Flag returns a boolean, or false if it is absent.
func (f *Reader) Flag(name string) bool {
	raw, ok := f.value(name, strictjson.Bool, "true or false")
	return ok && string(raw) == "true"
}

// Choice returns a boolean, or nil if it is absent.
func (f *Reader) Choice(name string) *bool {
	raw, ok := f.value(name, strictjson.Bool, "true or false")
	if !ok {
		return nil
	}
	return new(string(raw) == "true")
}

// TextMap returns an object whose members are all strings, or nil if it is absent.
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

// Dollars returns an amount in US dollars, or 0 if it is absent. It must be greater than 0, with at
// most six decimal places.
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

// Integer returns a whole number, or nil if it is absent. 3.0 and 3e0 are whole numbers too.
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

// Number returns a number, or nil if it is absent.
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

// maxSeconds is the longest duration that a time.Duration can hold, in whole billions of seconds.
const maxSeconds = 9_000_000_000

// Auto reports whether a member is the text "auto". Any other value is left for the caller to read.
func (f *Reader) Auto(name string) bool {
	auto := string(f.members[name]) == `"auto"`
	if auto {
		f.requested = append(f.requested, name)
	}
	return auto
}

// Refuse adds a fault for a member that is not supported, unless it is absent or an empty list.
func (f *Reader) Refuse(name, description string) {
	f.requested = append(f.requested, name)
	if f.Given(name) && string(f.members[name]) != "[]" {
		f.Add(name, "UNSUPPORTED", description)
	}
}

// Duration returns a duration in protobuf's JSON form, a number of seconds with an s such as
// "3600s", or 0 if it is absent.
func (f *Reader) Duration(name string) time.Duration {
	text := f.Text(name)
	if text == "" {
		return 0
	}
	seconds, ok := strings.CutSuffix(text, "s")
	plain := strings.Trim(seconds, "0123456789.") == "" // ParseFloat accepts more than that
	x, err := strconv.ParseFloat(seconds, 64)
	if !ok || !plain || err != nil || x <= 0 || x > maxSeconds {
		f.Add(name, "INVALID_DURATION", "must be a number of seconds greater than 0, with an s, such as \"3600s\".")
		return 0
	}
	return time.Duration(x * float64(time.Second))
}

// Object calls read with a reader of an inner object, if the object is present.
func (f *Reader) Object(name string, read func(*Reader)) {
	raw, ok := f.value(name, strictjson.Object, "an object")
	if !ok {
		return
	}
	inner := New(f.path+name+".", raw)
	read(inner)
	inner.finish()
	f.requestedInner = append(f.requestedInner, inner.Names()...)
	f.faults.Join(inner.faults)
}

// Array returns the raw text of an array. An absent array is a fault, unless there are other
// faults.
func (f *Reader) Array(name, what string) []byte {
	if given, ok := f.members[name]; !ok || strictjson.KindOf(given) == strictjson.Null {
		f.Add(name, "REQUIRED", "must be given: "+what+".")
	}
	raw, _ := f.value(name, strictjson.Array, what)
	return raw
}
