// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"net/http"

	"github.com/go-jose/go-jose/v4/jwt"
)

// OIDC is a Checker for the ID tokens of one OpenID issuer. It fetches the keys from the issuer.
type OIDC struct {
	rules
	keys *keySet
}

// Check accepts a request with a token that the issuer has signed for this service and that has not
// expired. It ignores keys and key addresses in the token itself (jwk, jku, x5c, x5u).
func (o *OIDC) Check(r *http.Request) (Caller, error) {
	raw, err := bearer(r, "Authorization")
	if err != nil {
		return Caller{}, err
	}
	token, err := jwt.ParseSigned(raw, algorithms)
	if err != nil {
		return Caller{}, refuse(InvalidToken, "The token is not an ID token with a signature.")
	}
	var c claims
	var all map[string]any
	if err := o.keys.verify(r.Context(), token, &c, &all); err != nil {
		return Caller{}, err
	}
	return o.admit(c, all)
}
