// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package trainset

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/split"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Reasons for which a message is left out, in addition to those of dataset.Outcome.
const (
	// Malformed: a field of the document does not have the type of a message's.
	Malformed dataset.Outcome = "MALFORMED_MESSAGE"
	// Deleted: the message was deleted before it could be read.
	Deleted dataset.Outcome = "DELETED_MESSAGE"
)

// namedLeftOut is how many left-out messages are named in an answer; all are counted.
const namedLeftOut = 100

// Result is what building a training set produced.
type Result struct {
	// Pairs is how many training examples there are.
	Pairs int64
	// Merged is how many messages made the same pair as another message that points back at them.
	Merged int64
	// LeftOut is nil if every message is part of a pair.
	LeftOut *tuning.LeftOut
	// Warnings are about the examples; there is one for each kind.
	Warnings []string
	// Report describes the training file. It is nil if nothing was written.
	Report *dataset.Report
	// Sample are examples whose tokens can be counted. It is empty if none were chosen.
	Sample     tokensample.Sample
	Sources    []tuning.SourceObject // the files that the examples came from
	SHA256     string                // of the training file, in hex
	Validation split.Side            // the size of the validation file
	Attempt    int64                 // the attempt that wrote the files
	Options    map[string]string     // the changes made to every example, by the field of the request

	warned map[string]bool // fields with the codes of their warnings
}

func (m *Result) leaveOut(id string, why dataset.Outcome) {
	if why == dataset.Merged {
		m.Merged++
		return
	}
	if m.LeftOut == nil {
		m.LeftOut = &tuning.LeftOut{Reasons: map[string]int64{}}
	}
	m.LeftOut.Count++
	m.LeftOut.Reasons[string(why)]++
	if len(m.LeftOut.Messages) < namedLeftOut {
		m.LeftOut.Messages = append(m.LeftOut.Messages, tuning.LeftOutMessage{ID: id, Reason: string(why)})
	}
}

// leftOutOf counts the records of a file that became no example. They are not named, as they may
// have no IDs.
func leftOutOf(report *dataset.Report) *tuning.LeftOut {
	if len(report.LeftOut) == 0 {
		return nil
	}
	out := &tuning.LeftOut{Reasons: report.LeftOut, Messages: []tuning.LeftOutMessage{}}
	for _, count := range report.LeftOut {
		out.Count += count
	}
	return out
}

// warn adds one warning for each kind, with its count and its first place. A kind is added once,
// although the examples of a file are checked twice: in the file and in the training set.
func (m *Result) warn(field string, report *dataset.Report) {
	if m.warned == nil {
		m.warned = map[string]bool{}
	}
	for i := range report.Faults {
		f := &report.Faults[i]
		if key := field + " " + f.Code; f.Severity == dataset.SeverityWarning && !m.warned[key] {
			m.warned[key] = true
			m.Warnings = append(m.Warnings,
				fmt.Sprintf("%s: %s (%s, %d times in the file).", f.Field(field), f.Message, f.Code, report.Counts[f.Code]))
		}
	}
}

// usable returns an error if there is no pair.
func (m *Result) usable() error {
	if m.Pairs > 0 {
		return nil
	}
	if m.LeftOut == nil {
		return fault.New(fault.FailedPrecondition, "There is nothing to train on.")
	}
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(m.LeftOut.Reasons)) {
		reasons = append(reasons, fmt.Sprintf("%s (%d)", reason, m.LeftOut.Reasons[reason]))
	}
	e := fault.New(fault.FailedPrecondition, "%s: %s.", m.unused(), strings.Join(reasons, ", "))
	for _, message := range m.LeftOut.Messages {
		e.Violations = append(e.Violations, fault.Violation{
			Field: "messages/" + message.ID, Reason: message.Reason, Description: "The message is in no pair.",
		})
	}
	return e
}

// Modalities returns the kinds of content that the training data hold besides text.
func (m *Result) Modalities() (kinds []catalogue.Modality) {
	if m.Report == nil || m.Report.Stats == nil {
		return nil
	}
	for _, kind := range slices.Sorted(maps.Keys(m.Report.Stats.Modalities)) {
		kinds = append(kinds, catalogue.Modality(kind))
	}
	return kinds
}

// Training returns the size of the training file.
func (m *Result) Training() split.Side {
	if m.Report == nil {
		return split.Side{Examples: m.Pairs}
	}
	return split.Side{Examples: m.Pairs, Bytes: m.Report.OutputBytes}
}

// unused returns the sentence for data without a single example. It counts records if the data are
// a file, and messages if they come from Firestore.
func (m *Result) unused() string {
	n := m.LeftOut.Count
	switch file := len(m.Sources) > 0; {
	case file && n == 1:
		return "The only record of the file makes no training example"
	case file:
		return fmt.Sprintf("None of the %d records of the file makes a training example", n)
	case n == 1:
		return "The only message is in no pair of a user's and an assistant's message"
	default:
		return fmt.Sprintf("None of the %d messages is in a pair of a user's and an assistant's message", n)
	}
}
