// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"encoding/base64"
	"fmt"
	"math"
)

// A page token names the last job of the page before, so that jobs created meanwhile neither shift
// nor repeat what follows, and the parent of the request that it belongs to.

func formatPageToken(last int, where place) string {
	if last < 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %x", last, hash("page", where.String())))
}

// parsePageToken returns the sequence number below which the page begins.
func parsePageToken(token string, where place) (int, error) {
	if token == "" {
		return math.MaxInt, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	var last int
	var request uint64
	if err == nil {
		_, err = fmt.Sscanf(string(data), "%d %x", &last, &request)
	}
	if err != nil || request != hash("page", where.String()) {
		return 0, invalidField("page_token", "The page token is invalid, or belongs to a request with another parent.")
	}
	return last, nil
}
