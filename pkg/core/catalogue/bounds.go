// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "fmt"

// Size is the size of a file of examples.
type Size struct{ Examples, Bytes int64 }

// Exceeded returns a phrase that describes the bound that a validation file exceeds, given the size
// of its training file, or "" if it exceeds none.
func (v Validation) Exceeded(training, validation Size) string {
	is, of := validation, training
	switch {
	case v.Examples > 0 && is.Examples > v.Examples:
		return fmt.Sprintf("has %d examples, but may have only %d", is.Examples, v.Examples)
	case v.PercentOfExamples > 0 && is.Examples > v.PercentFromExamples && exceeds(is.Examples, of.Examples, v.PercentOfExamples):
		return fmt.Sprintf("has %d examples, but with more than %d it may have only %d %% of the training file's %d",
			is.Examples, v.PercentFromExamples, v.PercentOfExamples, of.Examples)
	case v.PercentOfBytes > 0 && exceeds(is.Bytes, of.Bytes, v.PercentOfBytes):
		return fmt.Sprintf("has %d bytes, but may have only %d %% of the training file's %d", is.Bytes, v.PercentOfBytes, of.Bytes)
	default:
		return ""
	}
}

// exceeds reports whether n is more than that many percent of all.
func exceeds(n, all, percent int64) bool { return n*100 > all*percent }
