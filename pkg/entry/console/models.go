// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// modelsPage is the content of the page with the catalogue.
type modelsPage struct {
	Promoted []activeRow // the models that have an active version
	More     bool        // there are more of them
	AsOf     time.Time
	Models   []modelRow
}

// modelRow is a base model. Days are the days until something happens to it; they are negative if
// it has happened.
type modelRow struct {
	ID       string
	State    stateView
	Closes   *time.Time
	Retires  string // such as: on 2026-10-20 at the earliest
	Days     int    // to its retirement
	HasDays  bool
	Price    *usd.Amount
	IsSure   bool // the price is confirmed
	Replaced []string
	// Tuned is how many tuned models of this service are made of it, and where to see them.
	Tuned int64
	Jobs  string
	Note  string // why it is not tunable, or is not for long
}

// modelStates are the statuses of the catalogue for people.
var modelStates = map[catalogue.Status]stateView{
	catalogue.Tunable: {"good", "Tunable"}, catalogue.Closing: {"bad", "Closes soon"}, catalogue.Closed: {"off", "Closed"}, catalogue.Unclear: {"waiting", "Not confirmed"},
}

// models shows the catalogue, and which of our tuned models retire with a base model.
func (c *call) models() error {
	list := c.Catalogue.Current(c.ctx()).List(c.Now())
	body := modelsPage{AsOf: list.AsOf.Time, Models: make([]modelRow, len(list.Models))}
	counts, err := c.tuned.get(list.AsOf.String(), c.Now(), countsKept, func() ([]int64, error) { return c.countTuned(list.Models) })
	if err != nil {
		return err
	}
	if body.Promoted, err = c.activeModels(); err != nil {
		return err
	}
	body.More = len(body.Promoted) == mostActive
	for i, m := range list.Models {
		body.Models[i] = c.modelRow(m)
		if i < len(counts) { // the catalogue can have changed meanwhile
			body.Models[i].Tuned = counts[i]
		}
	}
	// Those that need attention come first.
	slices.SortStableFunc(body.Models, func(a, b modelRow) int { return urgency(b) - urgency(a) })
	return c.show(http.StatusOK, "models", view{Title: "Models", Active: Root + "/models", Body: body})
}

// countsKept is how long the numbers of our tuned models are kept.
const countsKept = time.Minute

// countTuned returns how many tuned models of this service are made of each base model.
func (c *call) countTuned(models []catalogue.Entry) ([]int64, error) {
	counts := make([]int64, len(models))
	return counts, c.countEach(c.ctx(), models, counts)
}

// countEach writes the count of each base model. Few base models are in use, so it counts many of
// them at once, and counts the halves only where there is something.
func (c *call) countEach(ctx context.Context, models []catalogue.Entry, counts []int64) error {
	var ids []string
	for _, m := range models {
		ids = append(append(ids, m.ID), m.Aliases...)
	}
	if len(ids) <= store.MaxNames || len(models) == 1 {
		n, err := c.Access.Records.CountSucceeded(ctx, ids)
		if err != nil || n == 0 || len(models) == 1 {
			counts[0] = n
			return err //nolint:wrapcheck // the store has wrapped it
		}
	}
	half := len(models) / 2
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.countEach(ctx, models[:half], counts[:half]) })
	group.Go(func() error { return c.countEach(ctx, models[half:], counts[half:]) })
	return group.Wait() //nolint:wrapcheck // the store has wrapped it
}

// The urgency of a model: one that we use and that retires soon comes before others.
const (
	usedAndEnding = 3
	used          = 2
	usable        = 1
)

func urgency(m modelRow) int {
	const soon = 180 // days
	switch {
	case m.Tuned > 0 && m.HasDays && m.Days < soon:
		return usedAndEnding
	case m.Tuned > 0:
		return used
	case m.State.Key == "good":
		return usable
	default:
		return 0
	}
}

func (c *call) modelRow(m catalogue.Entry) modelRow {
	row := modelRow{
		ID: m.ID, State: modelStates[m.Status],
		Jobs: address(Root, url.Values{"base_model": {m.ID}, "status": {string(tuning.Succeeded)}}),
	}
	if m.ClosesOn != nil {
		row.Closes = &m.ClosesOn.Time
	}
	if r := m.Retirement; r != nil {
		row.Retires, row.HasDays = r.Value.String(), true
		row.Days = daysTo(r.Value.Date.Time, c.Now())
		if !r.Confirmed {
			row.Note = "The date is not confirmed."
		}
	}
	if m.TrainingPrice != nil {
		row.Price, row.IsSure = &m.TrainingPrice.Value, m.TrainingPrice.Confirmed
	}
	if m.Replacements != nil {
		row.Replaced = m.Replacements.Value
	}
	return row
}

// daysTo returns the number of whole days from today to a day.
func daysTo(day, now time.Time) int {
	today := now.UTC().Truncate(24 * time.Hour)
	return int(day.Sub(today) / (24 * time.Hour))
}

// DaysText says when the model retires.
func (m modelRow) DaysText() string {
	switch {
	case m.Days == 0:
		return "today"
	case m.Days > 0:
		return "in " + plural(m.Days, "day")
	default:
		return plural(-m.Days, "day") + " ago"
	}
}

// Replacements names the replacements.
func (m modelRow) Replacements() string { return strings.Join(m.Replaced, ", ") }
