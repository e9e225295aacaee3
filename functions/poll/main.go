// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command poll keeps the job records in step with Vertex AI. It is called by Eventarc for every message that
// Cloud Scheduler publishes.
package main

import (
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func main() { serve.Main(poll.Open) }
