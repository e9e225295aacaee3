// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

// IsPreference reports whether the records of a format contain a better and a worse answer.
func IsPreference(format string) bool {
	return format == FormatGeminiPreference || format == FormatOpenAIPreference || format == FormatPreferencePair
}
