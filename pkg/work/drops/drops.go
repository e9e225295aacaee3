// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package drops describes what becomes of a file that is dropped into the inbox bucket. Function
// convert writes it, and the console shows it.
package drops

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Source is one generation of an object in the inbox.
type Source struct {
	Bucket     string `json:"bucket"`
	Name       string `json:"name"`
	Generation int64  `json:"generation,string"`
	Size       int64  `json:"size,string"`
}

// Outcome is the result of an event.
type Outcome string

// The outcomes.
const (
	Ignored    Outcome = "IGNORED"    // no data file: a folder, part of an upload, or a referenced file
	Gone       Outcome = "GONE"       // the generation was replaced or deleted
	Superseded Outcome = "SUPERSEDED" // this generation or a newer one was handled before
	Converted  Outcome = "CONVERTED"  // the dataset and the report were written
	Refused    Outcome = "REFUSED"    // the file is not usable: there is a report, but no dataset
	Waiting    Outcome = "WAITING"    // the file of the manifest does not exist yet; its event will find it
	Started    Outcome = "STARTED"    // the job of a manifest was recorded
	NotStarted Outcome = "NOT_STARTED"
)

// Report is the content of the report for programs.
type Report struct {
	Source  Source  `json:"source"`
	Outcome Outcome `json:"outcome"`
	// Reason is one sentence that says why a file is refused.
	Reason  string `json:"reason,omitempty"`
	Dataset string `json:"dataset,omitempty"` // gs:// URI
	// LimitsOf is the base model against whose limits the file was checked, if any are known.
	LimitsOf string `json:"limits_of,omitempty"`
	// Start is the result of the start for which the file asks, if it asks for one.
	Start  *Start          `json:"start,omitempty"`
	Result *dataset.Report `json:"result"`
}

// Start is the result of a start for which a file asks. Without an error the job is recorded.
type Start struct {
	JobID string `json:"job_id,omitempty"`
	// Manifest is the manifest that asks for the start, as gs://bucket/name#generation. If it is
	// empty, the file's metadata ask for it.
	Manifest string   `json:"manifest,omitempty"`
	Error    *Refusal `json:"error,omitempty"`
	// Earlier are the jobs that the same generation of the file started before, by its metadata or
	// by other manifests.
	Earlier []string `json:"earlier_job_ids,omitempty"`
}

// Refusal is why there is no job, as POST /start would answer it.
type Refusal struct {
	Code       int               `json:"code"`   // the HTTP status code
	Status     string            `json:"status"` // the name of Google's status code (AIP-193)
	Message    string            `json:"message"`
	Violations []fault.Violation `json:"violations,omitempty"`
}

// The beginning of the names of all outputs, and their ends.
const prefix, dataName, reportName = "drops/", "/dataset.jsonl", "/report.json" // the longest of the three comes second

// NameLimit is the longest name of an object, in bytes of UTF-8.
const NameLimit = 1024

// Names are the names of the outputs of a source: the dataset, the report for people (text), and
// the report for programs.
type Names struct{ Data, Text, Report string }

// NamesOf returns the names of a source's outputs. Each source has its own folder, so that
// a.json and a.jsonl stay apart. A name that is too long is cut, and a hash of the whole name keeps
// it apart from others.
func NamesOf(source string) Names {
	if len(prefix)+len(source)+len(dataName) > NameLimit {
		sum := sha256.Sum256([]byte(source))
		room := NameLimit - len(prefix) - len(dataName) - 2*len(sum) - 1
		source = strings.ToValidUTF8(source[:room], "") + "-" + hex.EncodeToString(sum[:])
	}
	folder := prefix + source
	return Names{Data: folder + dataName, Text: folder + "/report.md", Report: folder + reportName}
}
