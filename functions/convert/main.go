// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command convert checks each JSON file that is dropped into the inbox bucket, and converts it to
// JSONL. If the file asks for a tuning job, it records the start of the job. Eventarc calls this
// function for every finalized object.
package main

import (
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func main() { serve.Main(convert.Open) }
