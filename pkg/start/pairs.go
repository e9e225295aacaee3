// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/fault"
)

// Reasons beside those of dataset.Outcome for which a message is left out.
const (
	// Malformed: a field of the document does not have the type of a message's.
	Malformed dataset.Outcome = "MALFORMED_MESSAGE"
	// Deleted: the message was deleted while it was to be read.
	Deleted dataset.Outcome = "DELETED_MESSAGE"
)

// namedLeftOut is how many left-out messages are named in an answer; all are counted.
const namedLeftOut = 100

// Pairs says what became of the messages.
type Pairs struct {
	// Count is how many training examples there are.
	Count int64
	// Merged is how many messages told the same pair as another one that points back at them.
	Merged int64
	// LeftOut is nil if every message is part of a pair.
	LeftOut *LeftOut
}

// LeftOut counts the messages that are in no pair, and names the first of them.
type LeftOut struct {
	Count    int64            `json:"count"`
	Reasons  map[string]int64 `json:"reasons"`
	Messages []LeftOutMessage `json:"messages"`
}

// LeftOutMessage is one of them.
type LeftOutMessage struct {
	ID     string `json:"message_id"`
	Reason string `json:"reason"`
}

func (p *Pairs) leaveOut(id string, why dataset.Outcome) {
	if why == dataset.Merged {
		p.Merged++
		return
	}
	if p.LeftOut == nil {
		p.LeftOut = &LeftOut{Reasons: map[string]int64{}}
	}
	p.LeftOut.Count++
	p.LeftOut.Reasons[string(why)]++
	if len(p.LeftOut.Messages) < namedLeftOut {
		p.LeftOut.Messages = append(p.LeftOut.Messages, LeftOutMessage{ID: id, Reason: string(why)})
	}
}

// leftOutOf counts the messages of a file that are in no pair. They are not named: they need not have IDs.
func leftOutOf(report *dataset.Report) *LeftOut {
	if len(report.LeftOut) == 0 {
		return nil
	}
	out := &LeftOut{Reasons: report.LeftOut, Messages: []LeftOutMessage{}}
	for _, count := range report.LeftOut {
		out.Count += count
	}
	return out
}

// usable is nil if there is at least one pair.
func (p *Pairs) usable() error {
	if p.Count > 0 {
		return nil
	}
	if p.LeftOut == nil {
		return fault.New(fault.FailedPrecondition, "There are no messages to train on.")
	}
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(p.LeftOut.Reasons)) {
		reasons = append(reasons, fmt.Sprintf("%s (%d)", reason, p.LeftOut.Reasons[reason]))
	}
	e := fault.New(fault.FailedPrecondition,
		"None of the %d messages is part of a pair of a user's and an assistant's message: %s.",
		p.LeftOut.Count, strings.Join(reasons, ", "))
	for _, m := range p.LeftOut.Messages {
		e.Violations = append(e.Violations, fault.Violation{
			Field: "messages/" + m.ID, Reason: m.Reason, Description: "The message is in no pair.",
		})
	}
	return e
}
