// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/joblist"
	"github.com/vertextune/vertextune/pkg/entry/query"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// pageSize is how many jobs a page lists.
const pageSize = 50

// liveSeconds is the time between two refreshes of a page on which something moves.
const liveSeconds = 4

// extraFields are the fields of a job in the list, in addition to those of the API's list.
var extraFields = []string{
	"step", "priority", "detail", "started_at", "ended_at", "cost_micro_usd", "estimate", "stats", "hyperparameters", "checkpoints",
}

// jobsPage is the content of the page with the list of jobs.
type jobsPage struct {
	Jobs     []jobRow
	Filter   map[string]string // the values of the form, by parameter
	Filtered bool
	States   []tuning.State
	Models   []string
	Orders   []choice
	Newer    string // the address of the first page, if this is another one
	Older    string // the address of the next page, if there is one
	Moving   int    // jobs on this page that have not ended
}

// choice is an option of a form.
type choice struct{ Value, Text string }

var orders = []choice{
	{string(store.NewestFirst), "newest first"}, {string(store.OldestFirst), "oldest first"}, {string(store.ChangedFirst), "changed last, first"},
}

// jobRow is a job in a list.
type jobRow struct {
	tuning.Job
	Place int // in the queue
	Cost  costView
	Took  time.Duration
}

// costView is what a job costs, as far as it is known.
type costView struct {
	Text  string // such as $1.20, or "" if nothing is known
	About string // what the amount is: billed, or expected
}

// costOf returns the cost of a job: the bill if it is known, or else the estimate.
func costOf(j tuning.Job) costView {
	if bill := jobview.TuningCost(j).Billed; bill != nil {
		return costView{money(*bill), "billed"}
	}
	e, ok := estimateOf(j)
	switch {
	case j.Finished && j.State != tuning.Succeeded, !ok, e.Cost == nil:
		return costView{}
	case e.Cost.Expected != nil:
		return costView{money(*e.Cost.Expected), "expected"}
	default:
		return costView{money(e.Cost.High), "at most"}
	}
}

func estimateOf(j tuning.Job) (e estimate.Estimate, ok bool) {
	return e, len(j.Estimate) > 0 && json.Unmarshal(j.Estimate, &e) == nil
}

func (c *call) jobs() error {
	filters := filterValues(c.r.URL.Query())
	page, err := joblist.Read(query.New(apiValues(filters), joblist.Parameters))
	if err != nil {
		return err
	}
	page.Extra = extraFields
	records, end, err := c.Access.Records.ListJobs(c.ctx(), page)
	if err != nil {
		return err
	}
	body := jobsPage{
		Jobs: c.rows(records), Filter: map[string]string{}, States: tuning.States, Orders: orders, Models: c.modelIDs(),
		Filtered: len(filters) > 0,
	}
	for name := range filters {
		body.Filter[name] = filters.Get(name)
	}
	for _, row := range body.Jobs {
		if !row.State.Finished() {
			body.Moving++
		}
	}
	if filters.Has("page_token") {
		filters.Del("page_token")
		body.Filtered = len(filters) > 0
		body.Newer = address(Root, filters)
	}
	if end != nil {
		filters.Set("page_token", joblist.Next(page, end))
		body.Older = address(Root, filters)
	}
	return c.show(http.StatusOK, "jobs", view{Title: "Jobs", Active: Root, Live: liveSeconds, Body: body})
}

// filterValues returns the parameters of a form that were filled in. A browser sends all.
func filterValues(filters url.Values) url.Values {
	filled := url.Values{}
	for name, values := range filters {
		for _, value := range values {
			if value = strings.TrimSpace(value); value != "" {
				filled.Add(name, value)
			}
		}
	}
	return filled
}

// apiValues returns the parameters of a form as the API takes them: a form has days, and not times.
// The last day of a range is a part of it.
func apiValues(filters url.Values) url.Values {
	all := url.Values{"page_size": {strconv.Itoa(pageSize)}}
	for name, values := range filters {
		all[name] = values
		day, err := time.Parse(time.DateOnly, values[0])
		switch {
		case err != nil || len(values) > 1:
		case name == "created_after":
			all.Set(name, day.Format(time.RFC3339))
		case name == "created_before":
			all.Set(name, day.AddDate(0, 0, 1).Format(time.RFC3339))
		}
	}
	return all
}

// address returns the address of a page with its parameters.
func address(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// queueReaders limits how many places in the queue are read at the same time.
const queueReaders = 8

// rows returns the jobs with their places in the queue.
func (c *call) rows(records []store.Record) []jobRow {
	rows := make([]jobRow, len(records))
	var group errgroup.Group
	group.SetLimit(queueReaders)
	for i, r := range records {
		r.Finished = r.State.Finished()
		rows[i] = jobRow{Job: r.Job, Cost: costOf(r.Job), Took: took(r.Job, c.Now())}
		if r.Step == tuning.Waiting {
			group.Go(func() error {
				rows[i].Place = c.Access.Position(c.ctx(), r.Job)
				return nil
			})
		}
	}
	_ = group.Wait() // no error: a place that is not known is not shown
	return rows
}

// took returns how long a job has been running, or ran.
func took(j tuning.Job, now time.Time) time.Duration {
	switch {
	case j.StartedAt.IsZero():
		return 0
	case j.EndedAt.IsZero():
		return max(0, now.Sub(j.StartedAt))
	default:
		return max(0, j.EndedAt.Sub(j.StartedAt))
	}
}

// modelIDs returns the models of the catalogue, for forms.
func (c *call) modelIDs() (all []string) {
	for _, m := range c.Catalogue.Current(c.ctx()).Models {
		all = append(all, m.ID)
	}
	return all
}
