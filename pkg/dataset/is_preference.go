// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

// IsPreference reports whether records of a format pair a better answer with a worse one.
func IsPreference(format string) bool {
	return format == FormatGeminiPreference || format == FormatOpenAIPreference || format == FormatPreferencePair
}
