// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"slices"
	"strings"
)

// CloseSchemas closes every object of a decoded document that lists its fields. Clients must accept
// new fields in responses, but tests must find undocumented fields. The objects whose paths end
// with one of open stay open.
func CloseSchemas(document any, open ...string) { closeSchemas("", document, open) }

func closeSchemas(path string, v any, open []string) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			closeSchemas(path+"/-", element, open)
		}
	case map[string]any:
		_, lists := v["properties"].(map[string]any)
		_, decided := v["additionalProperties"]
		exempt := slices.ContainsFunc(open, func(end string) bool { return strings.HasSuffix(path, end) })
		if lists && !decided && v["type"] == "object" && !exempt {
			v["additionalProperties"] = false
		}
		for name, member := range v {
			if name != "example" && name != "examples" {
				closeSchemas(path+"/"+strings.ReplaceAll(name, "/", "~1"), member, open)
			}
		}
	}
}
