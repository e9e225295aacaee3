// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// monthForm is how an address writes a month.
const monthForm = "2006-01"

// moneyPage is the content of the page about the costs of a month.
type moneyPage struct {
	Month         time.Time
	Before, After string // addresses of the months next to it
	Limit         usd.Amount
	Reserved      usd.Amount
	Left          usd.Amount
	Fill          int // of the bar, in its units
	*monthCosts
}

// monthCosts are the costs of the jobs and evaluations that were created in a month.
type monthCosts struct {
	Total   costRow
	Models  []costRow
	People  []costRow
	Asked   costRow // evaluations
	Days    *chart  // estimate against bill
	HasMore bool    // more jobs than are read
}

// costRow is the costs of some jobs.
type costRow struct {
	Name     string
	Jobs     int
	Expected usd.Amount // of the jobs whose cost could be estimated
	Most     usd.Amount // the upper end
	Billed   usd.Amount // of the jobs whose bill is known
	Known    int        // jobs whose bill is known
	Fill     int        // of its bar, in its units
}

// mostCosted is how many jobs of a month are added up.
const mostCosted = 20_000

// costsKept is how long the costs of a month are kept, because a month can have thousands of jobs.
const costsKept = 30 * time.Second

func (c *call) money() error {
	now := c.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if text := c.r.URL.Query().Get("month"); text != "" {
		parsed, err := time.Parse(monthForm, text)
		if err != nil {
			return fault.New(fault.InvalidArgument, "The month must be written as 2026-11.")
		}
		month = parsed
	}
	body := moneyPage{Month: month, Limit: c.Config.Budget.Monthly}
	body.Before = Root + "/money?month=" + month.AddDate(0, -1, 0).Format(monthForm)
	if next := month.AddDate(0, 1, 0); !next.After(now) {
		body.After = Root + "/money?month=" + next.Format(monthForm)
	}
	reserved, err := c.Access.Records.Reserved(c.ctx(), month.Format(monthForm))
	if err != nil {
		return err
	}
	body.Reserved = usd.Amount(reserved)
	body.Left, body.Fill = max(0, body.Limit-body.Reserved), scaled(min(body.Reserved, body.Limit), body.Limit)
	if body.monthCosts, err = c.spent.get(month.Format(monthForm), c.Now(), costsKept, func() (*monthCosts, error) { return c.readCosts(c.ctx(), month) }); err != nil {
		return err
	}
	return c.show(http.StatusOK, "money", view{Title: "Money", Active: Root + "/money", Body: body})
}

// moneyFields are the fields of a job that its cost needs, in addition to the listed ones.
var moneyFields = []string{"cost_micro_usd", "estimate", "stats", "hyperparameters.epoch_count", "checkpoints", "ended_at"}

func (c *call) readCosts(ctx context.Context, month time.Time) (*monthCosts, error) {
	next := month.AddDate(0, 1, 0)
	records, end, err := c.Access.Records.ListJobs(ctx, store.Page{
		Filter: store.Filter{CreatedFrom: month, CreatedBefore: next}, Order: store.OldestFirst, Size: mostCosted, Scan: mostCosted, Extra: moneyFields,
	})
	if err != nil {
		return nil, err
	}
	runs, err := c.Access.Records.EvaluationsBetween(ctx, month, next, mostCosted)
	if err != nil {
		return nil, err
	}
	costs := &monthCosts{HasMore: end != nil, Asked: costRow{Name: "Evaluations"}}
	models, people, days := map[string]*costRow{}, map[string]*costRow{}, map[int]*costRow{}
	for _, r := range records {
		one := costRowOf(r.Job)
		costs.Total.add(one)
		rowIn(models, r.BaseModel).add(one)
		rowIn(people, r.StartedBy).add(one)
		if one.Known > 0 {
			day := r.EndedAt.UTC()
			if day.Before(next) && !day.Before(month) {
				rowIn(days, day.Day()).add(one)
			}
		}
	}
	for _, run := range runs {
		one := costRow{Jobs: 1, Billed: usd.Amount(run.Billed), Known: 1}
		if run.Estimate.Cost != nil {
			one.Most = run.Estimate.Cost.High
		}
		costs.Asked.add(one)
	}
	costs.Models, costs.People, costs.Days = sortedRows(models), sortedRows(people), daysChart(days)
	return costs, nil
}

// costRowOf returns the costs of one job. A job that ended without a model is expected to cost
// nothing.
func costRowOf(j tuning.Job) costRow {
	row := costRow{Jobs: 1}
	e, ok := estimateOf(j)
	if ok && e.Cost != nil && (!j.State.Finished() || j.State == tuning.Succeeded) {
		row.Most = e.Cost.High
		row.Expected = expectedOf(e)
	}
	if bill := jobview.TuningCost(j).Billed; bill != nil {
		row.Billed, row.Known = *bill, 1
	}
	return row
}

func expectedOf(e estimate.Estimate) usd.Amount {
	if e.Cost.Expected != nil {
		return *e.Cost.Expected
	}
	return e.Cost.High
}

func (r *costRow) add(other costRow) {
	r.Jobs += other.Jobs
	r.Expected += other.Expected
	r.Most += other.Most
	r.Billed += other.Billed
	r.Known += other.Known
}

func rowIn[K cmp.Ordered](rows map[K]*costRow, key K) *costRow {
	if rows[key] == nil {
		rows[key] = &costRow{}
	}
	return rows[key]
}

// sortedRows returns the rows with their bars, the most expensive first.
func sortedRows(rows map[string]*costRow) []costRow {
	all := make([]costRow, 0, len(rows))
	largest := usd.Amount(0)
	for name, row := range rows {
		row.Name = name
		all = append(all, *row)
		largest = max(largest, row.Expected)
	}
	for i := range all {
		all[i].Fill = scaled(all[i].Expected, largest)
	}
	slices.SortFunc(all, func(a, b costRow) int {
		return cmp.Or(cmp.Compare(b.Expected, a.Expected), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// daysChart draws what the jobs that ended in a month were expected to cost, and what they were
// billed, both added up from the first day on.
func daysChart(days map[int]*costRow) *chart {
	if len(days) == 0 {
		return nil
	}
	var expected, billed []metrics.Point
	var sum costRow
	for _, day := range slices.Sorted(maps.Keys(days)) {
		sum.add(*days[day])
		expected = append(expected, metrics.Point{Step: int64(day), Value: float64(sum.Expected) / float64(usd.Dollar)})
		billed = append(billed, metrics.Point{Step: int64(day), Value: float64(sum.Billed) / float64(usd.Dollar)})
	}
	drawn := draw([]curve{{"expected", "one", expected}, {"billed", "two", billed}}, true)
	drawn.Title, drawn.Step = "Estimate against bill, in dollars from the first day on", "day"
	drawn.Text = "By the last day on which a job ended, " + money(sum.Expected) + " were expected and " + money(sum.Billed) + " were billed, for " +
		plural(sum.Jobs, "job") + " whose bill is known."
	return drawn
}

// costTable is a table of costs. What names its first column.
type costTable struct {
	What string
	Rows []costRow
}
