// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package requestfields_test

import (
	"testing"

	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// TestHash: the expected value is the output of sha256sum for
// ["PROMOTE","m",{"job_name":"7","n":0.5,"ok":true}], because records contain such hashes.
func TestHash(t *testing.T) {
	t.Parallel()
	const want = "3dd3d6ecdf62cc3e2d7d89d5d66cd5d252bee3c0b6aaa291e25514534428bcf0"
	if got := requestfields.Hash([]any{"PROMOTE", "m", map[string]any{"ok": true, "n": 0.5, "job_name": "7"}}); got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
}
