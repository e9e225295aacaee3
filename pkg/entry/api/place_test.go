// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// An error in the data has a place, as a warning has.
func TestValidate_names_the_place(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	bad := `[` + strings.TrimSpace(line("good")) + `,` + "\n" +
		`{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"robot","parts":[{"text":"a"}]}]}, 7]`
	offset := func(of string) *int64 { return new(int64(strings.Index(bad, of))) }
	want := []*fault.Place{
		{Record: 1, Line: 2, Offset: offset(`"robot"`), Pointer: "/contents/1/role"},
		{Record: 2, Line: 2, Offset: offset("7]")},
	}
	for _, path := range []string{"/validate-data", "/convert-json"} {
		f := s.post(t, base+path, `{"data":`+bad+`}`).failed(http.StatusBadRequest)
		if diff := cmp.Diff(want, f.records()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	whole := []*fault.Place{{Record: -1, Line: 1, Offset: new(int64(0))}}
	if diff := cmp.Diff(whole, s.post(t, base+"/validate-data", `{"data":[]}`).failed(http.StatusBadRequest).records()); diff != "" {
		t.Errorf("of no record (-want +got):\n%s", diff)
	}
	field := s.post(t, base+"/validate-data", `{"data":7}`).failed(http.StatusBadRequest)
	if diff := cmp.Diff([]*fault.Place{nil}, field.records()); diff != "" {
		t.Errorf("of a field (-want +got):\n%s", diff)
	}
}

// A repeated start gets the places from the job's record.
func TestStart_with_a_key_names_the_place_again(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.Upload(t, inbox, "bad.jsonl", line("good")+"{\"contents\":[]}\n", nil)
	body := `{"training_data":"gs://` + inbox + `/bad.jsonl"}`
	want := []*fault.Place{{Record: 1, Line: 2, Offset: new(int64(len(line("good") + `{"contents":`))), Pointer: "/contents"}}
	for _, call := range []string{"first", "repeated"} {
		f := s.send(t, http.MethodPost, base+"/start", body, withKey("k")).failed(http.StatusBadRequest)
		if diff := cmp.Diff(want, f.records()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", call, diff)
		}
	}
}

// records returns the places in the data of a failure's violations.
func (f failure) records() []*fault.Place {
	var all []*fault.Place
	for _, d := range f.Details {
		for _, v := range d.Violations {
			all = append(all, v.Place)
		}
	}
	return all
}
