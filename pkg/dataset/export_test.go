// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

// InBlocksOf returns opt for reading n bytes at a time.
func InBlocksOf(n int, opt Options) Options {
	opt.blockBytes = n
	return opt
}

// Parsed returns opt for parsing every record.
func Parsed(opt Options) Options {
	opt.noTemplates = true
	return opt
}
