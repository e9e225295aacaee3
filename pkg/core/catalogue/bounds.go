// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "fmt"

// Size is the size of a file of examples.
type Size struct{ Examples, Bytes int64 }

// Exceeded returns a phrase that says which bound a validation file exceeds, or "" if it exceeds
// none. Some bounds depend on the size of the training file.
func (v Validation) Exceeded(training, validation Size) string {
	switch {
	case v.Examples > 0 && validation.Examples > v.Examples:
		return fmt.Sprintf("has %d examples, but may have only %d", validation.Examples, v.Examples)
	case v.PercentOfExamples > 0 && validation.Examples > v.PercentFromExamples &&
		exceeds(validation.Examples, training.Examples, v.PercentOfExamples):
		return fmt.Sprintf("has %d examples; a file of more than %d may have only %d %% of the training file's %d",
			validation.Examples, v.PercentFromExamples, v.PercentOfExamples, training.Examples)
	case v.PercentOfBytes > 0 && exceeds(validation.Bytes, training.Bytes, v.PercentOfBytes):
		return fmt.Sprintf("has %d bytes, but may have only %d %% of the training file's %d", validation.Bytes, v.PercentOfBytes, training.Bytes)
	default:
		return ""
	}
}

// exceeds reports whether n is more than the given percentage of all.
func exceeds(n, all, percent int64) bool { return n*100 > all*percent }
