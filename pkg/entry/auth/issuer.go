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

// requestsTimeout is the total time for all requests to the issuer. A caller waits for them.
const requestsTimeout = 5 * time.Second

// mostRead is the maximum length of one response in bytes. Google's responses take 2 KiB.
const mostRead = 1 << 20

// issuer fetches the keys of an OpenID issuer, as OpenID Connect Discovery 1.0 defines it.
type issuer struct {
	url             string
	requestsTimeout time.Duration
	client          *http.Client
}

func newIssuer(address string) *issuer {
	return &issuer{url: address, requestsTimeout: requestsTimeout, client: &http.Client{
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 {
				return errors.New("too many redirects")
			}
			return CheckURL(r.URL.String())
		},
	}}
}

// about returns what the issuer says of itself.
func (i *issuer) about(ctx context.Context) (known about, err error) {
	if err := i.get(ctx, strings.TrimSuffix(i.url, "/")+"/.well-known/openid-configuration", &known); err != nil {
		return known, err
	}
	if known.Issuer != i.url {
		return known, fmt.Errorf("%s reports the issuer %s: AUTH_ISSUER must be exactly this value", i.url, known.Issuer)
	}
	return known, nil
}

// keys returns the issuer's current signing keys.
func (i *issuer) keys(ctx context.Context) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(ctx, i.requestsTimeout)
	defer cancel()
	known, err := i.about(ctx)
	if err != nil {
		return nil, err
	}
	if err := CheckURL(known.Keys); err != nil {
		return nil, fmt.Errorf("jwks_uri of %s: %w", i.url, err)
	}
	return i.keysAt(ctx, known.Keys)
}

// keysAt returns the signing keys at an address.
func (i *issuer) keysAt(ctx context.Context, address string) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := i.get(ctx, address, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		// Other entries are skipped: a set may contain encryption keys, and keys of types that are
		// not known yet.
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s has no key that could sign a token", address)
	}
	return keys, nil
}

// get fetches the JSON document at an address, and decodes it into answer.
func (i *issuer) get(ctx context.Context, address string, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("get %s: %w", address, err)
	}
	response, err := i.client.Do(r)
	if err != nil {
		return err //nolint:wrapcheck // it names the method and the URL
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

// CheckURL accepts only an address whose content cannot be forged on the network: an https://
// address, or an address on this machine.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("is not a valid URL")
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
