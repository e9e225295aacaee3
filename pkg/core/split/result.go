// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split

import (
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/sourceindex"
)

// Side describes one of the two files.
type Side struct {
	Examples int64 `json:"examples"`
	Bytes    int64 `json:"bytes"`
}

// Result is the result of a split.
type Result struct {
	Training   Side    `json:"training"`
	Validation Side    `json:"validation"` // there is no file if it has no examples
	Groups     int64   `json:"groups"`     // in the validation file
	Asked      float64 `json:"asked"`      // the share that was requested
	// GivenBack is how many examples went back to training because of a bound.
	GivenBack int64 `json:"given_back,omitempty"`
	// Overlaps counts the validation examples that are also in the training file. Overlap lists the
	// first ones.
	Overlaps int64     `json:"overlaps,omitempty"`
	Overlap  []Overlap `json:"overlap,omitempty"`
	// Compared is how many different training examples were remembered to find overlaps. It is less
	// than their total if the file is very long.
	Compared int64 `json:"compared"`
}

// Overlap is a validation example that is also in the training file, in another conversation. It
// cannot show how the model performs on unseen data.
type Overlap struct {
	Validation   sourceindex.Source `json:"validation"`
	TrainingLine int64              `json:"training_line"` // from 1; the index of sources has its source
}

const (
	maxNamedOverlaps = 100
	tooLargeFactor   = 1.5 // times the requested share
)

// Warnings returns warnings about the split as sentences.
func (r Result) Warnings() (all []string) {
	if r.Validation.Examples == 0 {
		why := "Give more conversations, or a larger share."
		if r.GivenBack > 0 {
			why = "The chosen conversations exceed the limits of a validation file: give more conversations."
		}
		return append(all, "validation_split: no conversation is in the validation part, so there is no validation file. "+why)
	}
	examples := r.Validation.Examples + r.Training.Examples
	if share := float64(r.Validation.Examples) / float64(examples); share > tooLargeFactor*r.Asked {
		all = append(all, fmt.Sprintf("validation_split: %d of %d examples are for validation, which is %.0f %% where %.3g %% were asked for: "+
			"conversations are not divided, and there are few of them, or long ones.", r.Validation.Examples, examples, 100*share, 100*r.Asked))
	}
	if r.GivenBack > 0 {
		all = append(all, fmt.Sprintf("validation_split: the validation file is smaller than asked for, by %s, to stay within the bounds.", count(r.GivenBack)))
	}
	if r.Overlaps > 0 {
		all = append(all, fmt.Sprintf("validation_split: %d of the %d validation examples are in the training file too. The first is %s, line %d of the training file.",
			r.Overlaps, r.Validation.Examples, r.Overlap[0].Validation, r.Overlap[0].TrainingLine))
	}
	return all
}

func count(examples int64) string {
	if examples == 1 {
		return "1 example"
	}
	return fmt.Sprintf("%d examples", examples)
}
