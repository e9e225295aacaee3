// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import "fmt"

// Best returns the index of the best checkpoint, given by the evaluation loss of each, or nil where
// it is not known, and the reason as a sentence. Without any loss it is the last checkpoint, which
// Vertex AI serves by default. There must be a checkpoint.
func Best(evalLosses []*float64) (int, string) {
	best, known := len(evalLosses)-1, 0
	for i, loss := range evalLosses {
		if loss == nil {
			continue
		}
		if known++; known == 1 || *loss < *evalLosses[best] {
			best = i
		}
	}
	switch known {
	case 0:
		return best, "No evaluation loss is known, so this is the last checkpoint, which Vertex AI serves by default."
	case 1:
		return best, fmt.Sprintf("It is the only checkpoint whose evaluation loss is known: %.4g.", *evalLosses[best])
	}
	return best, fmt.Sprintf("Its evaluation loss of %.4g is the lowest of the %d checkpoints where it is known.", *evalLosses[best], known)
}
