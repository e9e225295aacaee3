// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Tokens is a Checker with a fixed set of named bearer tokens. Only their SHA-256 hashes are known to it;
// several at a time allow a token to be replaced without a gap.
type Tokens struct {
	named []token
}

type token struct {
	name string
	hash [sha256.Size]byte
}

// UnmarshalText reads "name:sha256,name:sha256", the hashes in hexadecimal. All faults are named at once.
func (t *Tokens) UnmarshalText(text []byte) error {
	t.named = nil
	var faults []error
	for i, entry := range strings.Split(string(text), ",") {
		name, digest, _ := strings.Cut(strings.TrimSpace(entry), ":")
		hash, err := hex.DecodeString(digest)
		switch {
		case name == "":
			faults = append(faults, fmt.Errorf("token %d has no name: write name:sha256", i+1))
		case err != nil || len(hash) != sha256.Size:
			faults = append(faults, fmt.Errorf("token %q: its SHA-256 hash must be %d hexadecimal digits", name, 2*sha256.Size))
		default:
			t.named = append(t.named, token{name: name, hash: [sha256.Size]byte(hash)})
		}
	}
	return errors.Join(faults...)
}

// Hash returns the hash of a token in the form that UnmarshalText reads.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Check accepts a request whose bearer token is one of ours. It compares hashes, all of them and each in
// constant time, so that the time taken tells nothing about a token.
func (t *Tokens) Check(r *http.Request) (Caller, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return Caller{}, unauthenticated("The request carries no token.")
	}
	scheme, value, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || value == "" {
		return Caller{}, unauthenticated("The header Authorization is not a single bearer token.")
	}
	given := sha256.Sum256([]byte(value))
	var caller Caller
	for _, known := range t.named {
		if subtle.ConstantTimeCompare(given[:], known.hash[:]) == 1 {
			caller.Name = known.name
		}
	}
	if caller.Name == "" {
		return Caller{}, unauthenticated("The token is not valid.")
	}
	return caller, nil
}
