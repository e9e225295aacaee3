// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "github.com/vertextune/vertextune/pkg/work/drops"

type (
	// Source is the dropped file.
	Source = drops.Source
	// Outcome is what became of it.
	Outcome = drops.Outcome
	// Report is the report on it.
	Report = drops.Report
	// Start is the job that it has started.
	Start = drops.Start
	// Refusal is why it was refused.
	Refusal = drops.Refusal
)

// The outcomes.
const (
	Ignored    = drops.Ignored
	Gone       = drops.Gone
	Superseded = drops.Superseded
	Converted  = drops.Converted
	Refused    = drops.Refused
	Waiting    = drops.Waiting
	Started    = drops.Started
	NotStarted = drops.NotStarted
)
