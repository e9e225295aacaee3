// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package testdata carries the samples that the local command works on. (The go command leaves
// folders of this name out of ./..., but builds them if another package imports them.)
package testdata

import "embed"

// Samples holds samples/messages.json, the messages of two sessions, and two files of training
// examples: samples/conversations.json, which has few, and samples/support.json, which has enough
// to compare models with.
//
//go:embed samples
var Samples embed.FS
