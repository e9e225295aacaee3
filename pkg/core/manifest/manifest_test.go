// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		data bool
		of   string // the file of the manifest
	}{
		{"a.json", true, ""},
		{"a.JSONL", true, ""},
		{"folder/a.jsonl.gz", true, ""},
		{"a.json.GZ", true, ""},
		{"a.csv", false, ""},
		{"a.ndjson", true, ""},
		{"a.NDJSON.gz.fine-tune.json", false, "a.NDJSON.gz"},
		{"a.json.fine-tune.json", false, "a.json"},
		{"folder/a.jsonl.gz.fine-tune.json", false, "folder/a.jsonl.gz"},
		{"my.fine-tune.json", true, ""}, // such a file could not be converted
		{".fine-tune.json", true, ""},
		{"a.json.fine-tune.jsonl", true, ""},
		{"a.json.fine-tune.json.fine-tune.json", true, ""},
	}
	for _, tt := range tests {
		of, isManifest := manifest.DataOf(tt.name)
		if manifest.IsData(tt.name) != tt.data || isManifest != (tt.of != "") || isManifest && of != tt.of {
			t.Errorf("%s: data %v, manifest %v of %q; want %v, of %q", tt.name, manifest.IsData(tt.name), isManifest, of, tt.data, tt.of)
		}
		if isManifest && manifest.NameOf(of) != tt.name {
			t.Errorf("the manifest of %s is %s, want %s", of, manifest.NameOf(of), tt.name)
		}
	}
}

func TestFromManifest(t *testing.T) {
	t.Parallel()
	const text = `{"base_model": "gemini-2.5-flash", "hyperparameters": {"epoch_count": 3}, "labels": {"team": "support"},
		"max_cost_usd": 5, "dry_run": false, "all_messages": false}`
	want := tuning.Request{
		BaseModel: "gemini-2.5-flash", Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))},
		Labels: map[string]string{"team": "support"}, MaxCost: 5_000_000,
	}
	for _, mark := range []string{"", "\xef\xbb\xbf"} {
		got, err := manifest.FromManifest([]byte(mark + text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
	}
}

func TestFromManifest_refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no_json", `{"base_model"}`, []string{"base_model SYNTAX"}},
		{"no_object", `[]`, nil},
		{"empty", ``, []string{" UNEXPECTED_END"}},
		{"data_of_its_own", `{"message_ids":["a"],"session_id":"s","all_messages":true,"training_data":"gs://b/a.jsonl"}`, []string{
			"all_messages NOT_IN_MANIFEST", "message_ids NOT_IN_MANIFEST", "session_id NOT_IN_MANIFEST", "training_data NOT_IN_MANIFEST",
		}},
		{"dry_run", `{"dry_run":true}`, []string{"dry_run NOT_IN_MANIFEST"}},
		{"no_number", `{"hyperparameters":{"epoch_count":"3"}}`, []string{"hyperparameters.epoch_count INVALID_TYPE"}},
		{"unknown", `{"epochs":3}`, []string{"epochs UNKNOWN_FIELD"}},
		{"generation", `{"training_generation":3}`, []string{"training_generation UNKNOWN_FIELD"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.FromManifest([]byte(tt.text))
			if diff := cmp.Diff(tt.want, violations(t, err)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}
