// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"slices"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
)

// TestUnsupported checks that Unsupported names exactly the hyperparameters that the caller sets
// and the family does not accept.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	all := *catalogue.Default()
	all.Families = map[string]catalogue.Family{catalogue.Gemini: all.Families[catalogue.Gemini], catalogue.Open: all.Families[catalogue.Open]}
	gemini := all.Families[catalogue.Gemini]
	gemini.Hyperparameters = nil
	all.Families[catalogue.Gemini] = gemini
	n, x, yes := int64(4), 0.5, true
	for name, h := range map[string]catalogue.Hyperparameters{
		catalogue.EpochCount: {EpochCount: &n}, catalogue.LearningRateMultiplier: {LearningRateMultiplier: &x},
		catalogue.LearningRate: {LearningRate: &x}, catalogue.AdapterSize: {AdapterSize: &n}, catalogue.BatchSize: {BatchSize: &n},
		catalogue.TuningMode: {TuningMode: catalogue.Full}, catalogue.ExportLastCheckpointOnly: {ExportLastCheckpointOnly: &yes},
	} {
		verdict := all.Check(catalogue.Request{BaseModel: "gemini-3.1-flash-lite", Hyperparameters: h})
		if !slices.Equal(verdict.Unsupported, []string{name}) {
			t.Errorf("%s is set, Unsupported = %q", name, verdict.Unsupported)
		}
	}
}
