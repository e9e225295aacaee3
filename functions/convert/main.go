// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command convert checks each JSON file that is dropped into the inbox bucket and converts it to JSONL. It is
// called by Eventarc for every finalized object.
package main

import (
	"github.com/vertextune/vertextune/pkg/convert"
	"github.com/vertextune/vertextune/pkg/serve"
)

func main() { serve.Main(convert.Open) }
