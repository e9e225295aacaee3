// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"fmt"
	"strings"
)

// grants maps principals to roles. A principal is written "email:ann@example.com",
// "domain:example.com", "group:tuners" or "subject:110169484474386276334".
type grants map[string]Role

// The kinds of principals.
const (
	email   = "email:"
	domain  = "domain:"
	group   = "group:"
	subject = "subject:"
)

// add gives a role to principals, and returns the faults in their notation. A principal in two
// lists has the higher role.
func (g grants) add(role Role, principals []string) (faults []error) {
	for _, text := range principals {
		principal := strings.TrimSpace(text)
		kind, value, _ := strings.Cut(principal, ":")
		var problem string
		switch kind + ":" {
		case email:
			principal = fold(principal)
			if !isAddress(value) {
				problem = "must be an address such as email:ann@example.com"
			}
		case domain:
			principal = fold(principal)
			if strings.ContainsAny(value, "@*/ ") || !strings.Contains(strings.Trim(value, "."), ".") {
				problem = "must be a domain such as domain:example.com"
			}
		case group, subject:
			if !printable(value) {
				problem = "must have a name behind the colon"
			}
		default:
			problem = "must begin with email:, domain:, group: or subject:"
		}
		if problem != "" {
			faults = append(faults, fmt.Errorf("%q %s", principal, problem))
			continue
		}
		g[principal] = max(g[principal], role)
	}
	return faults
}

// role returns the highest role that any of the principals has.
func (g grants) role(principals []string) Role {
	role := None
	for _, p := range principals {
		role = max(role, g[p])
	}
	return role
}

// hasGroup reports whether a group has a role.
func (g grants) hasGroup() bool {
	for principal := range g {
		if strings.HasPrefix(principal, group) {
			return true
		}
	}
	return false
}
