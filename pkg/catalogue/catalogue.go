// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogue is what is known of the base models that can be tuned: where, with which hyperparameters
// and limits, at what price and until when. All of it is data, in catalogue.json, each fact with its source
// and whether it is confirmed; the code holds no date, price or limit.
//
// The catalogue advises and Vertex AI decides. What is known to fail is refused before anything is spent, and
// the caller may insist; what is only said to fail, or not known at all, is a warning.
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

// Catalogue is all that is known. It is not changed once it is loaded.
type Catalogue struct {
	AsOf    Date              `json:"as_of"`
	Sources map[string]Source `json:"sources"`
	// MonthsClosed is how long before its retirement Vertex AI stops to tune a model, MonthsWarned how long
	// before that date it is worth a word: a tuned model goes with its base.
	MonthsClosed Fact[int64]       `json:"months_closed_before_retirement"`
	MonthsWarned Fact[int64]       `json:"months_warned_before_retirement"`
	Families     map[string]Family `json:"families"`
	Models       []Model           `json:"models"`

	byName map[string]*Model // by ID and alias
}

// Provider hands out the catalogue that holds now: a source that reads it again when it changes, or one that is fixed.
type Provider interface {
	Current(ctx context.Context) *Catalogue
}

// The families that a model which is not known can be of: open models have a publisher in their names.
const (
	Gemini = "gemini"
	Open   = "open"
)

// Default returns the catalogue that the program was built with.
var Default = sync.OnceValue(func() *Catalogue {
	c, err := Load(embedded)
	if err != nil {
		panic(err) // a test loads it
	}
	return c
})

// JSON returns the text of the default catalogue, to be changed and loaded again.
func JSON() []byte { return bytes.Clone(embedded) }

// Lookup returns a model by its ID, by an alias, or by its resource name (publishers/google/models/…), or nil.
func (c *Catalogue) Lookup(name string) *Model { return c.byName[ID(name)] }

// ID returns the name of a model as the catalogue writes it: publishers/google/models/gemini-… is gemini-…, and
// publishers/meta/models/llama… is meta/llama….
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

// link builds the index and gives every model the facts of its family.
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

// inherit takes over what is not known from the family.
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
