// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config reads a package's settings from the environment by the tags of its struct. The error names every
// variable that is missing or cannot be read, not only the first.
func Config[T any](environment map[string]string) (T, error) {
	config, err := env.ParseAsWithOptions[T](env.Options{Environment: environment})
	if err != nil {
		return config, fmt.Errorf("read the configuration from the environment: %w", err)
	}
	return config, nil
}

func environment(pairs []string) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		m[name] = value
	}
	return m
}
