// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package drop reads what a dropped file asks for beside its conversion: a tuning job, said in its metadata, or in a
// manifest beside it. Both have the fields of POST /start, without those that say what to train on: that is the file.
package drop

import (
	"bytes"
	"strings"

	"github.com/vertextune/vertextune/pkg/fields"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// suffix makes the name of a manifest from that of its file.
const suffix = ".fine-tune.json"

// ManifestOf returns the name of a file's manifest.
func ManifestOf(name string) string { return name + suffix }

// IsData reports whether a file is one of conversations, by its name.
func IsData(name string) bool {
	_, isManifest := DataOf(name)
	return !isManifest && hasFormat(name)
}

// DataOf returns the name of the file that a manifest is of, and whether the name is one of a manifest.
func DataOf(name string) (string, bool) {
	data, ok := strings.CutSuffix(name, suffix)
	return data, ok && IsData(data)
}

func hasFormat(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".jsonl")
}

// byteOrderMark begins a text that some editors write.
var byteOrderMark = []byte("\xef\xbb\xbf")

// FromManifest returns the start that a manifest asks for, which is the body of POST /start. The error is an
// InvalidArgument that names all that is wrong with it.
func FromManifest(text []byte) (tuning.Request, error) {
	f, err := fields.Parse("The manifest", bytes.TrimPrefix(text, byteOrderMark))
	if err != nil {
		return tuning.Request{}, err //nolint:wrapcheck // it says that it is about the manifest
	}
	r := tuning.ReadRequest(f)
	for _, source := range []struct {
		name  string
		given bool
	}{
		{"message_ids", len(r.MessageIDs) > 0}, {"session_id", r.SessionID != ""}, {"all_messages", r.AllMessages},
		{"training_data", r.TrainingData != ""},
	} {
		if source.given {
			f.Add(source.name, "NOT_IN_MANIFEST", "must be left out: what is trained on is the file beside the manifest.")
		}
	}
	if f.Flag("dry_run") {
		f.Add("dry_run", "NOT_IN_MANIFEST", "must be left out: "+noDryRun)
	}
	return r, f.Err()
}

// noDryRun says where else to try a start.
const noDryRun = "a file that is dropped starts, or does not. POST /start with \"dry_run\": true shows what a start would come to."
