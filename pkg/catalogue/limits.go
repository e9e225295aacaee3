// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "github.com/vertextune/vertextune/pkg/dataset"

// Limits returns what a dataset for the model may have, for the dataset engine to say what Vertex AI would drop. What
// is not known, be it the model itself (nil), has no limit.
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
