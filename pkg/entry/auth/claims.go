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

// algorithms are the ones that sign with a private key. HS256 and none are not among them: whoever can read
// the public key could sign with it.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// leeway is how far the issuer's clock may be from ours.
const leeway = time.Minute

// google is the issuer of Google's ID tokens.
const google = "https://accounts.google.com"

// rules are what a token must say, and what follows from what it says.
type rules struct {
	issuer      string
	audiences   []string
	groupsClaim string
	grants      grants
	now         func() time.Time
}

// claims are what an ID token says.
type claims struct {
	jwt.Claims
	Email         string `json:"email"`
	EmailVerified any    `json:"email_verified"` // some issuers write "true"
	HostedDomain  string `json:"hd"`
}

// admit tells who the caller is by claims that the issuer stands for.
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

// name is how records call the caller: by address, or by subject where there is none. Some issuers let people choose
// their subject, so that it could be another's address if nothing stood before it.
func (c *claims) name() string {
	if address := c.address(); address != "" {
		return address
	}
	return subject + c.Subject
}

// principals are all that a caller may have a role as.
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
		list = []any{groups} // one group, in the claims of some issuers
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

// domain returns the domain that answers for the caller: the one that Google hosts the account for, else that
// of the address. An account with Google that no domain hosts may have an address of a domain that has since
// taken it away (https://developers.google.com/identity/gsi/web/guides/verify-google-id-token); of those, only
// a project's service accounts count.
func (c *claims) domain() string {
	address := c.address()
	_, ofAddress, _ := strings.Cut(address, "@")
	switch {
	case address == "":
		return ""
	case c.HostedDomain != "":
		return fold(c.HostedDomain)
	case c.Issuer == google && !strings.HasSuffix(ofAddress, ".iam.gserviceaccount.com"):
		return ""
	default:
		return ofAddress
	}
}

// isAddress reports whether a text is an address. One with a colon could be taken for a subject.
func isAddress(s string) bool {
	user, host, _ := strings.Cut(s, "@")
	return printable(s) && user != "" && host != "" && !strings.Contains(host, "@") && !strings.ContainsAny(s, "* :")
}

// printable reports whether a name can stand in records and logs.
func printable(s string) bool {
	return s != "" && len(s) <= 255 && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// fold writes A to Z small, and nothing else: strings.ToLower makes the same letter of several, so that
// somebody else's address could become the one that is listed.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
