// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// longest bounds what is parsed and hashed for somebody unknown. Tokens of real issuers, groups included, take
// a few KiB; net/http lets up to 1 MiB through.
const longest = 16 << 10

// The reasons of a refusal: there was a token (RFC 6750 has a word for that, section 3), or there was none.
const (
	InvalidToken  = "INVALID_TOKEN"
	tokenRequired = "TOKEN_REQUIRED"
)

// errInvalid is all that is said of a token that nobody we know has issued.
var errInvalid = refuse(InvalidToken, "The token is not valid.")

// bearer returns the token in a header, of which there must be one.
func bearer(r *http.Request, header string) (string, error) {
	values := r.Header.Values(header)
	if len(values) == 0 {
		return "", refuse(tokenRequired, "The request carries no token. Send the header \""+header+": Bearer TOKEN\".")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	switch {
	case len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", refuse(tokenRequired, "The header "+header+" is not a single bearer token. Send \""+header+": Bearer TOKEN\", once.")
	case len(token) > longest:
		return "", refuse(InvalidToken, "The token is longer than 16 KiB.")
	}
	return token, nil
}

// refuse says what is wrong with the credentials. It says nothing about the right ones, and nothing of what
// stands in a token unless its signature was checked before.
func refuse(reason, message string) error {
	err := fault.New(fault.Unauthenticated, "%s", message)
	err.Reason = reason
	return err
}
