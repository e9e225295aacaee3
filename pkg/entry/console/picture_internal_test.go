// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import "testing"

func TestShortened(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "",
		"a name that is longer than this":      "a name …nger than this",
		"twenty-two letters fit":               "twenty-two letters fit",
		"projects/1/models/2345":               "projects/1/models/2345",
		"projects/1/models/23456":              "23456",
		"gs://b/f/a-very-long-file-name.jsonl": "a-very-…ile-name.jsonl",
		"one of the projects/ends with/":       "one of …cts/ends with/",
		"顧客との会話から作ったモデル":                       "顧客と…ら作ったモデル",
	} {
		if got := shortened(text); got != want {
			t.Errorf("shortened(%q) = %q, want %q", text, got, want)
		}
	}
}
