// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// maxToken is the maximum length of a token in bytes. It limits what we parse and hash for an
// unknown caller. Tokens of real issuers take a few KiB, also if they list groups, but net/http
// accepts headers of up to 1 MiB.
const maxToken = 16 << 10

// The reasons for a refusal: the token is not valid (RFC 6750, section 3, has an error code for
// this case), or there is no token.
const (
	InvalidToken  = "INVALID_TOKEN"
	tokenRequired = "TOKEN_REQUIRED"
)

// errInvalid refuses a token that no known issuer has issued. It gives no details.
var errInvalid = refuse(InvalidToken, "The token is not valid.")

// bearer returns the token in a header. The header must be present exactly once.
func bearer(r *http.Request, header string) (string, error) {
	values := r.Header.Values(header)
	if len(values) == 0 {
		return "", refuse(tokenRequired, "The request carries no token. Send the header \""+header+": Bearer TOKEN\".")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	switch {
	case len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", refuse(tokenRequired, "The header "+header+" is not a single bearer token. Send \""+header+": Bearer TOKEN\", once.")
	case len(token) > maxToken:
		return "", refuse(InvalidToken, "The token is longer than 16 KiB.")
	}
	return token, nil
}

// refuse returns an Unauthenticated error that explains what is wrong with the credentials. The
// message must not reveal the correct credentials. It may quote a token's content only after the
// token's signature was verified.
func refuse(reason, message string) error {
	err := fault.New(fault.Unauthenticated, "%s", message)
	err.Reason = reason
	return err
}
