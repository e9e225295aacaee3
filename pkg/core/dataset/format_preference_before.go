// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// conversationBefore returns the conversation before the answers. All members of the record that
// contain parts of it must be consistent.
func (c *conversation) conversationBefore(m *preferenceNodes, better, worse *preferenceAnswer) exchange {
	r := c.r
	own := m.system // messages may repeat these texts
	before := exchange{turns: c.readHistory(m.history)}
	for _, part := range c.exchanges(m) {
		c.dropAnswer(&part.exchange, better, worse)
		joined, ok := r.join(before, part.exchange)
		if !ok {
			r.fail(part.name, CodeContradiction, "the conversation in "+quoted(r.text(part.name))+" is not the one in the rest of the record",
				"correct one of them, or remove one")
		}
		before = joined
	}
	c.checkAnswers(better, worse)
	before = c.joinAnswers(before, own, better, worse)
	before.system = r.addSystem(own, before.system)
	if len(before.turns) == 0 {
		before.turns = c.noQuestion(m)
	}
	return before
}

// addSystem adds system texts to the record's own, except equal ones.
func (r *record) addSystem(own, more []messageRef) []messageRef {
	own = slices.Clip(own)
	for _, s := range more {
		if !slices.ContainsFunc(own, func(o messageRef) bool { return r.sameMessage(o, s) }) {
			own = append(own, s)
		}
	}
	return own
}

// noQuestion returns the blank member that should contain the question, or reports that there is
// none.
func (c *conversation) noQuestion(m *preferenceNodes) []messageRef {
	for _, n := range [...]int{m.instruction, m.prompt, m.question, m.input} {
		if n != 0 && c.r.isNothing(n) {
			return []messageRef{{role: roleUser, node: n}}
		}
	}
	name := "prompt"
	if c.r.has(markPreferred) {
		name = "input"
	}
	if !c.r.failed() {
		c.r.fail(root, CodeMissingField, "the record has no "+quoted(name),
			"add it; if the question is inside the answers, write them as lists of messages")
	}
	return nil
}

// namedExchange is the part of the conversation in one member.
type namedExchange struct {
	name int
	exchange
}

// exchanges reads the members that contain parts of the conversation.
func (c *conversation) exchanges(m *preferenceNodes) (all []namedExchange) {
	r := c.r
	input := m.input
	if r.isNothing(input) {
		input = 0
	}
	for _, n := range [...]int{m.instruction, m.prompt, m.question, m.messages, m.conversations} {
		if r.isNothing(n) {
			continue
		}
		e := c.readExchange(n)
		if input != 0 && r.kind(n) == strictjson.String {
			e.turns[0].input, input = input, 0
		}
		all = append(all, namedExchange{n - 1, e})
	}
	if input != 0 {
		all = append(all, namedExchange{input - 1, c.readExchange(input)})
	}
	return all
}

// readHistory reads the turns before a question: pairs of a question and an answer.
func (c *conversation) readHistory(list int) (turns []messageRef) {
	r := c.r
	for _, question := range c.historyPairs(list) {
		turns = append(turns, messageRef{role: roleUser, node: question}, messageRef{role: roleModel, node: r.next(question)})
	}
	return turns
}

// dropAnswer removes the last turn if it is one of the answers. If the record has no better answer,
// the last turn is the better answer.
func (c *conversation) dropAnswer(e *exchange, better, worse *preferenceAnswer) {
	last := len(e.turns) - 1
	if last < 0 || e.turns[last].role != roleModel {
		return
	}
	answer := e.turns[last]
	if better.node == 0 {
		better.node, better.last = answer.node, answer.node
	}
	for _, a := range [...]*preferenceAnswer{better, worse} {
		if a.last != 0 && c.r.content(answer) == c.r.content(messageRef{node: a.last}) {
			e.turns = e.turns[:last]
			return
		}
	}
}

// checkAnswers reports a missing answer.
func (c *conversation) checkAnswers(better, worse *preferenceAnswer) {
	for _, a := range [...]*preferenceAnswer{better, worse} {
		if a.node == 0 {
			c.r.fail(root, CodeMissingField, "the record has no "+quoted(a.name), "add the answer under this name")
		}
	}
}

// joinAnswers adds the parts of the conversation inside the answers, which must be consistent.
func (c *conversation) joinAnswers(before exchange, own []messageRef, better, worse *preferenceAnswer) exchange {
	r := c.r
	if better.before.empty() && worse.before.empty() || r.failed() {
		return before
	}
	first, ok := r.join(before, better.before)
	if !ok {
		c.contradicts(better)
		return before
	}
	second, ok := r.join(before, worse.before)
	if !ok {
		c.contradicts(worse)
		return before
	}
	if len(before.turns) == 0 { // only one of the answers contains the question
		switch {
		case worse.before.empty():
			second.turns = first.turns
		case better.before.empty():
			first.turns = second.turns
		}
	}
	a, b := len(first.turns), len(second.turns)
	n := min(a, b)
	switch {
	case worse.before.empty():
	case better.before.empty():
		first.system = second.system
	default:
		if !slices.EqualFunc(r.addSystem(own, first.system), r.addSystem(own, second.system), r.sameMessage) {
			n = -1
		}
	}
	switch {
	case n < 0 || !slices.EqualFunc(first.turns[:n], second.turns[:n], r.sameMessage):
		r.fail(worse.node, CodeContradiction, quoted(worse.name)+" and "+quoted(better.name)+" differ before their last answer",
			"write the same conversation in both, and end it where the answers differ first")
	case a > b:
		c.severalTurns(better)
	case b > a:
		c.severalTurns(worse)
	default:
		return first
	}
	return before
}

func (c *conversation) contradicts(a *preferenceAnswer) {
	c.r.fail(a.node, CodeContradiction, "the conversation in "+quoted(a.name)+" is not the one in the rest of the record",
		"correct one of them, or remove one")
}

func (c *conversation) severalTurns(a *preferenceAnswer) {
	c.r.fail(a.node, CodeUnsupported, quoted(a.name)+" has more messages before its last answer than the other answer: Vertex AI compares single turns",
		"end both where the answers differ first")
}
