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
	"slices"
	"strings"
)

// Tokens is a Checker with a fixed set of named bearer tokens. It knows only their SHA-256 hashes.
// Several tokens can be valid at the same time, also with the same name, so that a token can be
// replaced without an interruption.
type Tokens struct {
	named []token
}

type token struct {
	Caller
	hash [sha256.Size]byte
}

// UnmarshalText reads "name:role:sha256,name:role:sha256" with the hashes in hexadecimal. A token
// without a role has the role Starter. The error names all faults at once.
func (t *Tokens) UnmarshalText(text []byte) error {
	t.named = nil
	var faults []error
	for i, entry := range strings.Split(string(text), ",") {
		known, err := parseToken(entry)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("token %d: %w", i+1, err))
		case slices.ContainsFunc(t.named, func(other token) bool { return other.hash == known.hash }):
			faults = append(faults, fmt.Errorf("token %d: %q has the same hash as an earlier token", i+1, known.Name))
		default:
			t.named = append(t.named, known)
		}
	}
	return errors.Join(faults...)
}

// parseToken reads one entry of the setting. Its errors never quote text that could be a token.
func parseToken(entry string) (token, error) {
	parts := strings.Split(strings.TrimSpace(entry), ":")
	if len(parts) == 2 {
		parts = slices.Insert(parts, 1, Starter.String())
	}
	if len(parts) != 3 {
		return token{}, errors.New("must be name:role:sha256")
	}
	name, role, digest := parts[0], slices.Index(roleNames[:], parts[1]), parts[2]
	hash, err := hex.DecodeString(digest)
	switch {
	case !printable(name):
		return token{}, errors.New("must have a name of at most 255 printable characters: name:role:sha256")
	case role <= int(None):
		return token{}, fmt.Errorf("the role of %q must be reader, operator or starter", name)
	case err != nil || len(hash) != sha256.Size:
		return token{}, fmt.Errorf("the SHA-256 hash of %q must be %d hexadecimal digits", name, 2*sha256.Size)
	case [sha256.Size]byte(hash) == sha256.Sum256(nil):
		return token{}, fmt.Errorf("the hash of %q is the hash of an empty token", name)
	}
	return token{Caller{name, Role(role)}, [sha256.Size]byte(hash)}, nil
}

// Hash returns the hash of a token in the form that UnmarshalText reads.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Check accepts a request with a known bearer token. It compares the hash with all known hashes,
// each in constant time, so that the response time reveals nothing about a token.
func (t *Tokens) Check(r *http.Request) (Caller, error) {
	value, err := bearer(r, "Authorization")
	if err != nil {
		return Caller{}, err
	}
	hash := sha256.Sum256([]byte(value))
	var caller Caller
	for _, known := range t.named {
		if subtle.ConstantTimeCompare(hash[:], known.hash[:]) == 1 {
			caller = known.Caller
		}
	}
	if caller.Role == None {
		return Caller{}, errInvalid
	}
	return caller, nil
}
