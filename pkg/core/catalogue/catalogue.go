// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogue holds the known facts about the base models that can be tuned: locations,
// hyperparameters, limits, prices and retirement dates. All facts are data in catalogue.json. Each
// fact has its source and says whether it is confirmed; the code holds no date, price or limit.
//
// The catalogue advises; Vertex AI decides. A request that is known to fail is refused before it
// costs anything, unless the caller sets force. If a failure is not confirmed, or a fact is
// unknown, the result is a warning.
package catalogue

import (
	"bytes"
	"context"
	_ "embed"
	"maps"
	"reflect"
	"strings"
	"sync"
)

//go:embed catalogue.json
var embedded []byte

// Catalogue holds all known facts. It does not change after it is loaded.
type Catalogue struct {
	AsOf    Date              `json:"as_of"`
	Sources map[string]Source `json:"sources"`
	// MonthsClosed is how many months before its retirement Vertex AI stops tuning a model.
	// MonthsWarned is how many months before that date the warnings start, because a tuned model
	// retires with its base model.
	MonthsClosed Fact[int64] `json:"months_closed_before_retirement"`
	MonthsWarned Fact[int64] `json:"months_warned_before_retirement"`
	// MonthsNoticed is how many months before the retirement of a base model its tuned models have
	// a notice.
	MonthsNoticed *Fact[int64] `json:"months_noticed_before_retirement,omitempty"`
	// Judge is the ID of the model that compares answers in an evaluation.
	Judge    *Fact[string]     `json:"judge,omitempty"`
	Families map[string]Family `json:"families"`
	Models   []Model           `json:"models"`

	byName map[string]*Model // by ID and by alias
}

// Provider returns the current catalogue. One implementation reloads the catalogue when it changes;
// another one always returns the same catalogue.
type Provider interface {
	Current(ctx context.Context) *Catalogue
}

// These are the families that unknown models are assigned to. A name that contains a publisher is
// the name of an open model.
const (
	Gemini = "gemini"
	Open   = "open"
)

// Default returns the catalogue that is built into the program.
var Default = sync.OnceValue(func() *Catalogue {
	c, err := Load(embedded)
	if err != nil {
		panic(err) // this cannot happen, because a test loads the same file
	}
	return c
})

// JSON returns a copy of the text of the default catalogue, as a base for changes.
func JSON() []byte { return bytes.Clone(embedded) }

// Lookup returns a model by its ID, by an alias, or by its resource name
// (publishers/google/models/…). It returns nil if the catalogue has no such model.
func (c *Catalogue) Lookup(name string) *Model { return c.byName[ID(name)] }

// ID returns the name of a model as the catalogue writes it: publishers/google/models/gemini-…
// becomes gemini-…, and publishers/meta/models/llama… becomes meta/llama….
func ID(name string) string {
	rest, ok := strings.CutPrefix(name, "publishers/")
	if !ok {
		return name
	}
	publisher, model, ok := strings.Cut(rest, "/models/")
	switch {
	case !ok:
		return name
	case publisher == "google" && !strings.Contains(model, "@"):
		return model
	}
	return publisher + "/" + model
}

// link builds the index and adds to every model the facts of its family.
func (c *Catalogue) link() {
	c.byName = map[string]*Model{}
	for i := range c.Models {
		m := &c.Models[i]
		m.inherit(c.Families[m.Family].Facts)
		c.byName[m.ID] = m
		for _, alias := range m.Aliases {
			c.byName[alias] = m
		}
	}
}

// inherit takes each fact that f lacks from the family.
func (f *Facts) inherit(family Facts) {
	modalities := f.Modalities
	own, theirs := reflect.ValueOf(f).Elem(), reflect.ValueOf(family)
	for i := range own.NumField() {
		if own.Field(i).IsNil() {
			own.Field(i).Set(theirs.Field(i))
		}
	}
	f.Modalities = map[Modality]Fact[bool]{}
	for _, all := range []map[Modality]Fact[bool]{family.Modalities, modalities} {
		maps.Copy(f.Modalities, all)
	}
}
