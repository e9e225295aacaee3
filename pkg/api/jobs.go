// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// maxPage is how many jobs one page holds at most, and if nothing else is asked for: a client that knows
// nothing of pages sees as many as one answer should hold.
const maxPage = 1000

// listedJob is a job in GET /jobs.
type listedJob struct {
	JobName     string       `json:"job_name"`
	DisplayName string       `json:"display_name"`
	Status      tuning.State `json:"status"`
	CreatedAt   string       `json:"created_at"`
	UpdatedAt   string       `json:"updated_at"`
	BaseModel   string       `json:"base_model"`
	TunedModel  string       `json:"tuned_model,omitempty"`
}

type jobList struct {
	Jobs          []listedJob `json:"jobs"`
	Count         int         `json:"count"`
	NextPageToken string      `json:"next_page_token,omitempty"`
}

func (a *API) jobs(r *http.Request) (any, error) {
	query, err := parseQuery(r)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(query)
	if err != nil {
		return nil, err
	}
	// One more than the page holds tells whether there is another.
	size := page.Size
	page.Size++
	records, err := a.Records.ListJobs(r.Context(), page)
	if err != nil {
		return nil, err
	}
	list := jobList{Jobs: []listedJob{}}
	if len(records) > size {
		records = records[:size]
		last := records[size-1]
		list.NextPageToken = token{State: page.State, CreatedAt: last.CreatedAt, ID: last.ID}.encode()
	}
	for _, record := range records {
		list.Jobs = append(list.Jobs, a.listed(record.Job))
	}
	list.Count = len(list.Jobs)
	return list, nil
}

func (a *API) listed(j tuning.Job) listedJob {
	return listedJob{
		JobName: a.name(j), DisplayName: j.DisplayName, Status: j.State, CreatedAt: stamp(j.CreatedAt),
		UpdatedAt: stamp(j.UpdatedAt), BaseModel: j.BaseModel, TunedModel: j.TunedModel,
	}
}

// pageOf reads the query of GET /jobs: page_size, page_token and status.
func pageOf(query url.Values) (store.Page, error) {
	p := newParameters(query, "page_size", "page_token", "status")
	page := store.Page{Size: p.number("page_size", maxPage, 1, maxPage)}
	if status, given := p.text("status"); given {
		page.State = tuning.State(status)
		if !slices.Contains(tuning.States, page.State) {
			p.add("status", "INVALID_STATUS", fmt.Sprintf("must be one of %v.", tuning.States))
		}
	}
	if given, _ := p.text("page_token"); given != "" {
		t, ok := decodeToken(given)
		if !ok || t.State != page.State {
			p.add("page_token", "INVALID_PAGE_TOKEN", "must be the next_page_token of an answer to the same query.")
		}
		page.CreatedAt, page.ID = t.CreatedAt, t.ID
	}
	return page, p.err()
}

// token says where the next page begins: after this job. It belongs to one query.
type token struct {
	State     tuning.State `json:"s,omitempty"`
	CreatedAt time.Time    `json:"t"`
	ID        string       `json:"i"`
}

func (t token) encode() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and a time of this century always encode
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
