// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson_test

import (
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// A value is compact if there is no white space between its tokens. The text around the value does
// not matter.
func TestCompact(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]bool{
		`{"a b":[1,2,{"c":null}],"d":"x y","e":[],"f":{}}`: true, ` [1] `: true, `7`: true, `[1 ]`: false, `[ 1]`: false, `[]`: true, `[ ]`: false,
		`{"a": 1}`: false, `{"a":1, "b":2}`: false, "[1,\n2]": false, `{ "a":1}`: false,
	} {
		var p strictjson.Parser
		if p.Reset([]byte(doc)); p.Compact() {
			t.Errorf("%q: the parser read no value, but Compact is true", doc)
		}
		if _, err := p.Parse(0, len(doc)); err != nil || p.Compact() != want {
			t.Errorf("%q: Compact = %v (%v), want %v", doc, p.Compact(), err, want)
		}
	}
}

// After an error inside a string, the parser reads the next text like a new parser.
func TestParser_after_an_error(t *testing.T) {
	t.Parallel()
	var p strictjson.Parser
	for _, doc := range []string{`["x`, `[NaN]`} {
		p.Reset([]byte(doc))
		_, _ = p.Parse(0, len(doc))
	}
	if len(p.Violations) != 1 || p.Violations[0].Pointer != "/0" || p.Nodes[1].Kind != strictjson.Number {
		t.Errorf("violations %+v of nodes %+v, want one of a number at /0", p.Violations, p.Nodes)
	}
}

// A byte that is not a character is named by its number.
func TestMessage_names_the_byte(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{"{\xff": "byte 0xff", "{\x80": "byte 0x80", "{a": "'a'", "{\x7f": `'\x7f'`} {
		if err := strictjson.Validate([]byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate(%q) = %v, want %s in it", doc, err, want)
		}
	}
}
