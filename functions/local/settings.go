// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"github.com/joho/godotenv"

	"github.com/vertextune/vertextune/pkg/auth"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// The names of everything that exists once.
const (
	project  = "local"
	inbox    = "local-inbox"
	data     = "local-data"
	ticks    = "poll" // topic that Cloud Scheduler publishes to
	location = "us-central1"
	caller   = "local"
)

// environment is the process's, with what .env adds to it.
func environment() (map[string]string, error) {
	all, err := godotenv.Read(".env")
	if errors.Is(err, fs.ErrNotExist) {
		all, err = map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read .env: %w", err)
	}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all, nil
}

// foreign are the emulators that the environment names, to be used in place of the stand-ins.
func foreign(environment map[string]string) cloud.Addresses {
	return cloud.Addresses{
		Storage:   environment["STORAGE_EMULATOR_HOST"],
		Firestore: environment["FIRESTORE_EMULATOR_HOST"],
		PubSub:    environment["PUBSUB_EMULATOR_HOST"],
	}
}

// settings is the environment of the functions: what the caller set, this command's defaults for what was
// left open, and what cannot be otherwise here.
func settings(given map[string]string, c *cloud.Cloud, token string) map[string]string {
	all := map[string]string{
		"GOOGLE_CLOUD_LOCATION": location,
		"BASE_MODEL":            "gemini-3.1-flash-lite",
		"STATUS_MAX_AGE":        "1s",
		"CATALOGUE":             "gs://" + data + "/" + catalogueFile,
	}
	maps.Copy(all, given)
	maps.Copy(all, c.Variables())
	maps.Copy(all, map[string]string{
		"GOOGLE_CLOUD_PROJECT": project,
		"INBOX_BUCKET":         inbox,
		"DATA_BUCKET":          data,
		"API_TOKENS":           caller + ":" + auth.Hash(token),
	})
	return all
}

func newToken() string { return strings.ToLower(rand.Text()) }
