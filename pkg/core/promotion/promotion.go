// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package promotion defines the pointer of a model: which tuned model an application that asks for
// the model gets, and which ones it got before. It is pure: it calls no service and reads no clock.
//
// A pointer changes by moves, which are numbered from 1 without a gap. First a move is pending.
// Then Vertex AI gets the default checkpoint, and then the move is complete. While a move is
// pending, no other can begin, so moves never cross.
package promotion

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
)

// Action is the kind of a move.
type Action string

// The actions.
const (
	Promoted   Action = "PROMOTED"
	RolledBack Action = "ROLLED_BACK"
)

// Version is a tuned model that a pointer names.
type Version struct {
	JobID        string    `firestore:"job_id"`
	JobName      string    `firestore:"job_name"`
	JobCreatedAt time.Time `firestore:"job_created_at"`
	BaseModel    string    `firestore:"base_model"`
	TunedModel   string    `firestore:"tuned_model"`
	// Checkpoint is the ID of the checkpoint that is asked, or "" if the job kept only the last
	// one. Endpoint is the endpoint of that checkpoint itself. So the pointer stays right even if
	// another program changes the default checkpoint on Vertex AI.
	Checkpoint string `firestore:"checkpoint_id,omitempty"`
	Endpoint   string `firestore:"endpoint"`
}

// same reports whether two versions are the same model at the same checkpoint.
func (v Version) same(other Version) bool {
	return v.JobID == other.JobID && v.Endpoint == other.Endpoint
}

// Move is one change of a pointer.
type Move struct {
	ID      string  `firestore:"id"`
	Number  int64   `firestore:"number"`
	Action  Action  `firestore:"action"`
	Version Version `firestore:"version"`
	// Previous is the number of the move to whose version a rollback of this one goes back; 0 if
	// there is none.
	Previous  int64     `firestore:"previous,omitempty"`
	By        string    `firestore:"by"`
	Automatic bool      `firestore:"automatic,omitempty"` // by the promote_if of a start
	At        time.Time `firestore:"at"`                  // of its completion
	Gain      *Gain     `firestore:"gain,omitempty"`      // if a gate was checked
	// Key identifies the request that made the move, if it had an idempotency key, and Request is a
	// hash of its content.
	Key     string `firestore:"key,omitempty"`
	Request string `firestore:"request,omitempty"`
}

// Pending is a move that Vertex AI may or may not know of yet.
type Pending struct {
	Move       Move      `firestore:"move"`
	BegunAt    time.Time `firestore:"begun_at"`
	LeaseUntil time.Time `firestore:"lease_until"`
}

// Leased reports whether a process works on the move.
func (p *Pending) Leased(now time.Time) bool { return now.Before(p.LeaseUntil) }

// Pointer is the part of a model's document that belongs to promotions.
type Pointer struct {
	// Moves are the newest moves, the newest one first. It names the active version.
	Moves   []Move
	Pending *Pending
	// Published is the number of the newest move whose event was published.
	Published int64
}

// maxMoves is how many moves are kept. A move whose event was not published is kept in any case.
const maxMoves = 100

// Active returns the move that named the active version, or nil.
func (p Pointer) Active() *Move {
	if len(p.Moves) == 0 {
		return nil
	}
	return &p.Moves[0]
}

// Find returns the move with this number, or nil.
func (p Pointer) Find(number int64) *Move {
	return p.find(func(m Move) bool { return m.Number == number })
}

// Made returns the move with this ID, or nil if it is not complete.
func (p Pointer) Made(id string) *Move { return p.find(func(m Move) bool { return m.ID == id }) }

// Keyed returns the move that the request with this key made, or nil.
func (p Pointer) Keyed(key string) *Move {
	return p.find(func(m Move) bool { return key != "" && m.Key == key })
}

func (p Pointer) find(is func(Move) bool) *Move {
	if i := slices.IndexFunc(p.Moves, is); i >= 0 {
		return &p.Moves[i]
	}
	return nil
}

// Watched reports whether the poller has work to do.
func (p Pointer) Watched() bool { return p.Pending != nil || len(p.Unpublished()) > 0 }

// Unpublished returns the moves whose events were not published, the oldest first.
func (p Pointer) Unpublished() (moves []Move) {
	for _, m := range slices.Backward(p.Moves) {
		if m.Number > p.Published {
			moves = append(moves, m)
		}
	}
	return moves
}

// Begin returns the pointer with a pending move.
func (p Pointer) Begin(m Move, now, until time.Time) Pointer {
	p.Pending = &Pending{Move: m, BegunAt: now, LeaseUntil: until}
	return p
}

// Lease returns the pointer with another lease of its pending move.
func (p Pointer) Lease(until time.Time) Pointer {
	pending := *p.Pending
	pending.LeaseUntil = until
	p.Pending = &pending
	return p
}

// Abandon returns the pointer without its pending move.
func (p Pointer) Abandon() Pointer {
	p.Pending = nil
	return p
}

// Complete returns the pointer after its pending move.
func (p Pointer) Complete(now time.Time) Pointer {
	m := p.Pending.Move
	m.At = now
	p.Moves = append([]Move{m}, p.Moves...)
	for len(p.Moves) > maxMoves && p.Moves[len(p.Moves)-1].Number <= p.Published {
		p.Moves = p.Moves[:len(p.Moves)-1]
	}
	p.Pending = nil
	return p
}

// next returns the number of the next move.
func (p Pointer) next() int64 {
	if active := p.Active(); active != nil {
		return active.Number + 1
	}
	return 1
}

// Promote returns the move that makes m.Version the active one. If it is active already, isNew is
// false, and the move is the one that made it active.
func (p Pointer) Promote(m Move) (move Move, isNew bool) {
	active := p.Active()
	if active != nil && active.Version.same(m.Version) {
		return *active, false
	}
	m.ID, m.Number, m.Action = newID(), p.next(), Promoted
	if active != nil {
		m.Previous = active.Number
	}
	return m, true
}

// RollBack returns the move that goes back to the version before the active one. leave, if it is
// not 0, is the number of the version to leave. If it was rolled back already, isNew is false, and
// the move is the one that left it.
func (p Pointer) RollBack(leave int64, m Move) (move Move, isNew bool, err error) {
	active := p.Active()
	switch after := p.Find(leave + 1); {
	case active == nil:
		return m, false, noPrevious("Nothing was promoted yet, so there is no version to go back to.")
	case leave == 0 || leave == active.Number:
	case leave > 0 && after != nil && after.Action == RolledBack:
		return *after, false, nil
	default:
		return m, false, notActive(leave, active.Number)
	}
	back := p.Find(active.Previous)
	switch {
	case active.Previous == 0:
		return m, false, noPrevious("There is no version before version %d to go back to.", active.Number)
	case back == nil:
		return m, false, noPrevious("The version before version %d is not kept any more. Promote a job in place of it.", active.Number)
	}
	m.ID, m.Number, m.Action = newID(), p.next(), RolledBack
	m.Version, m.Previous, m.Gain = back.Version, back.Previous, back.Gain
	return m, true, nil
}

// State is the state of the promotion that a start asked for.
type State string

// The states.
const (
	Waiting     State = "WAITING" // for the evaluation
	Done        State = "PROMOTED"
	NotPromoted State = "NOT_PROMOTED"
)

// Outcome is what became of the promotion that a start asked for.
type Outcome struct {
	State   State     `firestore:"state"`
	Version int64     `firestore:"version,omitempty"` // number of the move
	Detail  string    `firestore:"detail,omitempty"`  // why it was not promoted, for the caller
	Gain    *Gain     `firestore:"gain,omitempty"`    // nil if it was not measured
	At      time.Time `firestore:"at"`
}

func newID() string { return "mv-" + strings.ToLower(rand.Text()[:20]) }
