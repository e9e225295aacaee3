// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"net/http"
	"net/url"
	"strconv"
)

// conditions are the preconditions of one operation; nil means none.
type conditions struct {
	Generation, NotGeneration         *int64 `json:",omitempty"`
	Metageneration, NotMetageneration *int64 `json:",omitempty"`
}

// parseConditions reads ifGenerationMatch and the like.
func parseConditions(q url.Values) (c conditions, err error) {
	for suffix, field := range map[string]**int64{
		"GenerationMatch":        &c.Generation,
		"GenerationNotMatch":     &c.NotGeneration,
		"MetagenerationMatch":    &c.Metageneration,
		"MetagenerationNotMatch": &c.NotMetageneration,
	} {
		if *field, err = parseInt("if"+suffix, q["if"+suffix]); err != nil {
			return c, err
		}
	}
	return c, nil
}

// parseHeaderConditions reads the XML API's preconditions.
func parseHeaderConditions(h http.Header) (c conditions, err error) {
	const generation, metageneration = "X-Goog-If-Generation-Match", "X-Goog-If-Metageneration-Match"
	if c.Generation, err = parseInt(generation, h.Values(generation)); err != nil {
		return c, err
	}
	c.Metageneration, err = parseInt(metageneration, h.Values(metageneration))
	return c, err
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

// met returns the refusal, if any, of an operation that changes cur, which is nil if the name has
// no live object. Such a name has generation 0.
func (c conditions) met(cur *Object) error {
	var generation int64
	if cur != nil {
		generation = cur.Generation
	}
	switch {
	case c.Generation != nil && *c.Generation != generation,
		c.NotGeneration != nil && *c.NotGeneration == generation,
		c.Metageneration != nil && (cur == nil || *c.Metageneration != cur.Metageneration),
		c.NotMetageneration != nil && cur != nil && *c.NotMetageneration == cur.Metageneration:
		return errConditionNotMet
	}
	return nil
}

// metForRead is met for reads, where "changed since?" is answered by 304.
func (c conditions) metForRead(cur *Object) error {
	must := conditions{Generation: c.Generation, Metageneration: c.Metageneration}
	if err := must.met(cur); err != nil {
		return err
	}
	if c.met(cur) != nil {
		return errNotModified
	}
	return nil
}

// refuseHeaders refuses HTTP's own conditions.
func refuseHeaders(h http.Header) error {
	for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"} {
		if h.Get(name) != "" {
			return errUnimplemented("The request header %s", name)
		}
	}
	return nil
}
