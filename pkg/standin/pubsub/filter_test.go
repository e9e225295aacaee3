// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"strings"
	"testing"
)

func TestParseFilter(t *testing.T) {
	t.Parallel()
	attributes := map[string]string{"name": "com", "lang-x": "en-US", "a.b/c": "1", "quote": `a"b`}
	tests := map[string]bool{
		"":                                       true,
		"attributes:name":                        true,
		"attributes:missing":                     false,
		`attributes:"a.b/c"`:                     true,
		`attributes.name = "com"`:                true,
		`attributes.name="org"`:                  false,
		`attributes.name != "org"`:               true,
		`attributes.missing != "org"`:            true,
		`attributes."a.b/c" = "1"`:               true,
		`attributes.quote = "a\"b"`:              true,
		`hasPrefix(attributes.lang-x, "en")`:     true,
		`hasPrefix(attributes.lang-x, "fr")`:     false,
		`hasPrefix(attributes.missing, "")`:      false,
		`NOT attributes:name`:                    false,
		`-attributes:missing`:                    true,
		`attributes:name AND attributes:missing`: false,
		`attributes:name OR attributes:missing`:  true,
		`attributes:missing OR attributes:missing OR attributes:name`:  true,
		`attributes:missing AND (attributes:name OR attributes:name)`:  false,
		`NOT (attributes:missing AND attributes:name)`:                 true,
		`attributes:missing OR NOT attributes:missing`:                 true,
		`(attributes:name) AND -hasPrefix(attributes.name, "o")`:       true,
		`(attributes:name OR attributes:missing) AND attributes:quote`: true,
	}
	for text, want := range tests {
		f, err := parseFilter(text)
		if err != nil {
			t.Errorf("parseFilter(%q): %v", text, err)
			continue
		}
		if got := f(attributes); got != want {
			t.Errorf("filter %q keeps: %v, want %v", text, got, want)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"name", "attributes", "attributes:", "attributes.name", "attributes.name =", "attributes.name = com",
		`attributes.name = "com`, `attributes.name < "com"`, `attributes.name = "\q"`, "attributes name",
		"(attributes:name", "attributes:name)", "NOT", "attributes:name AND", "attributes:name attributes:quote",
		"attributes:a AND attributes:b OR attributes:c", "hasPrefix(attributes.name)", `hasPrefix(name, "x")`,
		`hasPrefix(attributes.name, "x"`, "$", "attributes:" + strings.Repeat("k", 250),
	} {
		if _, err := parseFilter(text); err == nil {
			t.Errorf("parseFilter(%q) took it", text)
		}
	}
}

// FuzzParseFilter looks for input that panics or hangs, and for filters that do
// not know their own opposite.
func FuzzParseFilter(f *testing.F) {
	f.Add(`attributes.name = "com" AND NOT hasPrefix(attributes:"x", "y")`)
	f.Add(`-(attributes:name OR attributes.a != "b")`)
	f.Fuzz(func(t *testing.T, text string) {
		keep, err := parseFilter(text)
		if err != nil || strings.TrimSpace(text) == "" || len(text) > 240 {
			return
		}
		drop, err := parseFilter("NOT (" + text + ")")
		if err != nil {
			t.Fatalf("took %q and not its opposite: %v", text, err)
		}
		for _, attributes := range []map[string]string{nil, {"name": "com", "a": "b"}} {
			if keep(attributes) == drop(attributes) {
				t.Errorf("%q and its opposite agree on %v", text, attributes)
			}
		}
	})
}
