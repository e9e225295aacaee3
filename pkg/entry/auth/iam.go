// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4/jwt"
)

// IAM is a Checker for a private Cloud Run service. The platform has checked the token, and that
// the caller may invoke the service. It has then replaced the signature, so this Checker only reads
// the claims. On a service that everyone may invoke, it would accept forged claims.
type IAM struct {
	rules
	iap *iap // or nil, if Identity-Aware Proxy is not in front of the service
}

// removed is the text that Cloud Run writes in place of the signature
// (https://cloud.google.com/run/docs/authenticating/service-to-service).
const removed = ".SIGNATURE_REMOVED_BY_GOOGLE"

// serverless is the header that the platform checks instead of Authorization if a request has both.
// The platform then passes Authorization on unchecked, so its content could be forged.
const serverless = "X-Serverless-Authorization"

// Check reads the token that the platform has checked. A token that still has its signature was not
// checked, and is refused. Behind Identity-Aware Proxy, the platform sees the proxy as the caller,
// and the proxy's assertion says who the caller is.
func (i *IAM) Check(r *http.Request) (Caller, error) {
	if i.iap != nil && HasAssertion(r) {
		return i.iap.check(r)
	}
	header := "Authorization"
	if len(r.Header.Values(serverless)) > 0 {
		header = serverless
	}
	raw, err := bearer(r, header)
	if err != nil {
		return Caller{}, err
	}
	token, err := jwt.ParseSigned(raw, algorithms)
	if err != nil || !strings.HasSuffix(raw, removed) {
		return Caller{}, refuse(InvalidToken, "The token is not one that Cloud Run has checked.")
	}
	var c claims
	var all map[string]any
	if err := token.UnsafeClaimsWithoutVerification(&c, &all); err != nil {
		return Caller{}, errInvalid
	}
	return i.admit(c, all)
}
