// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type modelList struct {
	AsOf     string                     `json:"as_of"`
	Sources  map[string]json.RawMessage `json:"sources"`
	Families map[string]json.RawMessage `json:"families"`
	Models   []struct {
		ID       string          `json:"id"`
		Status   string          `json:"status"`
		ClosesOn string          `json:"closes_on"`
		Price    json.RawMessage `json:"training_price"`
		Limit    json.RawMessage `json:"example_tokens"`
	} `json:"models"`
}

func (s *system) models(t *testing.T, query string) (list modelList) {
	t.Helper()
	// The method into cannot be used here, because modelList has only a few of the fields. The
	// response is checked against the document anyway.
	if err := json.Unmarshal(s.get(t, base+"/models"+query).body, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestModels(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	all := s.models(t, "")
	if len(all.Models) < 30 || len(all.Families) != 2 || len(all.Sources) == 0 || all.AsOf == "" {
		t.Fatalf("%d models, %d families, %d sources, as of %q", len(all.Models), len(all.Families), len(all.Sources), all.AsOf)
	}
	seen := map[string]int{}
	for _, m := range all.Models {
		seen[m.Status]++
		if m.ID != "gemini-2.5-flash" {
			continue
		}
		got := map[string]string{"status": m.Status, "closes_on": m.ClosesOn, "price": string(m.Price), "limit": string(m.Limit)}
		want := map[string]string{
			"status": "closed", "closes_on": "2026-09-20",
			"price": `{"value":5.00,"source":"pricing","confirmed":true}`,
			"limit": `{"value":131072,"source":"sft","confirmed":true}`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("gemini-2.5-flash (-want +got):\n%s", diff)
		}
	}
	closed := s.models(t, "?status=closed")
	if len(closed.Models) != seen["closed"] || seen["closed"] == 0 {
		t.Errorf("%d models with status=closed, %v without", len(closed.Models), seen)
	}
}

func TestModels_refuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for query, want := range map[string]string{"?status=old": "status INVALID_STATUS", "?status=": "status INVALID_STATUS", "?family=open": "family UNKNOWN_FIELD", "?status=closed&status=closed": "status REPEATED"} {
		if diff := cmp.Diff([]string{want}, s.get(t, base+"/models"+query).failed(http.StatusBadRequest).places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	if f := s.get(t, base+"/models?status=%zz").failed(http.StatusBadRequest); f.Status != "INVALID_ARGUMENT" {
		t.Errorf("%+v", f)
	}
}
