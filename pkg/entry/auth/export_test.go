// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// At replaces the clock of a checker.
func At(c Checker, now func() time.Time) {
	switch c := c.(type) {
	case *OIDC:
		c.now, c.keys.now = now, now
	case *IAM:
		c.now = now
		if c.iap != nil {
			c.iap.now, c.iap.keys.now = now, now
		}
	}
}

// SignInAt replaces the clock of a sign-in.
func SignInAt(s *SignIn, now func() time.Time) { s.now = now }

// KeysAt replaces the address of the keys of Identity-Aware Proxy.
func KeysAt(c Checker, address string) {
	source := newIssuer(address)
	c.(*IAM).iap.keys.fetch = func(ctx context.Context) ([]jose.JSONWebKey, error) { return source.keysAt(ctx, source.url) }
}
