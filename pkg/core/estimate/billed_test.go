// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

func TestAgainst(t *testing.T) {
	t.Parallel()
	price := 3 * usd.Dollar
	estimated := estimate.Estimate{
		Tokens: estimate.Range{Low: 65_000, Expected: 100_000, High: 140_000}, Epochs: &estimate.Range{Low: 10, Expected: 10, High: 10},
		TrainingTokens: &estimate.Range{Low: 650_000, Expected: 1_000_000, High: 1_400_000}, Price: &price,
	}
	untold := estimate.Estimate{
		Tokens: estimated.Tokens, Epochs: &estimate.Range{Low: 3, High: 40}, TrainingTokens: &estimate.Range{Low: 195_000, High: 5_600_000},
	}
	counted := estimate.Estimate{
		Tokens: estimate.Range{Low: 97_000, Expected: 100_000, High: 103_000}, TrainingTokens: &estimate.Range{Low: 970_000, Expected: 1_000_000, High: 1_030_000},
	}
	amount := func(a usd.Amount) *usd.Amount { return &a }
	tests := []struct {
		name             string
		estimate         estimate.Estimate
		billable, epochs int64
		want             estimate.Billed
	}{
		{"of_one_epoch", estimated, 120_000, 10, estimate.Billed{
			Tokens: 120_000, Epochs: 10, Price: &price, Fits: estimate.OneEpoch,
			OneEpoch:  estimate.Reading{Estimated: estimated.Tokens, Ratio: 1.2, Cost: amount(3_600_000)},
			AllEpochs: estimate.Reading{Estimated: *estimated.TrainingTokens, Ratio: 0.12, Cost: amount(360_000)},
		}},
		{"of_all_epochs", estimated, 1_000_500, 10, estimate.Billed{
			Tokens: 1_000_500, Epochs: 10, Price: &price, Fits: estimate.AllEpochs,
			OneEpoch:  estimate.Reading{Estimated: estimated.Tokens, Ratio: 10.005, Cost: amount(30_015_000)},
			AllEpochs: estimate.Reading{Estimated: *estimated.TrainingTokens, Ratio: 1.001, Cost: amount(3_001_500)},
		}},
		{"of_one_epoch_at_its_upper_end", estimated, 140_000, 10, estimate.Billed{
			Tokens: 140_000, Epochs: 10, Price: &price, Fits: estimate.OneEpoch,
			OneEpoch:  estimate.Reading{Estimated: estimated.Tokens, Ratio: 1.4, Cost: amount(4_200_000)},
			AllEpochs: estimate.Reading{Estimated: *estimated.TrainingTokens, Ratio: 0.14, Cost: amount(420_000)},
		}},
		{"of_neither", estimated, 300_000, 10, estimate.Billed{
			Tokens: 300_000, Epochs: 10, Price: &price,
			OneEpoch:  estimate.Reading{Estimated: estimated.Tokens, Ratio: 3, Cost: amount(9_000_000)},
			AllEpochs: estimate.Reading{Estimated: *estimated.TrainingTokens, Ratio: 0.3, Cost: amount(900_000)},
		}},
		{"one_epoch_is_all", estimated, 100_000, 1, estimate.Billed{
			Tokens: 100_000, Epochs: 1, Price: &price,
			OneEpoch:  estimate.Reading{Estimated: estimated.Tokens, Ratio: 1, Cost: amount(300_000)},
			AllEpochs: estimate.Reading{Estimated: estimated.Tokens, Ratio: 1, Cost: amount(300_000)},
		}},
		{"near_the_narrow_range_of_a_count", counted, 110_000, 10, estimate.Billed{
			Tokens: 110_000, Epochs: 10, Fits: estimate.OneEpoch,
			OneEpoch:  estimate.Reading{Estimated: counted.Tokens, Ratio: 1.1},
			AllEpochs: estimate.Reading{Estimated: *counted.TrainingTokens, Ratio: 0.11},
		}},
		// The service chose the epochs: the job says how many there were, or it does not.
		{"picked_epochs", untold, 400_000, 4, estimate.Billed{
			Tokens: 400_000, Epochs: 4, Fits: estimate.AllEpochs,
			OneEpoch:  estimate.Reading{Estimated: untold.Tokens, Ratio: 4},
			AllEpochs: estimate.Reading{Estimated: estimate.Range{Low: 260_000, Expected: 400_000, High: 560_000}, Ratio: 1},
		}},
		{"unknown_epochs", untold, 100_000, 0, estimate.Billed{
			Tokens: 100_000, Fits: estimate.OneEpoch,
			OneEpoch:  estimate.Reading{Estimated: untold.Tokens, Ratio: 1},
			AllEpochs: estimate.Reading{Estimated: *untold.TrainingTokens},
		}},
		{"nothing_estimated", estimate.Estimate{Price: &price}, 1_000_000, 0, estimate.Billed{
			Tokens: 1_000_000, Price: &price, AllEpochs: estimate.Reading{Cost: &price},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.estimate.Against(tt.billable, tt.epochs)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
