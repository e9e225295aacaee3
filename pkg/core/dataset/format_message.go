// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// message checks a record that is one message of a conversation. It appends the example that the
// message forms with its related message.
func (r *record) message(dst []byte) []byte {
	var id, content, role, session, related int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "content":
			content = v
		case "role":
			role = v
		case "session_id":
			session = v
		case "related_message":
			related = v
		case "id", "message_id":
			id = v
		case "created_at":
		default:
			r.unused(i)
		}
	}
	r.messageText(root, content, role)
	if session != 0 && r.kind(session) != strictjson.Null {
		r.is(session, strictjson.String)
	}
	if r.kind(related) == strictjson.Null {
		related = 0
	}
	if related != 0 && r.is(related, strictjson.Object) {
		r.related(related)
	}
	if r.failed() {
		return dst
	}
	return r.pair(dst, messageNodes{id, content, role, session, related})
}

// messageNodes are the members of a checked message; 0 means absent.
type messageNodes struct{ id, content, role, session, related int }

// messageText checks the two members that every message must have.
func (r *record) messageText(obj, content, role int) {
	if content == 0 {
		r.fail(obj, CodeMissingField, `the message has no "content"`, "add the text of the message")
	} else {
		r.is(content, strictjson.String)
	}
	switch {
	case role == 0:
		r.fail(obj, CodeMissingField, `the message has no "role"`, `add "user" or "assistant"`)
	case !r.is(role, strictjson.String):
	default:
		if s := string(r.key(role)); s != roleUser && s != roleAssistant {
			r.fail(role, CodeInvalidRole, "a message has no role "+quoted(s), `write "user" or "assistant"`)
		}
	}
}

func (r *record) related(obj int) {
	var content, role int
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "content":
			content = i + 1
		case "role":
			role = i + 1
		default:
			if !r.recordMark(i) {
				r.unused(i)
			}
		}
	}
	r.messageText(obj, content, role)
}

// leftOutFixes has advice for messages that are left out.
var leftOutFixes = map[Outcome]string{
	NoRelatedMessage: "add its question or answer as related_message",
	SameRole:         "one of the two messages must be from the user and one from the assistant",
	EmptyText:        "give both messages a text",
}

var leftOutReasons = map[Outcome]string{
	NoRelatedMessage: "has no related message",
	SameRole:         "and its related message have the same role",
	EmptyText:        "or its related message has no text",
}

// pair appends the example of a valid message.
func (r *record) pair(dst []byte, m messageNodes) []byte {
	if why := r.reason(m); why != Paired {
		name := "the message"
		if r.kind(m.id) == strictjson.String {
			name += " " + quoted(r.text(m.id))
		}
		r.leaveOut(root, why, name+" "+leftOutReasons[why], leftOutFixes[why])
		return dst
	}
	user, model := m.content, r.member(m.related, "content")
	fromUser := string(r.key(m.role)) == roleUser
	if !fromUser {
		user, model = model, user
	}
	key := r.worker.scratch[:0]
	for _, n := range [...]int{m.session, user, model} {
		before := len(key)
		if r.kind(n) == strictjson.String {
			key = strictjson.AppendText(key, r.raw(n))
		}
		key = appendKeyPart(key, len(key)-before)
	}
	r.worker.scratch = key
	r.example.paired, r.example.user = true, fromUser
	r.example.pair = r.worker.info.pairer.key(key)
	r.example.turns = 2
	r.addText(user)
	r.addText(model)
	if r.isNearEmpty(model) {
		r.warnNearEmpty(model)
	}
	dst = append(dst, `{"contents":[{"role":"user","parts":[{"text":`...)
	dst = append(dst, r.raw(user)...)
	dst = append(dst, `}]},{"role":"model","parts":[{"text":`...)
	dst = append(dst, r.raw(model)...)
	return append(dst, "}]}]}\n"...)
}

func (r *record) reason(m messageNodes) Outcome {
	switch {
	case m.related == 0:
		return NoRelatedMessage
	case string(r.key(m.role)) == string(r.key(r.member(m.related, "role"))):
		return SameRole
	case r.blank(m.content) || r.blank(r.member(m.related, "content")):
		return EmptyText
	}
	return Paired
}
