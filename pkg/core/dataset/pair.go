// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"encoding/binary"
	"hash/maphash"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// Roles of a message.
const (
	roleUser      = "user"
	roleAssistant = "assistant"
)

// Message is one message of a conversation in a database.
type Message struct {
	ID        string
	SessionID string
	Role      string // user or assistant
	Content   string
	Related   *Related // the question to an answer, or the answer to a question
}

// Related is the message that is paired with another one.
type Related struct {
	Role    string
	Content string
}

// Outcome is the result for a message, or the reason why a record of another format was left out.
type Outcome string

// The outcomes of messages. All except the first two leave the message out.
const (
	Paired           Outcome = "PAIRED"             // a new pair
	Merged           Outcome = "MERGED"             // the second half of a known pair
	NoRelatedMessage Outcome = "NO_RELATED_MESSAGE" // nothing to pair it with
	SameRole         Outcome = "SAME_ROLE"          // both messages are from the same side
	EmptyText        Outcome = "EMPTY_TEXT"         // one of the messages has no text
	InvalidRole      Outcome = "INVALID_ROLE"       // a role that is neither user nor assistant
)

// The outcomes of records of other formats. EmptyText is one of them too: for a turn, or for an
// answer to compare.
const (
	NoTurns     Outcome = CodeEmptyList        // the conversation has no turns
	NoAnswer    Outcome = CodeLastTurnNotModel // the conversation ends with the user
	Unwanted    Outcome = CodeBadAnswer        // the answer is marked as not to be learned
	SameAnswers Outcome = CodeSameAnswers      // the two answers to compare are identical
)

// LeftOut reports whether the message adds nothing to the examples.
func (o Outcome) LeftOut() bool { return o != Paired && o != Merged }

// Pairer makes pairs of messages. A user's message with its answer, and an assistant's message with
// its question, are one pair if the session and both texts are equal. A second record with the same
// role is a second pair.
//
// It keeps about 32 bytes for each pair at most, and none for a pair whose two halves were both
// seen. It is not safe for concurrent use.
type Pairer struct {
	seeds [2]maphash.Seed
	// ahead counts, for each pair, how many more records had the role user than the role assistant.
	// A record adds a pair unless the other role is ahead; then it only completes a pair. Zero is
	// not kept.
	ahead   map[pairKey]int32
	scratch []byte
}

// pairKey is a hash of the session and the two texts of a pair.
type pairKey [16]byte

// NewPairer returns a Pairer without any pairs.
func NewPairer() *Pairer {
	return &Pairer{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		ahead: make(map[pairKey]int32),
	}
}

// Pair returns the two texts of the pair that m belongs to. They are empty if the outcome leaves m
// out.
func (p *Pairer) Pair(m Message) (user, model string, outcome Outcome) {
	if outcome := classify(m); outcome != Paired {
		return "", "", outcome
	}
	user, model = m.Content, m.Related.Content
	if m.Role == roleAssistant {
		user, model = model, user
	}
	p.scratch = p.scratch[:0]
	for _, s := range [...]string{m.SessionID, user, model} {
		p.scratch = appendKeyPart(append(p.scratch, s...), len(s))
	}
	if !p.add(p.key(p.scratch), m.Role == roleUser) {
		return user, model, Merged
	}
	return user, model, Paired
}

// classify returns whether a message can be part of a pair: Paired, or the reason against it.
func classify(m Message) Outcome {
	valid := func(role string) bool { return role == roleUser || role == roleAssistant }
	switch {
	case !valid(m.Role):
		return InvalidRole
	case m.Related == nil:
		return NoRelatedMessage
	case !valid(m.Related.Role):
		return InvalidRole
	case m.Role == m.Related.Role:
		return SameRole
	case strings.TrimSpace(m.Content) == "" || strings.TrimSpace(m.Related.Content) == "":
		return EmptyText
	}
	return Paired
}

// key returns the key of a pair, whose parts appendKeyPart has appended. It is safe for concurrent
// use.
func (p *Pairer) key(parts []byte) (k pairKey) {
	for i, seed := range p.seeds {
		binary.LittleEndian.PutUint64(k[8*i:], maphash.Bytes(seed, parts))
	}
	return k
}

// appendKeyPart ends a part of a key with its length n, so that the part cannot be confused with
// the next one.
func appendKeyPart(dst []byte, n int) []byte {
	return binary.LittleEndian.AppendUint64(dst, uint64(n))
}

// add counts one record and reports whether it adds a pair.
func (p *Pairer) add(k pairKey, fromUser bool) bool {
	before := p.ahead[k]
	step, adds := int32(1), before >= 0
	if !fromUser {
		step, adds = -1, before <= 0
	}
	if after := before + step; after == 0 {
		delete(p.ahead, k)
	} else {
		p.ahead[k] = after
	}
	return adds
}

// AppendPair appends the example of one pair as a line. Both texts must be valid UTF-8; texts from
// Firestore and from a checked file always are.
func AppendPair(dst []byte, user, model string) []byte {
	dst = append(dst, `{"contents":[{"role":"user","parts":[{"text":`...)
	dst = strictjson.AppendQuote(dst, user)
	dst = append(dst, `}]},{"role":"model","parts":[{"text":`...)
	dst = strictjson.AppendQuote(dst, model)
	return append(dst, "}]}]}\n"...)
}
