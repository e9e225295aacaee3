// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package requestfields

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Hash returns a hash of a request, which distinguishes a repeated request from a reused key. It is
// the SHA-256 of the request as JSON, in hexadecimal. Records contain it, so it must not change.
func Hash(request any) string {
	text, err := json.Marshal(request)
	if err != nil {
		panic(err) // texts, booleans and numbers that were read from JSON can always be encoded
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
