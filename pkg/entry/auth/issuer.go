// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// patience is how long all of an issuer's answers together may take: a caller waits for them.
const patience = 5 * time.Second

// mostRead is how long one answer may be. Those of Google take 2 KiB.
const mostRead = 1 << 20

// issuer is where keys come from: what OpenID Connect Discovery 1.0 says is at its address.
type issuer struct {
	url      string
	patience time.Duration
	client   *http.Client
}

func newIssuer(address string) *issuer {
	return &issuer{url: address, patience: patience, client: &http.Client{
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 {
				return errors.New("too many redirects")
			}
			return CheckURL(r.URL.String())
		},
	}}
}

// keys returns the keys that the issuer signs with now.
func (i *issuer) keys(ctx context.Context) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(ctx, i.patience)
	defer cancel()
	var about struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := i.get(ctx, strings.TrimSuffix(i.url, "/")+"/.well-known/openid-configuration", &about); err != nil {
		return nil, err
	}
	if about.Issuer != i.url {
		return nil, fmt.Errorf("%s calls itself %s: AUTH_ISSUER must be exactly that", i.url, about.Issuer)
	}
	if err := CheckURL(about.Keys); err != nil {
		return nil, fmt.Errorf("jwks_uri of %s: %w", i.url, err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := i.get(ctx, about.Keys, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		// Others are passed over: a set may hold keys for encryption, and of kinds that are new.
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s has no key that could sign a token", about.Keys)
	}
	return keys, nil
}

// get decodes what is at an address.
func (i *issuer) get(ctx context.Context, address string, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("get %s: %w", address, err)
	}
	response, err := i.client.Do(r)
	if err != nil {
		return err //nolint:wrapcheck // it says what was asked for
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", address, response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, mostRead))
	if err != nil {
		return fmt.Errorf("get %s: %w", address, err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("decode %s: %w", address, err)
	}
	return nil
}

// CheckURL wants an address whose pages nobody on the way can forge: HTTPS, or this machine.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("cannot be read as an address")
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip.IsLoopback()
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !here):
		return fmt.Errorf("%q must begin with https:// (http:// only for this machine)", u.Redacted())
	case u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%q must be an address with a host, and without user or fragment", u.Redacted())
	}
	return nil
}
