// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4/jwt"
)

// IAM is a Checker for a private Cloud Run service. The platform has checked the token and that its owner may
// invoke the service, and has written removed in the place of the signature, so what is left is to read who
// it was. On a service that lets in everybody this Checker would believe whatever it is told.
type IAM struct {
	rules
}

// removed stands where the signature was
// (https://cloud.google.com/run/docs/authenticating/service-to-service).
const removed = ".SIGNATURE_REMOVED_BY_GOOGLE"

// serverless is the header that the platform checks in place of Authorization where a request has both. What
// then stands in Authorization, it leaves as it came: anybody whom the platform lets in could have made it up.
const serverless = "X-Serverless-Authorization"

// Check reads the token that the platform has checked. A signature that is still there shows that it has not.
func (i *IAM) Check(r *http.Request) (Caller, error) {
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
