// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// conversation builds an example turn by turn from a record of any format, and checks what every
// example must contain. Each worker has one conversation, which it reuses.
type conversation struct {
	r               *record
	system          []byte        // parts of the system instruction, each after a comma
	turns           []byte        // turns, each after a comma
	tools           []byte        // function declarations, each after a comma
	calls           []call        // calls of functions, to match results with them
	group           int           // the first call that a result without an id may belong to
	first           int           // the first call from group on that may have no result yet
	functions       []declaration // the declared functions
	lastToolsMember int           // the last member outside the turns that declares functions
	outsideTexts    []int         // names of members outside the turns whose text may also be in a turn
	encodedString   int           // the string whose text is parsed as JSON, or 0
	role            string        // of the current turn, "" before the first
	turnNode        int           // the node of the current turn
	parts           int           // of the current turn
	results         bool          // the current turn contains results of functions
	firstText       int           // the text at the start of the current turn of the model
	missing         bool          // a turn is missing, and this was reported
	answers         int           // messages of the model
	pending         []pendingMark // of the current message
	answerMarks     []answerMark  // of the answers
	severalAnswers  int           // the name of a member that lists several answers to the conversation
}

// begin starts a new example.
func (c *conversation) begin(r *record) {
	*c = conversation{
		r: r, system: c.system[:0], turns: c.turns[:0], tools: c.tools[:0], calls: c.calls[:0],
		functions: c.functions[:0], outsideTexts: c.outsideTexts[:0], pending: c.pending[:0], answerMarks: c.answerMarks[:0],
	}
}

// turn starts a turn of the user or the model; n is its node.
func (c *conversation) turn(n int, role string) {
	c.closeCalls(role)
	c.start(n, role)
}

// callTurn continues the model's turn with its calls, or starts one: adjacent text and calls of the
// model form one turn.
func (c *conversation) callTurn(n int) {
	if c.role != roleModel {
		c.turn(n, roleModel)
		return
	}
	c.countAnswer()
}

func (c *conversation) start(n int, role string) {
	if c.role != "" {
		c.endTurn()
		if c.role == role {
			c.r.warn(n, CodeRolesNotAlternating, "two turns of the role "+quoted(role)+" follow each other", "join them to one turn")
		}
	} else if role == roleModel {
		c.r.warn(n, CodeRolesNotAlternating, "the conversation starts with the model", "start with the user's turn")
	}
	c.open(n, role)
}

// open starts a turn without checking the turn before it.
func (c *conversation) open(n int, role string) {
	c.role, c.turnNode, c.parts, c.results, c.firstText = role, n, 0, false, 0
	c.r.example.turns++
	if role == roleModel {
		c.countAnswer()
	}
	c.turns = append(c.turns, `,{"role":"`...)
	c.turns = append(c.turns, role...)
	c.turns = append(c.turns, `","parts":[`...)
}

// resultTurn continues the turn with the results of functions, or starts one: all results after a
// turn of the model are in one turn.
func (c *conversation) resultTurn(n int) {
	if c.role != roleUser || !c.results {
		c.start(n, roleUser)
		c.results = true
	}
}

func (c *conversation) endTurn() {
	if c.parts == 0 {
		c.r.leaveOut(c.turnNode, EmptyText, "the turn says nothing", "write what was said, or take the turn away")
	}
	if c.firstText != 0 && c.parts == 1 && c.r.isNearEmpty(c.firstText) {
		c.r.warnNearEmpty(c.firstText)
	}
	c.turns = append(c.turns, "]}"...)
}

// part starts a part with its opening bytes.
func (c *conversation) part(opening string) {
	if c.parts > 0 {
		c.turns = append(c.turns, ',')
	}
	c.parts++
	c.turns = append(c.turns, opening...)
}

// text adds the text of a string node as a part.
func (c *conversation) text(n int) {
	switch {
	case c.r.kind(n) == strictjson.Null, c.r.kind(n) == strictjson.String && c.r.blank(n):
		c.parts++ // counted, because a part was intended
		c.r.leaveOut(n, EmptyText, "the text is empty", "write what was said, or take the turn away")
		return
	case !c.r.is(n, strictjson.String):
		c.parts++
		return
	}
	if c.role == roleModel && c.answerWithoutThoughts(n) {
		return
	}
	c.part(`{"text":`)
	c.r.addText(n)
	if c.role == roleModel && c.parts == 1 {
		c.firstText = n
	}
	c.turns = append(c.turns, c.r.raw(n)...)
	c.turns = append(c.turns, '}')
}

// textPart adds a text to a turn that may have more parts. An empty text is skipped. If the turn
// has no other part, the whole record is left out.
func (c *conversation) textPart(n int) {
	if c.r.kind(n) != strictjson.String || !c.r.blank(n) {
		c.text(n)
	}
}

// file adds a part that names a file.
func (c *conversation) file(mime string, uri []byte) {
	c.r.example.parts[kindOf([]byte(mime))]++
	c.part(`{"fileData":{"mimeType":`)
	c.turns = strictjson.AppendQuote(c.turns, mime)
	c.turns = append(c.turns, `,"fileUri":`...)
	c.turns = strictjson.AppendQuote(c.turns, string(uri))
	c.turns = append(c.turns, "}}"...)
}

// inline adds a part that holds base64 data.
func (c *conversation) inline(mime string, data []byte) {
	c.r.example.parts[kindOf([]byte(mime))]++
	c.part(`{"inlineData":{"mimeType":`)
	c.turns = strictjson.AppendQuote(c.turns, mime)
	c.turns = append(c.turns, `,"data":"`...)
	c.turns = append(c.turns, data...)
	c.turns = append(c.turns, `"}}`...)
}

// systemText adds the text of a string node to the system instruction. An empty text is skipped.
func (c *conversation) systemText(n int) {
	if !c.r.is(n, strictjson.String) || c.r.blank(n) {
		return
	}
	if bytes.Contains(c.system, append([]byte(`{"text":`), c.r.raw(n)...)) {
		return // the same text is both inside and outside the turns
	}
	switch {
	case c.answers > 0:
		c.r.warn(n, CodeSystemMoved, "a system text was inside the conversation and was moved to its start, so it now holds for the earlier answers too", "put it first, or make a separate example of the turns after it")
	case c.role != "":
		c.r.warn(n, CodeSystemMoved, "a system text was inside the conversation and was moved to its start", "put it first")
	}
	c.r.addText(n)
	c.system = append(c.system, `,{"text":`...)
	c.system = append(c.system, c.r.raw(n)...)
	c.system = append(c.system, '}')
}

// end appends the example as a line.
func (c *conversation) end(dst []byte) []byte {
	c.finishTurns()
	unanswered := c.role == roleUser && !c.missing
	if c.severalAnswers != 0 {
		c.endSeveral(unanswered)
	} else if unanswered {
		c.r.leaveOut(c.turnNode, NoAnswer, "the last turn is not the model's, so there is nothing to learn", "end the conversation with the model's answer")
	}
	c.endMarks()
	dst = c.appendExample(dst)
	return append(dst, "}\n"...)
}

// endSeveral handles a member that lists several answers. If the conversation has an answer, the
// member is not used. If not, this is an error, because nothing says which answer to learn.
func (c *conversation) endSeveral(unanswered bool) {
	if !unanswered {
		c.r.unused(c.severalAnswers)
		return
	}
	c.r.fail(c.severalAnswers, CodeUnsupported, "the record has several answers, and none is marked as the one to learn",
		`give one, or the better one as "chosen" and the worse one as "rejected"`)
}

// finishTurns ends the last turn. A conversation without any turn is left out.
func (c *conversation) finishTurns() {
	if c.role != "" {
		c.endTurn()
		return
	}
	if !c.r.failed() {
		c.r.leaveOut(root, NoTurns, "the conversation has no turns", "add at least a question and an answer")
	}
}

// appendExample appends the example without its closing brace.
func (c *conversation) appendExample(dst []byte) []byte {
	c.checkOutsideTexts()
	dst = append(dst, '{')
	if len(c.system) > 0 {
		dst = append(dst, `"systemInstruction":{"parts":[`...)
		dst = append(dst, c.system[1:]...)
		dst = append(dst, "]},"...)
	}
	dst = append(dst, `"contents":[`...)
	dst = append(append(dst, bytes.TrimPrefix(c.turns, []byte{','})...), ']')
	if len(c.tools) > 0 {
		dst = append(dst, `,"tools":[{"functionDeclarations":[`...)
		dst = append(dst, c.tools[1:]...)
		dst = append(dst, "]}]"...)
	}
	return dst
}
