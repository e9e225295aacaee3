// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"strings"
	"time"
	"unicode"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// algorithms are the accepted signature algorithms. All of them sign with a private key. HS256 and
// none are missing on purpose: with HS256, anyone who can read the public key could sign with it.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// leeway is the accepted difference between the issuer's clock and ours.
const leeway = time.Minute

// google is the issuer of Google's ID tokens.
const google = "https://accounts.google.com"

// rules are the required content of a token, and the roles of its callers.
type rules struct {
	issuer      string
	audiences   []string
	groupsClaim string
	grants      grants
	now         func() time.Time
}

// claims are the content of an ID token.
type claims struct {
	jwt.Claims
	Email         string `json:"email"`
	EmailVerified any    `json:"email_verified"` // some issuers write "true"
	HostedDomain  string `json:"hd"`
}

// admit checks the claims of a token whose signature is valid, and returns the caller.
func (r *rules) admit(c claims, all map[string]any) (Caller, error) {
	err := c.ValidateWithLeeway(jwt.Expected{Issuer: r.issuer, AnyAudience: r.audiences, Time: r.now()}, leeway)
	switch {
	case errors.Is(err, jwt.ErrExpired):
		return Caller{}, refuse(InvalidToken, "The token has expired. Get a new one.")
	case errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return Caller{}, refuse(InvalidToken, "The token is not valid yet.")
	case errors.Is(err, jwt.ErrInvalidIssuer):
		return Caller{}, refuse(InvalidToken, "The token is of another issuer.")
	case errors.Is(err, jwt.ErrInvalidAudience):
		return Caller{}, refuse(InvalidToken, "The token is for another audience.")
	case err != nil:
		return Caller{}, errInvalid
	case c.Expiry == nil:
		return Caller{}, refuse(InvalidToken, "The token never expires.")
	case !printable(c.Subject):
		return Caller{}, refuse(InvalidToken, "The token has no subject, or one that cannot be printed.")
	}
	return Caller{Name: c.name(), Role: r.grants.role(c.principals(all[r.groupsClaim]))}, nil
}

// name returns the caller's name for records: the verified address, or else the subject with a
// prefix. The prefix is necessary because some issuers let users choose their subject, which could
// otherwise equal the address of another user.
func (c *claims) name() string {
	if address := c.address(); address != "" {
		return address
	}
	return subject + c.Subject
}

// principals returns every identity of the caller that can have a role: subject, address, domain
// and groups.
func (c *claims) principals(groups any) []string {
	all := []string{subject + c.Subject}
	if address := c.address(); address != "" {
		all = append(all, email+address)
	}
	if d := c.domain(); d != "" {
		all = append(all, domain+d)
	}
	list, ok := groups.([]any)
	if !ok {
		list = []any{groups} // some issuers write a single group as a string
	}
	for _, g := range list {
		if name, ok := g.(string); ok {
			all = append(all, group+name)
		}
	}
	return all
}

// address returns the caller's e-mail address if the issuer has verified it.
func (c *claims) address() string {
	if (c.EmailVerified != true && c.EmailVerified != "true") || !isAddress(c.Email) {
		return ""
	}
	return fold(c.Email)
}

// domain returns the domain that is responsible for the caller: the domain for which Google hosts
// the account (claim hd), or else the domain of the address. A Google account that no domain hosts
// may keep an address whose domain has since removed it
// (https://developers.google.com/identity/gsi/web/guides/verify-google-id-token). So of these
// accounts only the service accounts of projects have a domain.
func (c *claims) domain() string {
	address := c.address()
	_, ofAddress, _ := strings.Cut(address, "@")
	switch {
	case address == "":
		return ""
	case c.HostedDomain != "":
		return fold(c.HostedDomain)
	case (c.Issuer == google || c.Issuer == iapIssuer) && !strings.HasSuffix(ofAddress, ".iam.gserviceaccount.com"):
		return ""
	default:
		return ofAddress
	}
}

// isAddress reports whether a text is an e-mail address. A colon is not accepted, because such an
// address could look like a name with the prefix "subject:".
func isAddress(s string) bool {
	user, host, _ := strings.Cut(s, "@")
	return printable(s) && user != "" && host != "" && !strings.Contains(host, "@") && !strings.ContainsAny(s, "* :")
}

// printable reports whether a name can be written to records and logs.
func printable(s string) bool {
	return s != "" && len(s) <= 255 && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// fold changes the letters A to Z to lower case, and no others. strings.ToLower maps several
// Unicode letters to the same letter, so a different address could become equal to a listed one.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
