// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config defines who may call the service.
type Config struct {
	// Mode is how callers are identified: token (see Tokens), oidc (see OIDC) or iam (see IAM).
	Mode string `env:"AUTH_MODE" envDefault:"token"`
	// Tokens lists the tokens of mode token by their hashes, as name:role:sha256, separated by
	// commas.
	Tokens string `env:"API_TOKENS"`
	// Issuer is the issuer of the tokens in mode oidc, such as https://accounts.google.com.
	Issuer string `env:"AUTH_ISSUER"`
	// Audiences are the accepted audiences of a token in the modes oidc and iam. Each is a name of
	// this service.
	Audiences []string `env:"AUTH_AUDIENCES"`
	// Readers, Operators and Starters are the principals that have these roles in the modes oidc
	// and iam; see grants.
	Readers   []string `env:"AUTH_READERS"`
	Operators []string `env:"AUTH_OPERATORS"`
	Starters  []string `env:"AUTH_STARTERS"`
	// GroupsClaim is the claim with the caller's groups in mode oidc. The default is "groups".
	GroupsClaim string `env:"AUTH_GROUPS_CLAIM"`
	// ClientID and ClientSecret are the client of the issuer in mode oidc with which people sign in
	// to the console. Without them they paste a token. A public client has no secret.
	ClientID     string `env:"AUTH_CLIENT_ID"`
	ClientSecret string `env:"AUTH_CLIENT_SECRET"`
	// IAPAudience is the audience of the assertions of Identity-Aware Proxy, if it stands in front
	// of the service in mode iam, such as /projects/NUMBER/locations/REGION/services/NAME.
	IAPAudience string `env:"AUTH_IAP_AUDIENCE"`
	// Private must be "true" in mode iam. The operator confirms with it that the service is
	// private: Cloud Run checks every token before the service sees it.
	Private string `env:"AUTH_IAM_PRIVATE"`
}

// New returns the Checker for the settings. Its error names every fault in them: a missing setting,
// a setting that is too weak, and a setting that has no effect because it belongs to another mode.
func New(c Config) (Checker, error) {
	switch c.Mode {
	case "token":
		tokens := &Tokens{}
		faults := c.foreign("API_TOKENS")
		if c.Tokens == "" {
			faults = append(faults, errors.New("API_TOKENS must be set, as AUTH_MODE is token: name:role:sha256"))
		} else if err := tokens.UnmarshalText([]byte(c.Tokens)); err != nil {
			faults = append(faults, fmt.Errorf("API_TOKENS: %w", err))
		}
		return tokens, errors.Join(faults...)
	case "oidc":
		rules, faults := c.rules()
		faults = append(faults, c.foreign("AUTH_ISSUER", "AUTH_AUDIENCES", "AUTH_READERS", "AUTH_OPERATORS", "AUTH_STARTERS", "AUTH_GROUPS_CLAIM",
			"AUTH_CLIENT_ID", "AUTH_CLIENT_SECRET")...)
		if err := CheckURL(c.Issuer); err != nil {
			faults = append(faults, fmt.Errorf("AUTH_ISSUER: %w", err))
		} else if strings.Contains(c.Issuer, "?") {
			faults = append(faults, errors.New("AUTH_ISSUER must have no query: it must be equal to the claim iss of the tokens"))
		}
		switch {
		case c.ClientID == "" && c.ClientSecret != "":
			faults = append(faults, errors.New("AUTH_CLIENT_SECRET has no effect without AUTH_CLIENT_ID"))
		case c.ClientID != "" && !printable(c.ClientID):
			faults = append(faults, errors.New("AUTH_CLIENT_ID must be the ID of a client of the issuer"))
		case c.ClientID != "": // the ID tokens of a sign-in are for the client
			rules.audiences = append(rules.audiences, c.ClientID)
		}
		rules.issuer, rules.groupsClaim = c.Issuer, c.GroupsClaim
		if rules.groupsClaim == "" {
			rules.groupsClaim = "groups"
		}
		return &OIDC{rules: rules, keys: newKeySet(newIssuer(c.Issuer).keys)}, errors.Join(faults...)
	case "iam":
		rules, faults := c.rules()
		faults = append(faults, c.foreign("AUTH_AUDIENCES", "AUTH_READERS", "AUTH_OPERATORS", "AUTH_STARTERS", "AUTH_IAM_PRIVATE", "AUTH_IAP_AUDIENCE")...)
		if c.Private != "true" {
			faults = append(faults, errors.New("AUTH_IAM_PRIVATE must be true, as AUTH_MODE is iam: "+
				"it confirms that neither allUsers nor allAuthenticatedUsers may invoke the service. Otherwise each caller could choose a name"))
		}
		if rules.grants.hasGroup() {
			faults = append(faults, errors.New("group: has no effect with AUTH_MODE=iam, because Google's tokens contain no groups"))
		}
		rules.issuer = google
		checker := &IAM{rules: rules}
		if c.IAPAudience != "" {
			if !printable(c.IAPAudience) || !strings.HasPrefix(c.IAPAudience, "/projects/") {
				faults = append(faults, errors.New("AUTH_IAP_AUDIENCE must be the audience of the proxy's assertions, such as /projects/NUMBER/locations/REGION/services/NAME"))
			}
			checker.iap = newIAP(rules, c.IAPAudience)
		}
		return checker, errors.Join(faults...)
	}
	return nil, fmt.Errorf("AUTH_MODE is %q: it must be token, oidc or iam", c.Mode)
}

// foreign returns an error for each setting that is set but has no effect in this mode. The
// arguments are the settings that the mode uses.
func (c *Config) foreign(taken ...string) (faults []error) {
	for _, setting := range []struct{ name, value string }{
		{"API_TOKENS", c.Tokens},
		{"AUTH_ISSUER", c.Issuer},
		{"AUTH_AUDIENCES", strings.Join(c.Audiences, "")},
		{"AUTH_READERS", strings.Join(c.Readers, "")},
		{"AUTH_OPERATORS", strings.Join(c.Operators, "")},
		{"AUTH_STARTERS", strings.Join(c.Starters, "")},
		{"AUTH_GROUPS_CLAIM", c.GroupsClaim},
		{"AUTH_CLIENT_ID", c.ClientID},
		{"AUTH_CLIENT_SECRET", c.ClientSecret},
		{"AUTH_IAP_AUDIENCE", c.IAPAudience},
		{"AUTH_IAM_PRIVATE", c.Private},
	} {
		if setting.value != "" && !slices.Contains(taken, setting.name) {
			faults = append(faults, fmt.Errorf("%s has no effect with AUTH_MODE=%s: remove it", setting.name, c.Mode))
		}
	}
	return faults
}

// rules reads the settings that the modes oidc and iam share.
func (c *Config) rules() (rules, []error) {
	r := rules{grants: grants{}, now: time.Now}
	var faults []error
	for _, audience := range c.Audiences {
		r.audiences = append(r.audiences, strings.TrimSpace(audience))
		if !printable(strings.TrimSpace(audience)) || strings.Contains(audience, "*") {
			faults = append(faults, fmt.Errorf("AUTH_AUDIENCES: %q must be a complete value of the claim aud", audience))
		}
	}
	if len(r.audiences) == 0 {
		faults = append(faults, errors.New("AUTH_AUDIENCES must be set, such as to the service's address: without it, tokens for any other service would be accepted"))
	}
	for _, list := range []struct {
		name       string
		role       Role
		principals []string
	}{{"AUTH_READERS", Reader, c.Readers}, {"AUTH_OPERATORS", Operator, c.Operators}, {"AUTH_STARTERS", Starter, c.Starters}} {
		for _, err := range r.grants.add(list.role, list.principals) {
			faults = append(faults, fmt.Errorf("%s: %w", list.name, err))
		}
	}
	if len(c.Readers)+len(c.Operators)+len(c.Starters) == 0 {
		faults = append(faults, errors.New("no caller is allowed: set AUTH_READERS, AUTH_OPERATORS or AUTH_STARTERS"))
	}
	return r, faults
}
