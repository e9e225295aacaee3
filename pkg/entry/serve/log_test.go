// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := serve.Logger(&out, slog.LevelInfo)
	log.Debug("left out")
	log.Info("one", "job_id", "vt-1")
	log.Warn("two", "error", errors.New("line\nbreak"))
	log.Error("three", slog.Group("http", "level", "kept", "msg", "kept")) //nolint:sloglint // inside a group they are the caller's own
	want := []map[string]any{
		{"severity": "INFO", "message": "one", "job_id": "vt-1"},
		{"severity": "WARNING", "message": "two", "error": "line\nbreak"},
		{"severity": "ERROR", "message": "three", "http": map[string]any{"level": "kept", "msg": "kept"}},
	}
	var got []map[string]any
	for line := range strings.Lines(out.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if _, err := time.Parse(time.RFC3339Nano, entry["time"].(string)); err != nil {
			t.Errorf("time: %v", err)
		}
		delete(entry, "time")
		got = append(got, entry)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
