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
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
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
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidArgument, err, "The query is not encoded correctly: write name=value, with & between several.")
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
	page := store.Page{Size: maxPage}
	var wrong []fault.Violation
	add := func(field, reason, description string) {
		wrong = append(wrong, fault.Violation{Field: field, Reason: reason, Description: description})
	}
	for name, values := range query {
		if len(values) > 1 {
			add(name, "REPEATED", "must be given once.")
		}
		value := values[0]
		switch name {
		case "page_size":
			size, err := strconv.Atoi(value)
			if err != nil || size < 1 || size > maxPage {
				add(name, "OUT_OF_RANGE", fmt.Sprintf("must be a number from 1 to %d.", maxPage))
			}
			page.Size = size
		case "status":
			page.State = tuning.State(value)
			if !slices.Contains(tuning.States, page.State) {
				add(name, "INVALID_STATUS", fmt.Sprintf("must be one of %v.", tuning.States))
			}
		case "page_token":
		default:
			add(name, "UNKNOWN_FIELD", "There is no such parameter. The parameters are: page_size, page_token, status.")
		}
	}
	if given := query.Get("page_token"); given != "" {
		t, ok := decodeToken(given)
		if !ok || t.State != page.State {
			add("page_token", "INVALID_PAGE_TOKEN", "must be the next_page_token of an answer to the same query.")
		}
		page.CreatedAt, page.ID = t.CreatedAt, t.ID
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(x, y fault.Violation) int { return strings.Compare(x.Field, y.Field) })
		return page, fault.Invalid(wrong...)
	}
	return page, nil
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
