// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// defaultPorts are the ports that browsers omit from an origin.
var defaultPorts = map[string]string{"https": "443", "http": "80"}

// checkOrigins returns an error for each setting that is not an origin as browsers send it, or that
// could be forged on the network.
func (c *Config) checkOrigins() error {
	var faults []error
	for _, origin := range c.Origins {
		u, err := url.Parse(origin)
		if err != nil || auth.CheckURL(origin) != nil || origin != u.Scheme+"://"+u.Host || origin != strings.ToLower(origin) ||
			strings.Contains(origin, "*") || u.Port() == defaultPorts[u.Scheme] || strings.HasSuffix(u.Host, ":") {
			faults = append(faults, fmt.Errorf("CORS_ORIGINS: %q must be an origin as browsers send it, such as https://app.example.com: "+
				"in small letters, without a path, a * or the default port of its scheme (http:// only for this machine)", origin))
		}
	}
	return errors.Join(faults...)
}

// crossOrigin allows pages of the configured origins to read the responses. It also answers the
// preflight request, which browsers send before a call and which carries no token. It reports
// whether the request was a preflight request.
func (a *API) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	if len(a.Config.Origins) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin") // for every request: a cache must not serve one origin's response to another
	origin := r.Header.Get("Origin")
	if !slices.Contains(a.Config.Origins, origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		header.Set("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate, X-Request-Id, X-Should-Retry")
		return false
	}
	methods, headers := "GET, HEAD, POST", "Authorization, Content-Type, Idempotency-Key"
	if a.Config.OpenAI.Serves(r.URL.Path) {
		methods += ", DELETE"
		// OpenAI's clients send headers of their own, such as X-Stainless-Lang, and new versions
		// send new ones. Any header can be allowed here, because the operator trusts this origin,
		// and the endpoints ignore headers that they do not know.
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			headers += ", " + asked
		}
	}
	header.Set("Access-Control-Allow-Methods", methods)
	header.Set("Access-Control-Allow-Headers", headers)
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
