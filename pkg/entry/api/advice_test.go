// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// withoutAdvice returns the warnings without those about a small dataset and about missing
// validation data. Nearly all tests would get them, because their datasets are small.
func withoutAdvice(warnings []string) (others []string) {
	for _, w := range warnings {
		if !strings.HasPrefix(w, "The dataset is small") && !strings.HasPrefix(w, "Without validation data") {
			others = append(others, w)
		}
	}
	return others
}

// TestStart_advises_on_small_datasets: both the dry run and the start warn about a small dataset.
func TestStart_advises_on_small_datasets(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for n := range 100 {
		s.message(fmt.Sprint("m", n), turn("large", "user", fmt.Sprint("Question ", n)))
	}
	s.message("one", turn("small", "user", "one"))
	const advice = "The dataset is small (training examples: 1). 100 to 500 are recommended to begin with."
	for session, want := range map[string]bool{"small": true, "large": false} {
		body := `{"session_id":"` + session + `","hyperparameters":{"epoch_count":1}}`
		var plan planned
		var job started
		s.post(t, base+"/start", dry(body)).into(&plan)
		s.post(t, base+"/start", body).into(&job)
		for what, warnings := range map[string][]string{"dry run": plan.Warnings, "start": job.Warnings} {
			if slices.Contains(warnings, advice) != want || len(withoutAdvice(warnings)) > 0 {
				t.Errorf("%s of %s: warnings %q", what, session, warnings)
			}
		}
	}
}
