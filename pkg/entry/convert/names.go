// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "github.com/vertextune/vertextune/pkg/work/drops"

// What becomes of a dropped file.
type (
	Source  = drops.Source
	Outcome = drops.Outcome
	Report  = drops.Report
	Start   = drops.Start
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
