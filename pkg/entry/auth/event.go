// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"fmt"
	"net/http"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// EventConfig is what says who may deliver events. Terraform lets Eventarc's account alone invoke the event
// functions, but whoever may invoke every service of the project (its owners and editors do) may invoke them
// too; this leaves them out.
type EventConfig struct {
	// Account is the address of the account that delivers events. Unless it is set, who may invoke the function
	// may deliver.
	Account string `env:"EVENT_ACCOUNT"`
}

// Admit returns the check of a request that brings an event, or nil if none is wanted. The function must be
// private, as for IAM. Which audience a token may have, Cloud Run knows better: it is the trigger's choice
// among the function's addresses.
func (c EventConfig) Admit() (func(*http.Request) error, error) {
	if c.Account == "" {
		return nil, nil
	}
	if !isAddress(c.Account) {
		return nil, fmt.Errorf("EVENT_ACCOUNT is %q: it must be the address of a service account", c.Account)
	}
	checker := &IAM{rules{issuer: google, now: time.Now}}
	return func(r *http.Request) error {
		caller, err := checker.Check(r)
		if err != nil {
			return err
		}
		if caller.Name != fold(c.Account) {
			return fault.New(fault.PermissionDenied, "Events do not come from %s.", caller.Name)
		}
		return nil
	}, nil
}
