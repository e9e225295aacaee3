// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifest reads requests for tuning jobs that come with a dropped file: in the metadata of
// the file, or in a manifest next to it. Both have the fields of POST /start, except those that
// name the training data, since the file is the training data.
package manifest

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// suffix is appended to the name of a file to get the name of its manifest.
const suffix = ".fine-tune.json"

// NameOf returns the name of a file's manifest.
func NameOf(name string) string { return name + suffix }

// IsData reports whether the name is the name of a file of conversations.
func IsData(name string) bool {
	_, isManifest := DataOf(name)
	return !isManifest && hasFormat(name)
}

// DataOf returns the name of the file that a manifest belongs to. It returns false if the name is
// not the name of a manifest.
func DataOf(name string) (string, bool) {
	data, ok := strings.CutSuffix(name, suffix)
	return data, ok && IsData(data)
}

func hasFormat(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return hasAnySuffix(name, ".json", ".jsonl", ".ndjson")
}

// Names describes the names of files of conversations.
const Names = `.json, .jsonl or .ndjson, with .gz behind it if the file is packed with gzip`

// IsSilent reports whether a file that is not a file of conversations is skipped without a log
// line. Such files are folders, parts of an upload that gcloud or gsutil join and delete, and
// images, sounds or videos that conversations refer to.
func IsSilent(name string) bool {
	return strings.HasSuffix(name, "/") ||
		strings.HasPrefix(name, "gcloud/tmp/") || strings.HasPrefix(name, "gsutil/tmp/") ||
		hasAnySuffix(strings.ToLower(name), media...)
}

// media lists the suffixes of files that conversations refer to.
var media = []string{
	".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".gif", ".bmp",
	".mp3", ".wav", ".m4a", ".flac", ".aac", ".ogg", ".opus", ".aiff",
	".mp4", ".mov", ".mpeg", ".mpg", ".avi", ".webm", ".wmv", ".flv", ".3gp", ".3gpp",
}

func hasAnySuffix(name string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

// byteOrderMark starts a text that some editors write.
var byteOrderMark = []byte("\xef\xbb\xbf")

// FromManifest returns the start request in a manifest, which has the form of the body of POST
// /start. The error is an InvalidArgument that names everything that is wrong.
func FromManifest(text []byte) (tuning.Request, error) {
	f, err := requestfields.Parse("The manifest", bytes.TrimPrefix(text, byteOrderMark))
	if err != nil {
		return tuning.Request{}, err //nolint:wrapcheck // it says that it is about the manifest
	}
	r := tuning.ReadRequest(f)
	f.Flag("dry_run")
	for _, name := range slices.Sorted(maps.Keys(notOfDrops)) {
		if f.Given(name) {
			f.Add(name, "NOT_IN_MANIFEST", "must be left out: "+notOfDrops[name])
		}
	}
	return r, f.Err()
}

// The reasons why a drop cannot have a field.
const (
	trainsOnFile = "a drop trains on the dropped file. Use POST /start to train on something else."
	noDryRun     = "a drop has no dry run. POST /start with \"dry_run\": true shows what a start would do."
)

// notOfDrops lists the fields of POST /start that a drop cannot have, with the reasons.
var notOfDrops = map[string]string{
	"message_ids": trainsOnFile, "session_id": trainsOnFile, "all_messages": trainsOnFile, "training_data": trainsOnFile,
	"dry_run": noDryRun,
}
