// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

// InBlocksOf returns opt with blocks of n bytes.
func InBlocksOf(n int, opt Options) Options {
	opt.blockBytes = n
	return opt
}

// Parsed returns opt without templates, so that every record is parsed.
func Parsed(opt Options) Options {
	opt.noTemplates = true
	return opt
}
