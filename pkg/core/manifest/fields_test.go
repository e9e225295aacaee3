// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// startFields returns an example of each field of POST /start, by its path, as the API documents
// them.
func startFields(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	text, err := os.ReadFile("../../entry/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Examples   []json.RawMessage `json:"examples"`
		Properties map[string]schema `json:"properties"`
	}
	var document struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	for name, field := range document.Components.Schemas["StartRequest"].Properties {
		all[name] = field.Examples[0]
		for inner, field := range field.Properties {
			all[name+"."+inner] = field.Examples[0]
		}
	}
	if len(all) < 25 {
		t.Fatalf("only %d fields", len(all))
	}
	return all
}

// No field of POST /start is ignored in metadata or in a manifest: the start has the field, or the
// drop is refused because of it.
func TestNo_field_is_ignored(t *testing.T) {
	t.Parallel()
	for path, example := range startFields(t) {
		name := strings.TrimPrefix(path, "hyperparameters.")
		value := string(example)
		_ = json.Unmarshal(example, &value) // metadata have strings without quotes; other values are unchanged
		key := strings.NewReplacer("_", "-", ".", "-").Replace(name)
		r, _, err := manifest.FromMetadata(start(map[string]string{key: value}))
		checkHeld(t, "metadata", key, r, err, "NOT_IN_METADATA", "UNKNOWN_FIELD")

		object, inner, nested := strings.Cut(path, ".")
		text := `{"` + path + `": ` + string(example) + `}`
		if nested {
			text = `{"` + object + `": {"` + inner + `": ` + string(example) + `}}`
		}
		r, err = manifest.FromManifest([]byte(text))
		checkHeld(t, "manifest", path, r, err, "NOT_IN_MANIFEST")
	}
}

// checkHeld reports a field that is neither in the request nor refused.
func checkHeld(t *testing.T, where, field string, r tuning.Request, err error, reasons ...string) {
	t.Helper()
	if err == nil {
		if cmp.Equal(r, tuning.Request{}) {
			t.Errorf("%s: %s is ignored", where, field)
		}
		return
	}
	for _, v := range fault.From(err).Violations {
		for _, reason := range reasons {
			if v.Field == field && v.Reason == reason {
				return
			}
		}
	}
	t.Errorf("%s: %s: %v", where, field, err)
}

// The fields that name the training data, and a dry run, are refused by name.
func TestNot_of_drops(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]string{
		"session-id": "support-1", "message-ids": `["m1"]`, "all-messages": "true", "training-data": "gs://b/x.jsonl", "dry-run": "true",
		"hyperparameters": `{"epoch_count": 3}`,
	} {
		_, _, err := manifest.FromMetadata(start(map[string]string{key: value}))
		if diff := cmp.Diff([]string{key + " NOT_IN_METADATA"}, violations(t, err)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
