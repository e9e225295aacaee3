// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// dataLabels is the field of the labels, which metadata have one by one.
const dataLabels = "labels"

// synonyms are the words that people use for a field, which are not like its name.
var synonyms = map[string]string{
	"epoch": "epoch-count", "epochs": "epoch-count", "model": "base-model", "budget": "max-cost-usd", "max-cost": "max-cost-usd",
	"label": dataLabels,
}

// candidates returns the keys of all fields of a start, also of those that metadata cannot have:
// they are read from the reader of POST /start, so that a field which is new there is not ignored
// here.
var candidates = sync.OnceValue(func() []string {
	f := requestfields.New("", []byte(`{"`+hyperparameters+`": {}, "`+promoteIf+`": {}}`))
	tuning.ReadRequest(f)
	names := slices.Concat(f.Names(), slices.Collect(maps.Keys(notOfDrops)))
	for i, name := range names {
		names[i] = canonical(strings.ReplaceAll(strings.TrimPrefix(name, hyperparameters+"."), ".", "-"))
	}
	return names
})

// suggest returns the field that a key is close to, or "".
func suggest(key string) string {
	if name, ok := synonyms[key]; ok {
		return name
	}
	return requestfields.Near(key, candidates())
}

// notOfMetadata says why metadata cannot have a field, by its key, and what to do instead.
func notOfMetadata(key string) string {
	name := strings.ReplaceAll(key, "-", "_")
	switch reason, ok := notOfDrops[name]; {
	case ok:
		return reason
	case name == promoteIf:
		return "metadata hold no objects. Give promote-if-min-gain and promote-if-metric."
	case name == hyperparameters:
		return "metadata hold no objects. Give each hyperparameter a key of its own, such as epoch-count."
	default:
		return "metadata cannot hold it. Write a manifest instead, in which every field is as in POST /start."
	}
}
