// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"net/http"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// assertion is the header in which Identity-Aware Proxy says who has sent a request
// (https://cloud.google.com/iap/docs/signed-headers-howto).
const assertion = "X-Goog-IAP-JWT-Assertion"

const (
	iapIssuer = "https://cloud.google.com/iap"
	iapKeys   = "https://www.gstatic.com/iap/verify/public_key-jwk"
	// googleAccount begins the subject of a Google account. The proxy also lets in accounts of
	// other kinds, whose addresses Google has not verified.
	googleAccount = "accounts.google.com:"
)

// iap checks the assertions of Identity-Aware Proxy. They are signed, and name this service.
type iap struct {
	rules
	keys  *keySet
	cross http.CrossOriginProtection
}

func newIAP(r rules, audience string) *iap {
	r.issuer, r.audiences = iapIssuer, []string{audience}
	source := newIssuer(iapKeys)
	return &iap{rules: r, keys: newKeySet(func(ctx context.Context) ([]jose.JSONWebKey, error) {
		ctx, cancel := context.WithTimeout(ctx, source.requestsTimeout)
		defer cancel()
		return source.keysAt(ctx, source.url)
	})}
}

// HasAssertion reports whether the request has an assertion of Identity-Aware Proxy. The assertion
// can be forged: Check checks it.
func HasAssertion(r *http.Request) bool { return len(r.Header.Values(assertion)) > 0 }

func (i *iap) check(r *http.Request) (Caller, error) {
	values := r.Header.Values(assertion)
	if len(values) != 1 || len(values[0]) > maxToken {
		return Caller{}, refuse(InvalidToken, "The header "+assertion+" is not a single assertion.")
	}
	token, err := jwt.ParseSigned(values[0], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return Caller{}, refuse(InvalidToken, "The header "+assertion+" is not an assertion of Identity-Aware Proxy.")
	}
	var c claims
	var all map[string]any
	if err := i.keys.verify(r.Context(), token, &c, &all); err != nil {
		return Caller{}, err
	}
	// A browser signs in at the proxy with a cookie, which it also sends for pages of other sites.
	if err := i.cross.Check(r); err != nil {
		return Caller{}, fault.Wrap(fault.PermissionDenied, err, "A page of another site may not call this service.")
	}
	c.EmailVerified = strings.HasPrefix(c.Subject, googleAccount)
	return i.admit(c, all)
}
