// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/query"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// maxPage is the maximum and the default number of jobs on a page. The default is the maximum, so
// that a client that does not use pages gets as many jobs as one response should contain.
const maxPage = 1000

// maxScan is the maximum number of records that are read for one response. Firestore needs about a
// second for that.
const maxScan = 10_000

type jobList struct {
	Jobs          []jobview.Summary `json:"jobs"`
	Count         int               `json:"count"`
	NextPageToken string            `json:"next_page_token,omitempty"`
}

func (a *API) jobs(r *http.Request) (any, error) {
	page, err := pageOf(query.New(r.URL.Query(), jobsQuery))
	if err != nil {
		return nil, err
	}
	records, next, err := a.Records.ListJobs(r.Context(), page)
	if err != nil {
		return nil, err
	}
	list := jobList{Jobs: []jobview.Summary{}, Count: len(records)}
	for _, record := range records {
		list.Jobs = append(list.Jobs, a.Presenter.Summary(record.Job))
	}
	if next != nil {
		list.NextPageToken = token{Query: digest(page), At: next.At, ID: next.ID}.encode()
	}
	return list, nil
}

// pageQuery are the parameters of every list with pages.
var pageQuery = []string{"page_size", "page_token"}

// jobsQuery are the parameters of GET /jobs.
var jobsQuery = []string{
	"page_size", "page_token", "order_by",
	"status", "base_model", "started_by", "label", "display_name", "created_after", "created_before",
}

// pageOf reads the query of GET /jobs.
func pageOf(p *query.Parameters) (store.Page, error) {
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
