// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"math"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// answerMark is a mark which says that an answer is not to be learned in the usual way.
type answerMark struct {
	node       int  // the node of the mark, or 0 if there is none
	notLearned bool // the answer must not be learned at all
}

// markKind says how to read the value of a mark.
type markKind uint8

const (
	verdictMark markKind = iota + 1 // good or bad: true or false, 1 or 0
	weightMark                      // a number; 1 or true is the usual weight
	detailMark                      // a mark of parts of the answer
)

// messageMarks are the members of a message that say how its answer is to be learned.
var messageMarks = map[string]markKind{
	"label":           verdictMark,
	"kto_tag":         verdictMark,
	"weight":          weightMark, // OpenAI, Mistral, Together, Fireworks
	"loss_weight":     weightMark, // LLaMA-Factory
	"loss":            weightMark, // XTuner, ms-swift
	"loss_scale":      weightMark,
	"loss_mask":       weightMark,
	"train":           weightMark, // axolotl
	"training":        weightMark,
	"trainable":       weightMark,
	"train_detail":    detailMark,
	"training_detail": detailMark,
	"mask":            detailMark, // 1 means "learn" in some files and "hide" in others
	"masked":          detailMark,
}

// recordMarks are the corresponding members of a record.
var recordMarks = map[string]markKind{
	"label":         verdictMark, // TRL, Axolotl, Oumi
	"kto_tag":       verdictMark, // LLaMA-Factory
	"weight":        weightMark,
	"sample_weight": weightMark,
	"loss_weight":   weightMark,
	"train":         weightMark,
}

// noteMark records a member of a message that says how its answer is to be learned, and reports
// whether the member is such a mark. The mark is read only if the message is an answer.
func (c *conversation) noteMark(name int) bool {
	kind := messageMarks[string(c.r.key(name))]
	if kind != 0 {
		c.pending = append(c.pending, pendingMark{name + 1, kind})
	}
	return kind != 0
}

// pendingMark is a mark of a message whose role is not known yet.
type pendingMark struct {
	node int
	kind markKind
}

// countAnswer counts a message of the model and keeps its marks.
func (c *conversation) countAnswer() {
	c.answers++
	if m := c.readPending(); m.node != 0 {
		c.answerMarks = append(c.answerMarks, m)
	}
}

// readPending reads the marks of an answer and returns the decisive one.
func (c *conversation) readPending() (m answerMark) {
	for _, p := range c.pending {
		if found := c.r.readMark(p.node, p.kind); m.node == 0 || found.notLearned {
			m = found
		}
	}
	return m
}

// recordMark handles a member of the record that says how to learn the record, and reports whether
// the member is such a mark.
func (r *record) recordMark(name int) bool {
	kind := recordMarks[string(r.key(name))]
	if kind == 0 {
		return false
	}
	if m := r.readMark(name+1, kind); m.notLearned {
		r.leaveOutUnwanted(m)
	} else if m.node != 0 {
		r.warnWeight(m)
	}
	return true
}

// readMark reads a mark. The result has no node if the answer is to be learned in the usual way.
func (r *record) readMark(n int, kind markKind) (m answerMark) {
	if r.kind(n) == strictjson.Null || kind == detailMark && r.kind(n) == strictjson.Array && r.len(n) == 0 {
		return m
	}
	weight, ok := r.weight(n)
	switch {
	case kind == detailMark:
		m.node = n
	case ok && weight == 1:
	case ok && weight <= 0:
		m = answerMark{n, true}
	case kind == verdictMark:
		r.fail(n, CodeInvalidMark, "the member must say whether the answer is to be learned",
			"write true or false, or rename the member if it means something else")
	case !ok:
		r.fail(n, CodeInvalidMark, "the member must say how much the answer is to be learned",
			"write 1 or true for an answer to learn, 0 or false for another")
	default:
		m.node = n
	}
	return m
}

// weight returns the number that a mark represents.
func (r *record) weight(n int) (weight float64, ok bool) {
	text := ""
	switch r.kind(n) {
	case strictjson.String:
		text = strings.ToLower(strings.TrimSpace(r.text(n)))
	case strictjson.Bool, strictjson.Number:
		text = string(r.raw(n))
	}
	switch text {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	weight, err := strconv.ParseFloat(text, 64)
	return weight, err == nil && !math.IsNaN(weight)
}

// endMarks reports the marks of a conversation. A conversation without any answer to learn is left
// out.
func (c *conversation) endMarks() {
	notLearned := 0
	for _, m := range c.answerMarks {
		if m.notLearned {
			notLearned++
		}
	}
	if notLearned > 0 && notLearned == c.answers {
		c.r.leaveOutUnwanted(c.answerMarks[0])
		return
	}
	for _, m := range c.answerMarks {
		c.r.warnWeight(m)
	}
}

func (r *record) leaveOutUnwanted(m answerMark) {
	r.leaveOut(m.node, Unwanted, "the answer is marked as one not to learn", "take the mark away if it is to be learned")
}

func (r *record) warnWeight(m answerMark) {
	fix := "take the mark away if every answer counts the same"
	if m.notLearned {
		fix = "end the example before this answer, or leave the answer in"
	}
	r.warn(m.node, CodeWeightIgnored, "tuning on Vertex AI has no weights: this answer will be learned like any other", fix)
}
