// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package auth decides who is calling.
package auth

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/fault"
)

// Caller is who made a request; Name is written into the records of what they start.
type Caller struct {
	Name string
}

// Checker decides who made a request. Its error is a fault of kind Unauthenticated or PermissionDenied.
// It is called concurrently.
type Checker interface {
	Check(r *http.Request) (Caller, error)
}

// unauthenticated says what was wrong with the credentials without saying anything about the right ones.
func unauthenticated(message string) error {
	return fault.New(fault.Unauthenticated, "%s Send the header \"Authorization: Bearer TOKEN\".", message)
}
