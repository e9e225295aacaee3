// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate

import (
	"math"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Billed compares the token count of the service with the estimate. A job is billed by the field
// total_billable_token_count, but it is not documented whether the field counts one pass through
// the examples or all epochs. So both readings are returned. Its JSON is part of the API.
type Billed struct {
	Tokens int64 `json:"billable_tokens"`
	// Epochs is how many epochs the job trained for; 0 means that it is unknown.
	Epochs    int64       `json:"epochs,omitempty"`
	Price     *usd.Amount `json:"price_usd_per_million_tokens,omitempty"`
	OneEpoch  Reading     `json:"if_of_one_epoch"`
	AllEpochs Reading     `json:"if_of_all_epochs"`
	// Fits names the reading that agrees with the estimate, if exactly one does.
	Fits string `json:"fits,omitempty"`
}

// Reading is the meaning of a count under one assumption.
type Reading struct {
	Estimated Range       `json:"estimated_tokens"`
	Ratio     float64     `json:"ratio,omitempty"` // the count divided by the estimate
	Cost      *usd.Amount `json:"cost_usd,omitempty"`
}

// The values of Billed.Fits.
const (
	OneEpoch  = "ONE_EPOCH"
	AllEpochs = "ALL_EPOCHS"
)

// Against compares the token count of the service with the estimate, at the price of the estimate.
// epochs is how many epochs the job trained for; 0 means that it is unknown.
func (e Estimate) Against(billable, epochs int64) Billed {
	b := Billed{Tokens: billable, Epochs: epochs, Price: e.Price}
	b.OneEpoch = e.reading(e.Tokens, billable, product(billable, epochs))
	all := Range{}
	if epochs > 0 {
		all = Range{Low: product(e.Tokens.Low, epochs), Expected: product(e.Tokens.Expected, epochs), High: product(e.Tokens.High, epochs)}
	} else if e.TrainingTokens != nil {
		all = *e.TrainingTokens
	}
	b.AllEpochs = e.reading(all, billable, billable)
	one, every := b.OneEpoch.Estimated.agreesWith(billable), all.agreesWith(billable)
	switch {
	case one && !every:
		b.Fits = OneEpoch
	case every && !one:
		b.Fits = AllEpochs
	}
	return b
}

// reading compares a count with an estimate; billed is the number of tokens that are paid for under
// this reading.
func (e Estimate) reading(estimated Range, counted, billed int64) Reading {
	r := Reading{Estimated: estimated}
	if estimated.Expected > 0 {
		const places = 1000
		r.Ratio = math.Round(places*float64(counted)/float64(estimated.Expected)) / places
	}
	if e.Price != nil && billed > 0 {
		r.Cost = new(e.Price.CostOf(billed))
	}
	return r
}

// agreesWith reports whether a count may be of what was estimated. The range of a counted sample is
// narrow, and the service may count otherwise for a bill, so a count near the range agrees too.
func (r Range) agreesWith(n int64) bool {
	low, high := r.Low, r.High
	if r.Expected > 0 {
		low, high = min(low, percent(r.Expected, dataset.LowPercent)), max(high, percent(r.Expected, dataset.HighPercent))
	}
	return low <= n && n <= high
}
