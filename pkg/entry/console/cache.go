// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"sync"
	"time"
)

// cache keeps what takes long to read, for a short time. Callers that ask for the same at the same
// time wait for one reading.
type cache[T any] struct {
	mu    sync.Mutex
	known map[string]kept[T]
}

type kept[T any] struct {
	value T
	until time.Time
}

// mostKept limits the values in memory.
const mostKept = 24

// get returns the value of a key, which is read if it is not known or too old.
func (c *cache[T]) get(key string, now time.Time, life time.Duration, read func() (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.known[key]; ok && now.Before(k.until) {
		return k.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	if c.known == nil || len(c.known) >= mostKept {
		c.known = map[string]kept[T]{}
	}
	c.known[key] = kept[T]{value, now.Add(life)}
	return value, nil
}
