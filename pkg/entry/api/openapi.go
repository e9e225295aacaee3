// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

//go:embed openapi.json
var openAPI []byte

// document returns the OpenAPI document.
func document(*http.Request) (any, error) { return json.RawMessage(openAPI), nil }
