// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command poll works on every job that has not ended, and updates its record with the state from
// Vertex AI. Eventarc calls the command for every message that Cloud Scheduler publishes.
package main

import (
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func main() { serve.Main(poll.Open) }
