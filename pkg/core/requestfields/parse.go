// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package requestfields

import (
	"bytes"
	"errors"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// Parse returns a reader of a text that must be exactly one JSON object. what names the text in
// error messages, such as "The body". The error is an InvalidArgument.
func Parse(what string, text []byte) (*Reader, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		out := fault.New(fault.InvalidArgument, "%s is empty. Send a JSON object.", what)
		out.Violations = []fault.Violation{{Reason: "UNEXPECTED_END", Description: "must be a JSON object."}}
		return nil, out
	}
	if err := strictjson.Validate(text); err != nil {
		return nil, notJSON(what, err)
	}
	if strictjson.KindOf(text) != strictjson.Object {
		return nil, fault.New(fault.InvalidArgument, "%s must be a JSON object, such as {…}.", what)
	}
	return New("", text), nil
}

func notJSON(what string, err error) error {
	e, ok := errors.AsType[*strictjson.Error](err)
	if !ok {
		return fault.Wrap(fault.Internal, err, "%s could not be read.", what)
	}
	out := fault.New(fault.InvalidArgument, "%s is not valid JSON: %s (byte %d).", what, strings.TrimSuffix(e.Message, "."), e.Offset)
	out.Violations = []fault.Violation{{Field: path(e.Pointer), Reason: e.Code, Description: e.Message}}
	return out
}

// path converts a JSON pointer to the field of a violation: /data/3/role becomes data[3].role.
func path(pointer string) string {
	var b strings.Builder
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if token != "" && strings.Trim(token, "0123456789") == "" {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}
