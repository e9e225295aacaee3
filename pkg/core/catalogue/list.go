// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"strings"
	"time"
)

// Status says whether a model can be tuned on a given day.
type Status string

// The statuses.
const (
	Tunable Status = "tunable"
	Closing Status = "closing" // tunable, but only for a few more months
	Closed  Status = "closed"  // retired, or so close to retirement that tuning is closed
	Unclear Status = "unclear" // not confirmed, or after a date that was announced as the earliest
)

// Statuses lists all statuses.
var Statuses = []Status{Tunable, Closing, Closed, Unclear}

// Listing is the catalogue as the API returns it.
type Listing struct {
	AsOf     Date                     `json:"as_of"`
	Sources  map[string]Source        `json:"sources"`
	Families map[string]FamilyListing `json:"families"`
	Models   []Entry                  `json:"models"`
}

// FamilyListing holds the facts that all models of a family share.
type FamilyListing struct {
	APIVersion      Fact[string]            `json:"api_version"`
	Hyperparameters map[string]Fact[Domain] `json:"hyperparameters"`
}

// Entry is a model with all its known facts, including the facts of its family.
type Entry struct {
	Model
	Status   Status `json:"status"`
	ClosesOn *Date  `json:"closes_on,omitempty"` // the first day on which it cannot be tuned
}

// List returns the catalogue as of a given day.
func (c *Catalogue) List(today time.Time) Listing {
	l := Listing{AsOf: c.AsOf, Sources: c.Sources, Families: map[string]FamilyListing{}, Models: []Entry{}}
	for name, f := range c.Families {
		l.Families[name] = FamilyListing{APIVersion: f.APIVersion, Hyperparameters: f.Hyperparameters}
	}
	for i := range c.Models {
		m := &c.Models[i]
		e := Entry{Model: *m, Status: c.Status(m, today)}
		if m.Retirement != nil {
			closes := c.closes(m)
			e.ClosesOn = &closes
		}
		l.Models = append(l.Models, e)
	}
	return l
}

// Status returns whether a model can be tuned on a given day.
func (c *Catalogue) Status(m *Model, today time.Time) Status {
	day, t, r := dayOf(today), m.Tunable, m.Retirement
	closed := r != nil && !day.Before(c.closes(m).Time)
	switch {
	case t != nil && !t.Value && t.Confirmed, closed && r.Value.When != NotBefore && r.Confirmed:
		return Closed
	case t == nil, !t.Value, !t.Confirmed, closed:
		return Unclear
	case r != nil && !day.Before(c.closes(m).monthsBefore(c.MonthsWarned.Value).Time):
		return Closing
	}
	return Tunable
}

// closes returns the first day on which a model with a retirement date cannot be tuned any more.
func (c *Catalogue) closes(m *Model) Date {
	return m.Retirement.Value.Date.monthsBefore(c.MonthsClosed.Value)
}

// replacements returns a sentence that suggests other models, with a space before it, or "". It
// suggests the replacements that can be tuned, or else all tunable models of the family. It names
// unclear replacements separately.
func (k *check) replacements(m *Model) string {
	if m.Replacements == nil {
		return ""
	}
	var use, unclear []string
	for _, id := range m.Replacements.Value {
		switch k.Status(k.byName[id], k.Today) {
		case Tunable:
			use = append(use, id)
		case Unclear:
			unclear = append(unclear, id)
		}
	}
	if len(use) == 0 {
		use = k.tunable(m.Family)
	}
	text := ""
	if len(use) > 0 {
		text = " Use " + joinOr(use) + "."
	}
	if len(unclear) > 0 {
		text += " Whether " + list(unclear) + " can be tuned is not confirmed."
	}
	return text
}

// tunable returns the models of a family that can be tuned, except those that close soon.
func (k *check) tunable(family string) (ids []string) {
	for i := range k.Models {
		m := &k.Models[i]
		if m.Family == family && k.Status(m, k.Today) == Tunable {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// knownTunable returns a sentence that lists the tunable models of a family, with a space before
// it, or "".
func (k *check) knownTunable(family string) string {
	if ids := k.tunable(family); len(ids) > 0 {
		return " Known to be tunable are " + list(ids) + "."
	}
	return ""
}

// published returns the models of a publisher.
func (k *check) published(by string) (ids []string) {
	for _, m := range k.Models {
		if strings.HasPrefix(m.ID, strings.ToLower(by)+"/") {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// cite returns where and when a fact was read.
func (c *Catalogue) cite(source string) string {
	s := c.Sources[source]
	text := s.URL + ", " + s.Date
	if s.Note != "" {
		text += ": " + s.Note
	}
	return text
}
