// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evalrun

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

var idPattern = lazyregexp.New(`^ev-(k[0-9a-f]{32}|[0-9]{8}-[0-9]{6}-[a-z2-7]{10})$`)

// IsID reports whether s has the form of an ID.
func IsID(s string) bool { return idPattern.MatchString(s) }

// NewID returns an ID that is unique.
func NewID(now time.Time) string {
	return "ev-" + now.UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:10])
}

// JobKeyID returns the ID of the evaluation that the start of a job asked for. No caller has an
// empty name.
func JobKeyID(jobID string) string { return KeyID("", jobID) }

// KeyID returns the ID of the evaluation that a caller starts with an idempotency key: the same key
// of the same caller is the same evaluation. It is a hash, because a key may be guessable.
func KeyID(caller, key string) string {
	sum := sha256.Sum256([]byte("evaluation\x00" + caller + "\x00" + key))
	return "ev-k" + hex.EncodeToString(sum[:16])
}
