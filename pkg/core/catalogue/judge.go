// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

var (
	datePattern     = lazyregexp.New(`^20[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$`)
	locationPattern = lazyregexp.New(`^([a-z]+-[a-z]+[0-9]+|global|us|eu|job)$`)
	idPattern       = lazyregexp.New(`^([a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*@)?[a-z0-9][a-z0-9._-]*$`)
)

// These are the values that the code supports.
var (
	apiVersions     = []string{"v1", "v1beta1"}
	tuningModes     = []string{PEFT, Full}
	adapterSizes    = []int64{1, 2, 4, 8, 16, 32} // the API's enum has only these
	modalities      = []Modality{Text, Image, Audio, Video, Document, FunctionCall}
	domainTypes     = []string{"integer", "number", "boolean", "enum"}
	retirementKinds = []When{On, By, NotBefore}
	hyperparameters = []string{
		EpochCount, LearningRateMultiplier, LearningRate, AdapterSize, BatchSize, TuningMode, ExportLastCheckpointOnly,
	}
)

// validate finds values that can be read but are wrong.
func (d *decoder) validate(c *Catalogue) {
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		p, s := joinPointer("/sources", name), c.Sources[name]
		if u, err := url.Parse(s.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			d.add(joinPointer(p, "url"), "must be an address that starts with https://")
		}
		if !datePattern.MatchString(s.Date) {
			d.add(joinPointer(p, "date"), "must be a year, a month or a day, as in \"2026\", \"2026-11\" or \"2026-11-23\"")
		}
	}
	d.checkSources(c, "", reflect.ValueOf(*c))
	d.atLeast("/months_closed_before_retirement/value", c.MonthsClosed.Value, 0)
	d.atLeast("/months_warned_before_retirement/value", c.MonthsWarned.Value, 0)
	if c.MonthsNoticed != nil {
		d.atLeast("/months_noticed_before_retirement/value", c.MonthsNoticed.Value, 0)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Families)) {
		p, f := joinPointer("/families", name), c.Families[name]
		d.oneOf(joinPointer(p, "api_version"), f.APIVersion.Value, apiVersions)
		d.domains(joinPointer(p, "hyperparameters"), f.Hyperparameters)
		d.facts(p, f.Facts, c)
	}
	for _, name := range []string{Gemini, Open} {
		if _, ok := c.Families[name]; !ok {
			d.add(joinPointer("/families", name), "is missing")
		}
	}
	names := map[string]string{}
	for i, m := range c.Models {
		p := joinPointer("/models", strconv.Itoa(i))
		d.name(joinPointer(p, "id"), m.ID, names)
		for k, alias := range m.Aliases {
			d.name(joinPointer(joinPointer(p, "aliases"), strconv.Itoa(k)), alias, names)
		}
		if _, ok := c.Families[m.Family]; !ok {
			d.add(joinPointer(p, "family"), "there is no family %q", m.Family)
		}
		d.facts(p, m.Facts, c)
	}
	if c.Judge != nil && !slices.ContainsFunc(c.Models, func(m Model) bool { return m.ID == c.Judge.Value }) {
		d.add("/judge/value", "there is no model %q", c.Judge.Value)
	}
}

// checkSources checks that the source of every fact below v exists.
func (d *decoder) checkSources(c *Catalogue, pointer string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			d.checkSources(c, pointer, v.Elem())
		}
	case reflect.Struct:
		if source := v.FieldByName("Source"); source.IsValid() {
			if _, ok := c.Sources[source.String()]; !ok {
				d.add(joinPointer(pointer, "source"), "there is no source %q", source)
			}
			return
		}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case field.Anonymous:
				d.checkSources(c, pointer, v.Field(i))
			case name != "":
				d.checkSources(c, joinPointer(pointer, name), v.Field(i))
			}
		}
	case reflect.Map:
		for _, key := range slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) }) {
			d.checkSources(c, joinPointer(pointer, key.String()), v.MapIndex(key))
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.checkSources(c, joinPointer(pointer, strconv.Itoa(i)), v.Index(i))
		}
	}
}

// name checks that the name of a model has a valid form and is unique.
func (d *decoder) name(pointer, name string, names map[string]string) {
	if !idPattern.MatchString(name) {
		d.add(pointer, "must be the name of a model, as in gemini-3.1-flash-lite or meta/llama3_1@llama-3.1-8b, not %q", name)
	}
	if first, ok := names[name]; ok {
		d.add(pointer, "is the same as %s", first)
		return
	}
	names[name] = pointer
}

func (d *decoder) domains(pointer string, domains map[string]Fact[Domain]) {
	for _, name := range slices.Sorted(maps.Keys(domains)) {
		p, domain := joinPointer(pointer, name), domains[name].Value
		d.oneOf(p, name, hyperparameters)
		d.oneOf(joinPointer(joinPointer(p, "value"), "type"), domain.Type, domainTypes)
		if domain.TuningMode != "" {
			d.oneOf(joinPointer(joinPointer(p, "value"), "tuning_mode"), domain.TuningMode, tuningModes)
		}
	}
}

// facts checks the facts of a model or a family.
func (d *decoder) facts(p string, f Facts, c *Catalogue) {
	for name, fact := range map[string]*Fact[[]string]{
		"tuning_locations": f.TuningLocations, "refused_locations": f.RefusedLocations,
		"serving_locations": f.ServingLocations, "cmek_refused_locations": f.CMEKRefused,
	} {
		eachElement(d, joinPointer(p, name), fact, func(pointer, location string) {
			if !locationPattern.MatchString(location) {
				d.add(pointer, "must be a location, as in us-central1, not %q", location)
			}
		})
	}
	eachElement(d, joinPointer(p, "adapter_sizes"), f.AdapterSizes, func(pointer string, size int64) { oneOf(d, pointer, size, adapterSizes) })
	eachElement(d, joinPointer(p, "tuning_modes"), f.TuningModes, func(pointer, mode string) { d.oneOf(pointer, mode, tuningModes) })
	eachElement(d, joinPointer(p, "replacements"), f.Replacements, func(pointer, id string) {
		if !slices.ContainsFunc(c.Models, func(m Model) bool { return m.ID == id }) {
			d.add(pointer, "there is no model %q", id)
		}
	})
	for name, fact := range map[string]*Fact[map[string]float64]{"learning_rates": f.LearningRates, "tokens_per_character": f.TokensPerCharacter} {
		d.byMode(joinPointer(p, name), fact)
	}
	for name, fact := range map[string]*Fact[int64]{
		"default_adapter_size": f.DefaultAdapterSize, "dataset_bytes": f.DatasetBytes, "text_examples": f.TextExamples,
		"multimodal_examples": f.MultimodalExamples, "example_tokens": f.ExampleTokens, "images_per_example": f.ImagesPerExample,
		"image_bytes": f.ImageBytes, "documents_per_example": f.DocumentsPerExample, "document_pages": f.DocumentPages,
	} {
		if fact != nil {
			d.atLeast(joinPointer(joinPointer(p, name), "value"), fact.Value, 1)
		}
	}
	d.prices(p, f)
	d.ranges(p, f)
	for modality := range f.Modalities {
		oneOf(d, joinPointer(joinPointer(p, "modalities"), string(modality)), modality, modalities)
	}
}

func (d *decoder) prices(p string, f Facts) {
	positive := func(pointer string, price usd.Amount) {
		if price <= 0 {
			d.add(pointer, "must be more than 0")
		}
	}
	if f.TrainingPrice != nil {
		positive(joinPointer(joinPointer(p, "training_price"), "value"), f.TrainingPrice.Value)
	}
	if f.InferencePrice != nil {
		value := joinPointer(joinPointer(p, "inference_price"), "value")
		positive(joinPointer(value, "input"), f.InferencePrice.Value.Input)
		positive(joinPointer(value, "output"), f.InferencePrice.Value.Output)
	}
}

func (d *decoder) ranges(p string, f Facts) {
	if f.UnsetEpochs != nil && (f.UnsetEpochs.Value.Low < 1 || f.UnsetEpochs.Value.Low > f.UnsetEpochs.Value.High) {
		d.add(joinPointer(joinPointer(p, "unset_epochs"), "value"), "must have a low that is at least 1, and a high that is at least the low")
	}
	if f.Retirement != nil {
		oneOf(d, joinPointer(joinPointer(joinPointer(p, "retirement"), "value"), "when"), f.Retirement.Value.When, retirementKinds)
	}
	if f.Validation == nil {
		return
	}
	value, v := joinPointer(joinPointer(p, "validation"), "value"), f.Validation.Value
	d.atLeast(joinPointer(value, "examples"), v.Examples, 1)
	d.atLeast(joinPointer(value, "percent_from_examples"), v.PercentFromExamples, 0)
	for name, percent := range map[string]int64{"percent_of_examples": v.PercentOfExamples, "percent_of_bytes": v.PercentOfBytes} {
		if percent < 0 || percent > 100 {
			d.add(joinPointer(value, name), "must be from 0 to 100")
		}
	}
}

func (d *decoder) byMode(pointer string, fact *Fact[map[string]float64]) {
	if fact == nil {
		return
	}
	for mode, x := range fact.Value {
		p := joinPointer(joinPointer(pointer, "value"), mode)
		d.oneOf(p, mode, tuningModes)
		if !(x > 0) {
			d.add(p, "must be more than 0")
		}
	}
}

func (d *decoder) atLeast(pointer string, n, least int64) {
	if n < least {
		d.add(pointer, "must be at least %d", least)
	}
}

func (d *decoder) oneOf(pointer, word string, words []string) { oneOf(d, pointer, word, words) }

func oneOf[T comparable](d *decoder, pointer string, word T, words []T) {
	if !slices.Contains(words, word) {
		d.add(pointer, "must be one of %s, not %v", strings.Trim(fmt.Sprint(words), "[]"), word)
	}
}

// eachElement calls visit for each element of a fact that is a list. The list must not be empty.
func eachElement[T any](d *decoder, pointer string, fact *Fact[[]T], visit func(pointer string, element T)) {
	if fact == nil {
		return
	}
	if len(fact.Value) == 0 {
		d.add(joinPointer(pointer, "value"), "must not be empty: leave out a fact that is not known")
	}
	for i, element := range fact.Value {
		visit(joinPointer(joinPointer(pointer, "value"), strconv.Itoa(i)), element)
	}
}
