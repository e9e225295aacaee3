// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package auth identifies the caller of a request and decides what the caller may do.
package auth

import (
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Role is what a caller may do. Each role includes the roles before it.
type Role int

// The roles, the weakest first.
const (
	None     Role = iota // may do nothing
	Reader               // may read jobs
	Operator             // may check and convert data
	Starter              // may start and cancel jobs, which costs money
)

var roleNames = [...]string{None: "none", Reader: "reader", Operator: "operator", Starter: "starter"}

func (r Role) String() string { return roleNames[r] }

// Caller is who made a request. Name identifies the caller in logs and in the records of the jobs
// that they start. It is a token's name, a verified e-mail address, or a subject with the prefix
// "subject:".
type Caller struct {
	Name string
	Role Role
}

// Require returns a PermissionDenied that names the role, unless the caller has the role.
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
	err := fault.New(fault.PermissionDenied, "This call requires the role %s. %s has %s.", role, c.Name, has)
	err.Reason, err.Metadata = "ROLE_REQUIRED", map[string]string{"role": role.String()}
	return err
}

// Checker identifies the caller of a request. Its error is a fault: Unauthenticated, or Unavailable
// if the caller cannot be identified at the moment. A caller with valid credentials who is not
// named in the settings has the role None. Check is called concurrently.
type Checker interface {
	Check(r *http.Request) (Caller, error)
}
