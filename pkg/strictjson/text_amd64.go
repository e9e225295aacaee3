// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !purego

package strictjson

// scanText returns the offset of the first byte of n that ends the text: a quote,
// a control character, or the backslash of an escape that is not of two bytes.
// It is -1 if there is none, or it is too close to the end. What is before it is
// added to t.
//
//go:noescape
func scanText(p *byte, n int, t *textState) (at int)
