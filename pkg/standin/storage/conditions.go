// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"net/http"
	"net/url"
	"strconv"
)

// headerCondition is the XML API's precondition.
const headerCondition = "X-Goog-If-Generation-Match"

// condition is the generation that the live object must have; nil means any.
type condition = *int64

func parseCondition(q url.Values) (condition, error) {
	return parseInt("ifGenerationMatch", q["ifGenerationMatch"])
}

// parseInt reads an optional 64-bit parameter. An empty value, as a shell script with an unset
// variable sends it, must not count as absent.
func parseInt(name string, values []string) (*int64, error) {
	if len(values) == 0 {
		return nil, nil
	}
	value := values[0]
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return nil, errInvalid("Invalid value %q for %s: expected a non-negative integer.", value, name)
	}
	return &n, nil
}

// checkCondition returns the refusal, if any, of an operation on cur, which is nil if the name has
// no live object. Such a name has generation 0.
func checkCondition(c condition, cur *Object) error {
	var generation int64
	if cur != nil {
		generation = cur.Generation
	}
	if c != nil && *c != generation {
		return errConditionNotMet
	}
	return nil
}

// refuseHeaders refuses HTTP's own conditions.
func refuseHeaders(h http.Header) error {
	for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "X-Goog-If-Metageneration-Match"} {
		if h.Get(name) != "" {
			return errUnimplemented("The request header %s", name)
		}
	}
	return nil
}
