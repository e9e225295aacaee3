// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// filter says whether a message with these attributes is for the subscription.
type filter func(attributes map[string]string) bool

// filterToken is a string literal, a word, or an operator.
var filterToken = regexp.MustCompile(`^\s*("(?:[^"\\]|\\.)*"|[A-Za-z0-9_][A-Za-z0-9_-]*|!=|[-=:().,])`)

// parseFilter reads the service's filter language:
//
//	attributes:KEY             attributes.KEY = "V"    attributes.KEY != "V"
//	hasPrefix(attributes.KEY, "V")    NOT x    -x    x AND y    x OR y    (x)
//
// AND and OR do not mix without parentheses. An empty filter keeps everything.
func parseFilter(text string) (filter, error) {
	if strings.TrimSpace(text) == "" {
		return func(map[string]string) bool { return true }, nil
	}
	if len(text) > 256 {
		return nil, errors.New("filter is longer than 256 bytes")
	}
	var tokens []string
	rest := text
	for strings.TrimSpace(rest) != "" {
		m := filterToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("unexpected %q", strings.TrimSpace(rest))
		}
		tokens = append(tokens, m[1])
		rest = rest[len(m[0]):]
	}
	p := &filterParser{tokens: tokens}
	f, err := p.expression()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t != "" {
		return nil, fmt.Errorf("unexpected %q", t)
	}
	return f, nil
}

type filterParser struct{ tokens []string }

func (p *filterParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *filterParser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *filterParser) expect(tokens ...string) error {
	for _, want := range tokens {
		if got := p.next(); got != want {
			return fmt.Errorf("found %q where %q should be", got, want)
		}
	}
	return nil
}

// expression is terms joined by one kind of operator.
func (p *filterParser) expression() (filter, error) {
	all, err := p.term()
	if err != nil {
		return nil, err
	}
	op := p.peek()
	for p.peek() == "AND" || p.peek() == "OR" {
		if p.next() != op {
			return nil, errors.New("AND and OR need parentheses between them")
		}
		left := all
		right, err := p.term()
		if err != nil {
			return nil, err
		}
		if op == "AND" {
			all = func(a map[string]string) bool { return left(a) && right(a) }
		} else {
			all = func(a map[string]string) bool { return left(a) || right(a) }
		}
	}
	return all, nil
}

func (p *filterParser) term() (filter, error) {
	switch t := p.next(); t {
	case "NOT", "-":
		f, err := p.term()
		if err != nil {
			return nil, err
		}
		return func(a map[string]string) bool { return !f(a) }, nil
	case "(":
		f, err := p.expression()
		if err != nil {
			return nil, err
		}
		return f, p.expect(")")
	case "hasPrefix":
		return p.hasPrefix()
	case "attributes":
		return p.comparison()
	default:
		return nil, fmt.Errorf("unexpected %q", t)
	}
}

func (p *filterParser) comparison() (filter, error) {
	mark := p.next()
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	switch mark {
	case ":":
		return func(a map[string]string) bool { _, ok := a[key]; return ok }, nil
	case ".":
	default:
		return nil, fmt.Errorf("unexpected %q after attributes", mark)
	}
	op := p.next()
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	equal := func(a map[string]string) bool { v, ok := a[key]; return ok && v == value }
	switch op {
	case "=":
		return equal, nil
	case "!=": // true for a missing attribute too
		return func(a map[string]string) bool { return !equal(a) }, nil
	default:
		return nil, fmt.Errorf("unexpected operator %q", op)
	}
}

func (p *filterParser) hasPrefix() (filter, error) {
	if err := p.expect("(", "attributes", "."); err != nil {
		return nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	prefix, err := p.literal()
	if err != nil {
		return nil, err
	}
	return func(a map[string]string) bool {
		v, ok := a[key]
		return ok && strings.HasPrefix(v, prefix)
	}, p.expect(")")
}

// key is a word or, with characters that a word has not, a literal.
func (p *filterParser) key() (string, error) {
	t := p.peek()
	if strings.HasPrefix(t, `"`) {
		return p.literal()
	}
	if t == "" || strings.ContainsAny(t[:1], "!-=:().,") {
		return "", fmt.Errorf("found %q where an attribute's key should be", t)
	}
	return p.next(), nil
}

func (p *filterParser) literal() (string, error) {
	t := p.next()
	if !strings.HasPrefix(t, `"`) {
		return "", fmt.Errorf("found %q where a quoted string should be", t)
	}
	s, err := strconv.Unquote(t)
	if err != nil {
		return "", fmt.Errorf("string %s: %w", t, err)
	}
	return s, nil
}
