// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "github.com/vertextune/vertextune/pkg/core/dataset"

// Limits returns the limits of a dataset for the model, so that the dataset engine can report what
// Vertex AI would drop. An unknown fact, or an unknown model (nil), has no limit.
func (m *Model) Limits() (l dataset.Limits) {
	if m == nil {
		return l
	}
	set := func(to *int64, fact *Fact[int64]) {
		if fact != nil {
			*to = fact.Value
		}
	}
	set(&l.ExampleTokens, m.ExampleTokens)
	set(&l.ExampleFiles, m.ImagesPerExample)
	set(&l.Examples, m.TextExamples)
	set(&l.OutputBytes, m.DatasetBytes)
	return l
}
