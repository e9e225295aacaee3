// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package fault is the one vocabulary of errors in Vertextune: what went wrong, said so that the caller
// can act on it, and mapped to HTTP in one table. It is pure: adapters translate what Google Cloud answers
// into these kinds (see package gcp), the HTTP layer writes them out.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind classifies an error by what the caller can do about it. Its row in the table gives the HTTP answer.
type Kind int

// The kinds, in the order of the table.
const (
	Internal           Kind = iota // our own defect; nothing of it is shown
	InvalidArgument                // the request is wrong as it stands
	FailedPrecondition             // right in form, refused by the state of things
	Unauthenticated                // no token, or a wrong one
	PermissionDenied               // known caller, not allowed
	NotFound                       // unknown job, message, session or model
	MethodNotAllowed               // wrong HTTP method
	AlreadyExists                  // conflict with what is there
	Conflict                       // right in form, but not in the state that the thing is in
	TooLarge                       // request body over the limit
	UnsupportedMedia               // request body is not JSON
	ResourceExhausted              // quota; try again later
	UpstreamFailed                 // Google Cloud answered with an error of its own
	Unavailable                    // Google Cloud is away
	DeadlineExceeded               // Google Cloud was too slow
	Canceled                       // the client went away
)

// A Violation names one place in the request and what is wrong there.
type Violation struct {
	// Field is the path in the request body, as in "data[3].contents[1].role".
	Field string `json:"field"`
	// Reason is a stable upper-case word for programs.
	Reason string `json:"reason"`
	// Description is a sentence for people, with the fix.
	Description string `json:"description"`
	// Place is where it is in a list of records; nil for what is wrong elsewhere. JSON has its members beside the others.
	*Place `firestore:"place,omitempty"`
}

// Place is where a violation is in a list of records, in the terms of a report on data.
type Place struct {
	Record  int64  `json:"record" firestore:"record"`
	Line    int64  `json:"line" firestore:"line"`
	Offset  *int64 `json:"offset,omitempty" firestore:"offset,omitempty"` // nil where it is not known
	Pointer string `json:"pointer" firestore:"pointer"`
}

// Error is an error with a kind and a message that is safe to show to the caller.
type Error struct {
	Kind       Kind
	Message    string
	Violations []Violation
	// Count is how many violations there are, where Violations are only the first of them.
	Count int64
	// Reason, if set, is a stable word for the whole error, and Metadata what goes with it.
	Reason   string
	Metadata map[string]string
	// RetryAfter, if positive, is when a repeat may succeed.
	RetryAfter time.Duration
	// Busy says that this service refuses what is beyond its share, as it is meant to: nobody has to mend that.
	Busy bool
	// Log, if set, is what the log has in place of the message and the cause: it quotes no input.
	Log string
	// Err is the cause, which is never shown.
	Err error
}

// Error returns the message with its violations and cause, for tests and terminals. It quotes what people wrote:
// the log has [Logged] instead.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for i, v := range e.Violations {
		if i == 3 {
			fmt.Fprintf(&b, "; and %d more", len(e.Violations)-i)
			break
		}
		fmt.Fprintf(&b, "; %s: %s", v.Field, v.Description)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the kind with a message that may be shown to the caller.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an error of the kind whose cause is kept for the log.
func Wrap(kind Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}

// Invalid returns an InvalidArgument error that carries the violations.
func Invalid(violations ...Violation) *Error {
	if len(violations) == 0 {
		return New(InvalidArgument, "The request is not valid.")
	}
	message := fmt.Sprintf("The request is not valid: %s: %s", violations[0].Field, violations[0].Description)
	if n := len(violations); n > 1 {
		message = fmt.Sprintf("The request has %d faults. First: %s: %s", n, violations[0].Field, violations[0].Description)
	}
	return &Error{Kind: InvalidArgument, Message: message, Violations: violations}
}

// KindOf returns the kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Passes reports whether the same call may succeed a little later, with nothing mended.
func Passes(err error) bool {
	switch KindOf(err) {
	case Unavailable, DeadlineExceeded, ResourceExhausted, Canceled:
		return true
	default:
		return false
	}
}

// Heals reports whether the same call may succeed later without anybody changing the input. An event
// function returns such an error, so that the event is delivered again, and acknowledges the others.
// Errors that are not of this package count as ones that may heal.
func Heals(err error) bool {
	switch KindOf(err) {
	case InvalidArgument, FailedPrecondition, NotFound, AlreadyExists, Conflict, TooLarge:
		return false
	default:
		return true
	}
}
