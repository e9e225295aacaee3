// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"strings"
	"unicode/utf8"
)

const maxObjectName = 1024 // bytes

// checkObjectName holds a name to Cloud Storage's naming rules.
func checkObjectName(name string) error {
	switch {
	case name == "":
		return errRequired("name")
	case len(name) > maxObjectName:
		return errInvalid("The maximum object length is %d characters, but got a name with %d characters: '%.64s...'",
			maxObjectName, len(name), name)
	case !utf8.ValidString(name):
		return errInvalid("Invalid object name: it is not valid UTF-8.")
	case strings.ContainsAny(name, "\r\n"):
		return errInvalid("Disallowed unicode characters present in object name %q", name)
	case name == ".", name == "..":
		return errInvalid("Invalid object name: %q", name)
	case strings.HasPrefix(name, ".well-known/acme-challenge/"):
		return errInvalid("Invalid object name: %q", name)
	}
	return nil
}
