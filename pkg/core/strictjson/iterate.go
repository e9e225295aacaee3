// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import "iter"

// Members returns the members of an object that Validate has accepted. Names are decoded; values
// are the original text, without white space around them. It yields nothing if obj is not an
// object.
func Members(obj []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i, end := inside(obj, '{'); i < end; {
			after := skipValue(obj, i)
			name, err := Unquote(obj[i:after])
			if err != nil {
				return
			}
			from := skipSpace(obj, skipSpace(obj, after)+1)
			to := skipValue(obj, from)
			if !yield(name, obj[from:to]) {
				return
			}
			i = skipSpace(obj, skipSpace(obj, to)+1)
		}
	}
}

// Elements returns the elements of an array that Validate has accepted: the original text, without
// white space around it. It yields nothing if arr is not an array.
func Elements(arr []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		at, end := inside(arr, '[')
		for n := 0; at < end; n++ {
			to := skipValue(arr, at)
			if !yield(n, arr[at:to]) {
				return
			}
			at = skipSpace(arr, skipSpace(arr, to)+1)
		}
	}
}

// Value returns the first value in text. Validate must have accepted that value; more text may
// follow it.
func Value(text []byte) []byte {
	at := skipSpace(text, 0)
	return text[at:skipValue(text, at)]
}

// inside returns where the first element of a container starts and where its closing bracket is.
func inside(raw []byte, bracket byte) (from, end int) {
	at := skipSpace(raw, 0)
	if at == len(raw) || raw[at] != bracket {
		return 0, 0
	}
	end = len(raw)
	for end > at && classes[raw[end-1]]&classSpace != 0 {
		end--
	}
	return skipSpace(raw, at+1), end - 1
}

// skipValue returns the offset after the valid value that starts at raw[at].
func skipValue(raw []byte, at int) int {
	depth := 0
	for i := at; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(raw))
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth == 0 {
				return i // a scalar ends before the bracket
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && classes[c]&(classSpace|classPunct) != 0:
			return i
		}
	}
	return len(raw)
}
