// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/entry/joblist"
	"github.com/vertextune/vertextune/pkg/entry/query"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

type jobList struct {
	Jobs          []jobview.Summary `json:"jobs"`
	Count         int               `json:"count"`
	NextPageToken string            `json:"next_page_token,omitempty"`
}

func (a *API) jobs(r *http.Request) (any, error) {
	page, err := joblist.Read(query.New(r.URL.Query(), joblist.Parameters))
	if err != nil {
		return nil, err
	}
	records, next, err := a.Records.ListJobs(r.Context(), page)
	if err != nil {
		return nil, err
	}
	list := jobList{Jobs: []jobview.Summary{}, Count: len(records), NextPageToken: joblist.Next(page, next)}
	for _, record := range records {
		list.Jobs = append(list.Jobs, a.Presenter.Summary(record.Job))
	}
	return list, nil
}

// pageQuery are the parameters of every list with pages.
var pageQuery = []string{"page_size", "page_token"}
