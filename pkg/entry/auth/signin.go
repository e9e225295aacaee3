// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// How often the issuer is asked for the sake of sign-ins: its endpoints are read again after
// aboutAge, and codes are exchanged for tokens at this rate by each instance.
const (
	aboutAge       = time.Hour
	exchangeEvery  = time.Second
	exchangeAtOnce = 20
)

// SignIn signs people in at the issuer of mode oidc, by the authorization code flow with PKCE
// (RFC 7636). The ID token that they get is checked as that of a call.
type SignIn struct {
	checker *OIDC
	issuer  *issuer
	client  oauth2.Config
	groups  bool // a group has a role
	limit   *rate.Limiter
	now     func() time.Time

	mu    sync.Mutex
	known about
	err   error     // why nothing is known
	until time.Time // when the endpoints are read again
}

// about is what the issuer says of itself, as far as a sign-in needs it.
type about struct {
	Issuer        string   `json:"issuer"`
	Keys          string   `json:"jwks_uri"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Scopes        []string `json:"scopes_supported"`
	Methods       []string `json:"token_endpoint_auth_methods_supported"`
}

// NewSignIn returns nil if the settings name no client of the issuer. The checker is the one that
// New has returned for the same settings.
func NewSignIn(c Config, checker Checker) *SignIn {
	oidc, ok := checker.(*OIDC)
	if !ok || c.ClientID == "" {
		return nil
	}
	return &SignIn{
		checker: oidc, issuer: newIssuer(c.Issuer), groups: oidc.grants.hasGroup(), now: time.Now,
		client: oauth2.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret},
		limit:  rate.NewLimiter(rate.Every(exchangeEvery), exchangeAtOnce),
	}
}

// Attempt is a sign-in that has begun. The browser keeps it until it comes back from the issuer.
type Attempt struct {
	State    string `json:"s"` // comes back with the code
	Nonce    string `json:"n"` // comes back in the ID token
	Verifier string `json:"v"` // shows that the code was requested by us
}

// Begin returns a new attempt, and the address at the issuer to which the browser goes. The issuer
// sends it back to the address redirect.
func (s *SignIn) Begin(ctx context.Context, redirect string) (Attempt, string, error) {
	client, err := s.at(ctx, redirect)
	if err != nil {
		return Attempt{}, "", err
	}
	a := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return a, client.AuthCodeURL(a.State, oauth2.S256ChallengeOption(a.Verifier), oauth2.SetAuthURLParam("nonce", a.Nonce)), nil
}

// errAgain refuses a sign-in that is not the one that the browser has begun.
var errAgain = refuse(InvalidToken, "The sign-in was not completed. Sign in again.")

// Complete exchanges the code for an ID token, and checks it. It returns the token, who has it, and
// when it expires.
func (s *SignIn) Complete(ctx context.Context, redirect, state, code string, a Attempt) (token string, caller Caller, expires time.Time, err error) {
	if a.State == "" || code == "" || subtle.ConstantTimeCompare([]byte(state), []byte(a.State)) != 1 {
		return "", Caller{}, time.Time{}, errAgain
	}
	client, err := s.at(ctx, redirect)
	if err != nil {
		return "", Caller{}, time.Time{}, err
	}
	if !s.limit.AllowN(s.now(), 1) {
		full := fault.New(fault.Unavailable, "Too many people sign in at the same time. Try again later.")
		full.RetryAfter = keysPause
		return "", Caller{}, time.Time{}, full
	}
	ctx, cancel := context.WithTimeout(ctx, s.issuer.requestsTimeout)
	defer cancel()
	answer, err := client.Exchange(context.WithValue(ctx, oauth2.HTTPClient, s.issuer.client), code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return "", Caller{}, time.Time{}, exchangeError(err)
	}
	token, _ = answer.Extra("id_token").(string)
	if token == "" || len(token) > maxToken {
		return "", Caller{}, time.Time{}, fault.New(fault.Unavailable, "The issuer has sent no ID token that could be used. Tell the person who runs this service.")
	}
	caller, expires, err = s.check(ctx, token, a.Nonce)
	return token, caller, expires, err
}

// check accepts an ID token as the checker does, and only if it was issued for this sign-in.
func (s *SignIn) check(ctx context.Context, raw, nonce string) (Caller, time.Time, error) {
	token, err := jwt.ParseSigned(raw, algorithms)
	if err != nil {
		return Caller{}, time.Time{}, errInvalid
	}
	var c claims
	var all map[string]any
	if err := s.checker.keys.verify(ctx, token, &c, &all); err != nil {
		return Caller{}, time.Time{}, err
	}
	if answered, _ := all["nonce"].(string); subtle.ConstantTimeCompare([]byte(answered), []byte(nonce)) != 1 || !c.Audience.Contains(s.client.ClientID) {
		return Caller{}, time.Time{}, errAgain
	}
	caller, err := s.checker.admit(c, all)
	if err != nil {
		return Caller{}, time.Time{}, err
	}
	return caller, c.Expiry.Time(), nil
}

// exchangeError says why a code was not exchanged. The body of the issuer's answer is not quoted,
// because it may have what a person wrote.
func exchangeError(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refused.ErrorCode == "invalid_grant" {
			return errAgain
		}
		status := 0
		if refused.Response != nil {
			status = refused.Response.StatusCode
		}
		err = fmt.Errorf("the token endpoint of the issuer answered %d %.40q", status, refused.ErrorCode)
	}
	return fault.Wrap(fault.Unavailable, err, "The issuer did not complete the sign-in. Try again later, or tell the person who runs this service.")
}

// at returns the client with the endpoints of the issuer.
func (s *SignIn) at(ctx context.Context, redirect string) (oauth2.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().After(s.until) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.issuer.requestsTimeout)
		defer cancel()
		known, err := s.issuer.about(ctx)
		if err == nil {
			err = errors.Join(endpointError("authorization_endpoint", known.Authorization), endpointError("token_endpoint", known.Token))
		}
		switch {
		case err == nil:
			s.known, s.err, s.until = known, nil, s.now().Add(aboutAge)
		case s.known.Token == "":
			unavailable := fault.Wrap(fault.Unavailable, err, "The issuer cannot be reached. Try again later.")
			unavailable.RetryAfter = keysPause
			s.err, s.until = unavailable, s.now().Add(keysPause)
		default:
			s.until = s.now().Add(retryAfter) // the endpoints rarely change
		}
	}
	if s.err != nil {
		return oauth2.Config{}, s.err
	}
	client := s.client
	client.RedirectURL = redirect
	client.Endpoint = oauth2.Endpoint{AuthURL: s.known.Authorization, TokenURL: s.known.Token, AuthStyle: oauth2.AuthStyleInHeader}
	if client.ClientSecret == "" || !slices.Contains(s.known.Methods, "client_secret_basic") && slices.Contains(s.known.Methods, "client_secret_post") {
		client.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	client.Scopes = []string{"openid", "email"}
	if s.groups && slices.Contains(s.known.Scopes, s.checker.groupsClaim) {
		client.Scopes = append(client.Scopes, s.checker.groupsClaim)
	}
	return client, nil
}

func endpointError(name, address string) error {
	if err := CheckURL(address); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Host names the issuer for people.
func (s *SignIn) Host() string {
	if u, err := url.Parse(s.issuer.url); err == nil {
		return u.Host
	}
	return s.issuer.url
}
