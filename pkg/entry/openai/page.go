// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/query"
)

// page is a part of a list. OpenAI's clients ask for the next page with after, the ID of the last
// item. One of them continues if has_more is missing, so it is always written.
type page[T any] struct {
	Object  string  `json:"object"`
	Data    []T     `json:"data"`
	HasMore bool    `json:"has_more"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
}

func newPage[T any](data []T, more bool, id func(T) string) page[T] {
	p := page[T]{Object: "list", Data: data, HasMore: more}
	if len(data) == 0 {
		p.Data = []T{}
		return p
	}
	p.FirstID, p.LastID = new(id(data[0])), new(id(data[len(data)-1]))
	return p
}

// parameters returns the parameters of a query. Several clients write an absent parameter as an
// empty one, so both are the same.
func parameters(values url.Values, known []string) *query.Parameters {
	for _, name := range known {
		if len(values[name]) == 1 && values[name][0] == "" {
			delete(values, name)
		}
	}
	return query.New(values, known)
}

// limitOf reads the parameter limit. A client may ask for more items than a page has; it gets the
// rest with the next pages.
func limitOf(p *query.Parameters, otherwise, most int) int {
	return min(p.Number("limit", otherwise, 1, 10_000), most)
}

// pageOf returns the page of a complete list that begins after the item with an ID.
func pageOf[T any](p *query.Parameters, all []T, otherwise int, id func(T) string) (any, error) {
	limit := limitOf(p, otherwise, maxJobs)
	if after, given := p.Text("after"); given {
		at := slices.IndexFunc(all, func(item T) bool { return id(item) == after })
		if at < 0 {
			unknownAfter(p)
		}
		all = all[at+1:]
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return newPage(all[:min(limit, len(all))], len(all) > limit, id), nil
}

// unknownAfter adds the fault of an ID that is not in the list.
func unknownAfter(p *query.Parameters) {
	p.Add("after", "UNKNOWN_ID", "must be the id of an item of this list: the last one of the page before.")
}

// newID returns an ID with a prefix of OpenAI's, and the time that it holds, in whole seconds.
func newID(prefix string, now time.Time) (string, time.Time) {
	return prefix + strings.TrimPrefix(tuning.NewID(now), "vt-"), now.UTC().Truncate(time.Second)
}

// idTime returns the time in an ID, and whether the ID has the prefix and the form of newID.
func idTime(prefix, id string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok || !tuning.IsID("vt-"+rest) {
		return time.Time{}, false
	}
	const form = "20060102-150405"
	at, err := time.Parse(form, rest[:len(form)])
	return at, err == nil
}
