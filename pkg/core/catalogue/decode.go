// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// decoder reads JSON into Go values like encoding/json, but strictly. It continues after a fault,
// because a person who edits a catalogue wants to see all faults at once. Members without omitempty
// are required.
type decoder struct{ faults []Fault }

func (d *decoder) add(pointer, format string, args ...any) {
	d.faults = append(d.faults, Fault{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

// value reads raw into v, which must be settable.
func (d *decoder) value(pointer string, raw []byte, v reflect.Value) {
	if leaf, ok := reflect.TypeAssert[json.Unmarshaler](v.Addr()); ok {
		if err := leaf.UnmarshalJSON(raw); err != nil {
			d.add(pointer, "%v", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(pointer, raw, v.Elem())
	case reflect.Struct:
		if d.hasKind(pointer, raw, strictjson.Object) {
			d.object(pointer, raw, v)
		}
	case reflect.Map:
		if d.hasKind(pointer, raw, strictjson.Object) {
			v.Set(reflect.MakeMap(v.Type()))
			for name, member := range strictjson.Members(raw) {
				element := reflect.New(v.Type().Elem()).Elem()
				d.value(joinPointer(pointer, name), member, element)
				v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), element)
			}
		}
	case reflect.Slice:
		if d.hasKind(pointer, raw, strictjson.Array) {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			for i, member := range strictjson.Elements(raw) {
				element := reflect.New(v.Type().Elem()).Elem()
				d.value(joinPointer(pointer, strconv.Itoa(i)), member, element)
				v.Set(reflect.Append(v, element))
			}
		}
	default:
		d.scalar(pointer, raw, v)
	}
}

func (d *decoder) hasKind(pointer string, raw []byte, kind strictjson.Kind) bool {
	got := strictjson.KindOf(raw)
	if got != kind {
		d.add(pointer, "must be of the type %s, not %s", kind, got)
	}
	return got == kind
}

func (d *decoder) scalar(pointer string, raw []byte, v reflect.Value) {
	want, name := strictjson.Number, "a number"
	switch v.Kind() {
	case reflect.String:
		want, name = strictjson.String, "a string"
	case reflect.Bool:
		want, name = strictjson.Bool, "true or false"
	case reflect.Int64:
		name = "a whole number"
	}
	if strictjson.KindOf(raw) != want || json.Unmarshal(raw, v.Addr().Interface()) != nil {
		d.add(pointer, "must be %s, not %.40s", name, raw)
	}
}

// object reads the members of a struct.
func (d *decoder) object(pointer string, raw []byte, v reflect.Value) {
	missing := map[string]bool{}
	fields := members(v, missing)
	for name, member := range strictjson.Members(raw) {
		delete(missing, name)
		if field, ok := fields[name]; ok {
			d.value(joinPointer(pointer, name), member, field)
		} else {
			d.add(joinPointer(pointer, name), "there is no such member; there are %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		d.add(joinPointer(pointer, name), "is missing")
	}
}

// members returns the fields of a struct by their JSON names, and adds the names of the required
// fields to required.
func members(v reflect.Value, required map[string]bool) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			maps.Copy(fields, members(v.Field(i), required))
			continue
		}
		name, options, ok := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			continue // an index that is built after loading
		}
		fields[name] = v.Field(i)
		if !ok || options != "omitempty" {
			required[name] = true
		}
	}
	return fields
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// joinPointer extends a JSON pointer (RFC 6901).
func joinPointer(pointer, name string) string { return pointer + "/" + pointerEscapes.Replace(name) }
