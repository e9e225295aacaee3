// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !purego

package strictjson

// scanText returns the offset of the first of n bytes that stops the scan: a quote, a control
// character, or the backslash of an escape that is longer than two bytes. It returns -1 if there is
// none, or if it is too close to the end. It adds the bytes before that offset to t.
//
//go:noescape
func scanText(p *byte, n int, t *textState) (at int)
