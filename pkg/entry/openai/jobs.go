// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// The default number of jobs and of events on a page, and the maximum.
const usualJobs, maxJobs = 20, 100

// find returns the record of a job.
func (s *Service) find(ctx context.Context, id string) (store.Record, error) {
	unknown := fault.New(fault.NotFound, "There is no fine-tuning job %q.", id)
	number, ok := strings.CutPrefix(id, jobPrefix)
	if !ok || !tuning.IsID(number) {
		return store.Record{}, unknown
	}
	record, err := s.Records.FindJob(ctx, number)
	if fault.KindOf(err) == fault.NotFound {
		err = unknown
	}
	return record, err
}

// job returns the state of a job.
func (s *Service) job(r *http.Request, id string) (any, error) {
	record, err := s.find(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return s.viewJob(s.API.Refresh(r.Context(), record).Job), nil
}

// cancelJob cancels a job.
func (s *Service) cancelJob(r *http.Request, id string) (any, error) {
	if err := s.API.NoFields(r); err != nil {
		return nil, err
	}
	record, err := s.find(r.Context(), id)
	if err != nil {
		return nil, err
	}
	record, err = s.API.Cancel(r.Context(), record)
	if err != nil {
		return nil, err
	}
	return s.viewJob(record.Job), nil
}

// listJobs returns a page of jobs, the newest first.
func (s *Service) listJobs(r *http.Request, _ string) (any, error) {
	values := r.URL.Query()
	page := store.Page{Order: store.NewestFirst, Scan: math.MaxInt, Whole: true, Match: withMetadata(values)}
	p := parameters(values, []string{"limit", "after"})
	page.Size = limitOf(p, usualJobs, maxJobs)
	if after, given := p.Text("after"); given {
		last, err := s.find(r.Context(), after)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			unknownAfter(p)
		case err != nil:
			return nil, err
		}
		page.After = &store.Position{At: last.CreatedAt, ID: last.ID}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	records, next, err := s.Records.ListJobs(r.Context(), page)
	if err != nil {
		return nil, err
	}
	views := make([]jobView, len(records))
	for i, record := range records {
		views[i] = s.viewJob(record.Job)
	}
	return newPage(views, next != nil, func(v jobView) string { return v.ID }), nil
}

// withMetadata takes the parameters metadata[KEY]=VALUE and metadata=null from a query. It returns
// the condition that they are, or nil. OpenAI's client for Node writes null as an empty value.
func withMetadata(values url.Values) func(tuning.Job) bool {
	metadata := map[string]string{}
	none := values.Has("metadata") && slices.Contains([]string{"null", ""}, values.Get("metadata"))
	if none {
		values.Del("metadata")
	}
	for name, given := range values {
		key, ok := strings.CutPrefix(name, "metadata[")
		if key, closed := strings.CutSuffix(key, "]"); ok && closed && len(given) == 1 {
			metadata[key] = given[0]
			values.Del(name)
		}
	}
	if len(metadata) == 0 && !none {
		return nil
	}
	return func(j tuning.Job) bool {
		var has map[string]string
		if j.OpenAI != nil {
			_ = json.Unmarshal(j.OpenAI.Metadata, &has) // it was encoded by us; absent metadata stay empty
		}
		if none && len(has) > 0 {
			return false
		}
		for key, value := range metadata {
			if got, ok := has[key]; !ok || got != value {
				return false
			}
		}
		return true
	}
}
