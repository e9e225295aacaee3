// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/strictjson"
	"github.com/vertextune/vertextune/pkg/usd"
)

// fields reads the members of a JSON object by name and type, and gathers what is wrong with them. A member
// that is null counts as left out.
type fields struct {
	path       string // of the object, with a dot at its end unless empty
	members    map[string][]byte
	known      []string
	violations []fault.Violation
}

func newFields(path string, object []byte) *fields {
	return &fields{path: path, members: maps.Collect(strictjson.Members(object))}
}

// err returns everything that is wrong, members that nobody asked for included.
func (f *fields) err() error {
	if f.finish(); len(f.violations) > 0 {
		return fault.Invalid(f.violations...)
	}
	return nil
}

func (f *fields) finish() {
	for _, name := range slices.Sorted(maps.Keys(f.members)) {
		if !slices.Contains(f.known, name) {
			f.add(name, "UNKNOWN_FIELD", "There is no such field. The fields are: "+strings.Join(f.known, ", ")+".")
		}
	}
}

func (f *fields) add(name, reason, description string) {
	f.violations = append(f.violations, fault.Violation{Field: f.path + name, Reason: reason, Description: description})
}

// value returns a member of the kind, and whether there is one.
func (f *fields) value(name string, kind strictjson.Kind, want string) ([]byte, bool) {
	f.known = append(f.known, name)
	raw, ok := f.members[name]
	if !ok || strictjson.KindOf(raw) == strictjson.Null {
		return nil, false
	}
	if strictjson.KindOf(raw) != kind {
		f.add(name, "INVALID_TYPE", "must be "+want+".")
		return nil, false
	}
	return raw, true
}

// text returns a string that is not empty, or "" where there is none.
func (f *fields) text(name string) string {
	raw, ok := f.value(name, strictjson.String, "a string")
	if !ok {
		return ""
	}
	s, err := strictjson.Unquote(raw)
	if err != nil || s == "" {
		f.add(name, "EMPTY", "must not be empty. Leave the field out instead.")
	}
	return s
}

func (f *fields) texts(name string) []string {
	raw, ok := f.value(name, strictjson.Array, "an array of strings")
	if !ok {
		return nil
	}
	var all []string
	for i, element := range strictjson.Elements(raw) {
		s, err := strictjson.Unquote(element)
		if strictjson.KindOf(element) != strictjson.String || err != nil {
			f.add(fmt.Sprintf("%s[%d]", name, i), "INVALID_TYPE", "must be a string.")
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		f.add(name, "EMPTY", "must not be empty. Leave the field out instead.")
	}
	return all
}

func (f *fields) flag(name string) bool {
	raw, ok := f.value(name, strictjson.Bool, "true or false")
	return ok && string(raw) == "true"
}

// choice returns true, false, or nil where it is left open.
func (f *fields) choice(name string) *bool {
	raw, ok := f.value(name, strictjson.Bool, "true or false")
	if !ok {
		return nil
	}
	return new(string(raw) == "true")
}

// textMap returns an object whose members are all strings.
func (f *fields) textMap(name string) map[string]string {
	raw, ok := f.value(name, strictjson.Object, "an object of strings")
	if !ok {
		return nil
	}
	all := map[string]string{}
	for key, value := range strictjson.Members(raw) {
		s, err := strictjson.Unquote(value)
		if strictjson.KindOf(value) != strictjson.String || err != nil {
			f.add(name+"."+key, "INVALID_TYPE", "must be a string.")
		}
		all[key] = s
	}
	return all
}

// dollars returns an amount in US dollars: a number greater than 0, exact to a millionth.
func (f *fields) dollars(name string) usd.Amount {
	raw, ok := f.value(name, strictjson.Number, "a number of US dollars")
	if !ok {
		return 0
	}
	amount, err := usd.Parse(string(raw))
	if err != nil || amount <= 0 {
		f.add(name, "OUT_OF_RANGE", "must be an amount of US dollars greater than 0, without an exponent, such as 12.50.")
		return 0
	}
	return amount
}

func (f *fields) integer(name string) *int64 {
	raw, ok := f.value(name, strictjson.Number, "a whole number")
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		f.add(name, "INVALID_TYPE", "must be a whole number.")
		return nil
	}
	return &n
}

func (f *fields) number(name string) *float64 {
	raw, ok := f.value(name, strictjson.Number, "a number")
	if !ok {
		return nil
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(x, 0) {
		f.add(name, "OUT_OF_RANGE", "is too large a number.")
		return nil
	}
	return &x
}

// maxSeconds is the longest duration of protobuf's JSON that a time.Duration holds.
const maxSeconds = 9_000_000_000

// duration returns a span of time in the form of protobuf's JSON, seconds with an s: "3600s".
func (f *fields) duration(name string) time.Duration {
	text := f.text(name)
	if text == "" {
		return 0
	}
	seconds, ok := strings.CutSuffix(text, "s")
	plain := strings.Trim(seconds, "0123456789.") == "" // ParseFloat reads more than that
	x, err := strconv.ParseFloat(seconds, 64)
	if !ok || !plain || err != nil || x <= 0 || x > maxSeconds {
		f.add(name, "INVALID_DURATION", "must be a number of seconds greater than 0, with an s, such as \"3600s\".")
		return 0
	}
	return time.Duration(x * float64(time.Second))
}

// object lets read take the members of an object.
func (f *fields) object(name string, read func(*fields)) {
	raw, ok := f.value(name, strictjson.Object, "an object")
	if !ok {
		return
	}
	inner := newFields(f.path+name+".", raw)
	read(inner)
	inner.finish()
	f.violations = append(f.violations, inner.violations...)
}

// array returns an array as it is written, and reports where there is none.
func (f *fields) array(name, what string) []byte {
	raw, ok := f.value(name, strictjson.Array, what)
	if !ok && len(f.violations) == 0 {
		f.add(name, "REQUIRED", "must be given: "+what+".")
	}
	return raw
}

// path writes a JSON pointer as the field of a violation: /data/3/role becomes data[3].role.
func path(pointer string) string {
	var b strings.Builder
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if _, err := strconv.ParseUint(token, 10, 32); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}
