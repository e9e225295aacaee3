// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import "time"

// At replaces the clock of a checker.
func At(c Checker, now func() time.Time) {
	switch c := c.(type) {
	case *OIDC:
		c.now, c.keys.now = now, now
	case *IAM:
		c.now = now
	}
}
