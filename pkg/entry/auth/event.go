// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"fmt"
	"net/http"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// EventConfig defines who may deliver events. Terraform allows only Eventarc's account to invoke
// the event functions. However, an account that may invoke every service of the project (such as
// the project's owners and editors) may invoke them too. This setting excludes these accounts.
type EventConfig struct {
	// Account is the address of the account that delivers events. If it is not set, every account
	// that may invoke the function may deliver events.
	Account string `env:"EVENT_ACCOUNT"`
}

// Admit returns a check for requests that deliver events, or nil if Account is not set. The
// function must be private, as for IAM. The check accepts every audience: the trigger chooses one
// of the function's addresses as the audience, and Cloud Run has already checked it.
func (c EventConfig) Admit() (func(*http.Request) error, error) {
	if c.Account == "" {
		return nil, nil
	}
	if !isAddress(c.Account) {
		return nil, fmt.Errorf("EVENT_ACCOUNT is %q: it must be the address of a service account", c.Account)
	}
	checker := &IAM{rules: rules{issuer: google, now: time.Now}}
	return func(r *http.Request) error {
		caller, err := checker.Check(r)
		if err != nil {
			return err
		}
		if caller.Name != fold(c.Account) {
			return fault.New(fault.PermissionDenied, "%s may not deliver events.", caller.Name)
		}
		return nil
	}, nil
}
