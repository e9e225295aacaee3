// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command api serves the HTTP endpoints under /api/v1/fine-tuning.
package main

import (
	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func main() { serve.Main(api.Open) }
