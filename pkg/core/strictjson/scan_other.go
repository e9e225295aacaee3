// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !amd64 || purego

package strictjson

// hasVectors is false: only the portable code exists for other processors.
var hasVectors = false

type vectorState struct{}

func (x *index) scanVectors(int, int) (clean bool) { panic("strictjson: no vectors") }

func scanText(*byte, int, *textState) (at int) { panic("strictjson: no vectors") }
