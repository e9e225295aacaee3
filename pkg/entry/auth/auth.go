// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package auth decides who is calling and what they may do.
package auth

import (
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Role is what a caller may do. Each includes those before it.
type Role int

// The roles.
const (
	None     Role = iota // nothing
	Reader               // read jobs
	Operator             // check and convert data
	Starter              // start and cancel jobs, which costs money
)

var roleNames = [...]string{None: "none", Reader: "reader", Operator: "operator", Starter: "starter"}

func (r Role) String() string { return roleNames[r] }

// Caller is who made a request. Name is written into the records of what they start, and callers are told apart by it:
// it is what the issuer vouches for, a token's name, an address, or a subject behind "subject:".
type Caller struct {
	Name string
	Role Role
}

// Require returns a PermissionDenied, which names the role, unless the caller has it.
func (c Caller) Require(role Role) error {
	if c.Role >= role {
		return nil
	}
	has := "the role " + c.Role.String()
	switch {
	case c.Role == None && strings.HasPrefix(c.Name, subject):
		has = "no role (its token has no e-mail address that is verified)"
	case c.Role == None:
		has = "no role"
	}
	err := fault.New(fault.PermissionDenied, "This needs the role %s; %s has %s.", role, c.Name, has)
	err.Reason, err.Metadata = "ROLE_REQUIRED", map[string]string{"role": role.String()}
	return err
}

// Checker decides who made a request. Its error is a fault: Unauthenticated, or Unavailable where nobody can
// tell at the moment. Somebody whom the settings do not name is a caller too, with the role None.
// It is called concurrently.
type Checker interface {
	Check(r *http.Request) (Caller, error)
}
