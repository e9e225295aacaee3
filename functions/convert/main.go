// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command convert checks each JSON file that is dropped into the inbox bucket, converts it to
// JSONL, and records the tuning job that it asks for. It is called by Eventarc for every finalized
// object.
package main

import (
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func main() { serve.Main(convert.Open) }
