// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package joblist reads which jobs a caller wants to see in a list, and where a page of the list
// ended.
package joblist

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/query"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// maxPage is the maximum and the default number of jobs on a page. The default is the maximum, so
// that a client that does not use pages gets as many jobs as one response should contain.
const maxPage = 1000

// maxScan is the maximum number of records that are read for one response. Firestore needs about a
// second for that.
const maxScan = 10_000

// Parameters are the parameters of a list of jobs.
var Parameters = []string{
	"page_size", "page_token", "order_by",
	"status", "base_model", "started_by", "label", "display_name", "created_after", "created_before",
}

// Read reads the query of a list of jobs.
func Read(p *query.Parameters) (store.Page, error) {
	page := store.Page{Filter: filterOf(p), Order: store.Orders[0], Size: p.Number("page_size", maxPage, 1, maxPage), Scan: maxScan}
	if order, given := p.Text("order_by"); given {
		page.Order = store.Order(order)
		if !slices.Contains(store.Orders, page.Order) {
			p.Add("order_by", "INVALID_ORDER", requestfields.OneOf(store.Orders...))
		}
	}
	if given, _ := p.Text("page_token"); given != "" {
		t, ok := decodeToken(given)
		if !ok || t.Query != digest(page) {
			p.Add("page_token", "INVALID_PAGE_TOKEN", "must be the next_page_token of an answer to the same query.")
		}
		page.After = &store.Position{At: t.At, ID: t.ID}
	}
	return page, p.Err()
}

func filterOf(p *query.Parameters) store.Filter {
	f := store.Filter{
		BaseModel: p.Some("base_model"), StartedBy: p.Some("started_by"), DisplayName: p.Some("display_name"),
		CreatedFrom: p.Time("created_after"), CreatedBefore: p.Time("created_before"),
	}
	if status, given := p.Text("status"); given {
		f.State = tuning.State(status)
		if !slices.Contains(tuning.States, f.State) {
			p.Add("status", "INVALID_STATUS", requestfields.OneOf(tuning.States...))
		}
	}
	if label, given := p.Text("label"); given {
		var ok bool
		if f.LabelKey, f.LabelValue, ok = strings.Cut(label, ":"); !ok || f.LabelKey == "" {
			p.Add("label", "INVALID_LABEL", "must be key:value, such as team:support.")
		}
	}
	return f
}

// Next returns the token of the page that follows, or "" if there is none.
func Next(page store.Page, end *store.Position) string {
	if end == nil {
		return ""
	}
	return token{Query: digest(page), At: end.At, ID: end.ID}.encode()
}

// token is the position after which the next page begins. It is valid only for the same query.
type token struct {
	Query string    `json:"q"`
	At    time.Time `json:"t"`
	ID    string    `json:"i"`
}

// digest identifies the query to which pages belong. The page size is not a part of it.
func digest(page store.Page) string {
	const enough = 6 // bytes: it must only detect mistakes, as a forged token gains nothing
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %#v", page.Order, page.Filter))
	return base64.RawURLEncoding.EncodeToString(sum[:enough])
}

func (t token) encode() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and a time of this century can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodeToken(s string) (t token, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return t, false
	}
	return t, json.Unmarshal(text, &t) == nil && tuning.IsID(t.ID)
}
