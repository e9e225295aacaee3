// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// fixedCatalogue is a catalogue provider whose catalogue never changes.
type fixedCatalogue struct{ catalogue *catalogue.Catalogue }

func (k fixedCatalogue) Current(context.Context) *catalogue.Catalogue { return k.catalogue }

// catalogues has what catalogueWithout has decoded, by the models left out.
var catalogues sync.Map

// catalogueWithout returns the catalogue of the stand-ins without the given models. It removes the
// retirement date of the tests' base model, so that the warnings do not depend on the current date.
func catalogueWithout(t *testing.T, without ...string) fixedCatalogue {
	t.Helper()
	key := strings.Join(without, " ")
	if c, ok := catalogues.Load(key); ok {
		return c.(fixedCatalogue)
	}
	text, err := cloud.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	models, _ := members["models"].([]any)
	members["models"] = slices.DeleteFunc(models, func(m any) bool {
		model, _ := m.(map[string]any)
		id, _ := model["id"].(string)
		if id == baseModel {
			delete(model, "retirement")
		}
		return slices.Contains(without, id)
	})
	if text, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	catalogues.Store(key, fixedCatalogue{c})
	return fixedCatalogue{c}
}
