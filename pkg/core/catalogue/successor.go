// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"time"
)

// monthsNoticed is how many months before the retirement of a base model its tuned models have a
// notice, if the catalogue does not say it.
const monthsNoticed = 6

// Notice is the notice that a base model, and its tuned models with it, retires soon. Its JSON is
// part of the API.
type Notice struct {
	Date Date `json:"date"`
	When When `json:"when"`
	// Successor is the ID of the model to tune instead. It is empty if the catalogue names none
	// that can be tuned.
	Successor string `json:"successor,omitempty"`
	Message   string `json:"message"`
}

// Notice returns the notice about a base model on a given day, or nil if it does not retire soon.
func (c *Catalogue) Notice(baseModel string, today time.Time) *Notice {
	m := c.Lookup(baseModel)
	if m == nil || m.Retirement == nil {
		return nil
	}
	months := int64(monthsNoticed)
	if c.MonthsNoticed != nil {
		months = c.MonthsNoticed.Value
	}
	day, r := dayOf(today), m.Retirement.Value
	if day.Before(r.Date.monthsBefore(months).Time) {
		return nil
	}
	n := &Notice{Date: r.Date, When: r.When, Message: fmt.Sprintf("%s retires %s, and its tuned models retire with it.", m.ID, r)}
	switch {
	case day.Before(r.Date.Time):
	case r.When == NotBefore:
		n.Message = fmt.Sprintf("%s retires %s. It may be retired already, and its tuned models with it.", m.ID, r)
	default:
		n.Message = fmt.Sprintf("%s was retired %s, and its tuned models with it.", m.ID, r)
	}
	if next := c.Successor(m, today); next != nil {
		n.Successor = next.ID
		n.Message += fmt.Sprintf(" POST /api/v1/fine-tuning/retune tunes %s on the same data.", next.ID)
	}
	return n
}

// Successor returns the model that replaces m: the first of its replacements that can be tuned, or
// else the first for which this is unclear, or nil.
func (c *Catalogue) Successor(m *Model, today time.Time) *Model {
	if m.Replacements == nil {
		return nil
	}
	for _, status := range []Status{Tunable, Unclear} {
		for _, id := range m.Replacements.Value {
			if next := c.Lookup(id); c.Status(next, today) == status {
				return next
			}
		}
	}
	return nil
}
