// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package fault defines the errors of Vertextune: what went wrong, in words that help the caller to
// act, and one table that maps each kind to HTTP. It does no I/O: package gcp translates the errors
// of Google Cloud to these kinds, and the HTTP layer writes them.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind classifies an error by what the caller can do about it. A table maps each kind to its HTTP
// status.
type Kind int

// The kinds, in the order of the table.
const (
	Internal           Kind = iota // our own defect; its details are never shown
	InvalidArgument                // the request itself is wrong
	FailedPrecondition             // the form is right, but the current state does not allow it
	Unauthenticated                // no token, or a wrong token
	PermissionDenied               // the caller is known but not allowed
	NotFound                       // unknown job, message, session or model
	MethodNotAllowed               // wrong HTTP method
	AlreadyExists                  // conflict with something that exists
	Conflict                       // the form is right, but the resource is in the wrong state
	TooLarge                       // the request body is over the limit
	UnsupportedMedia               // the request body is not JSON
	ResourceExhausted              // a quota is used up; try again later
	UpstreamFailed                 // Google Cloud returned an error of its own
	Unavailable                    // Google Cloud is unreachable
	DeadlineExceeded               // Google Cloud was too slow
	Canceled                       // the client closed the connection
)

// A Violation names one field of the request and says what is wrong with it.
type Violation struct {
	// Field is the path in the request body, such as "data[3].contents[1].role".
	Field string `json:"field"`
	// Reason is a stable upper-case word for programs.
	Reason string `json:"reason"`
	// Description is a sentence for people that includes the fix.
	Description string `json:"description"`
	// Place is the place in a list of records, or nil for faults elsewhere. In JSON its members
	// stand next to the other ones.
	*Place `firestore:"place,omitempty"`
}

// Place is where a violation is in a list of records. A report on data uses the same terms.
type Place struct {
	Record  int64  `json:"record" firestore:"record"`
	Line    int64  `json:"line" firestore:"line"`
	Offset  *int64 `json:"offset,omitempty" firestore:"offset,omitempty"` // nil if it is unknown
	Pointer string `json:"pointer" firestore:"pointer"`
}

// Error is an error with a kind and a message that is safe to show to the caller.
type Error struct {
	Kind       Kind
	Message    string
	Violations []Violation
	// Count is the number of all violations if Violations contains only the first ones.
	Count int64
	// Reason, if set, is a stable word for the whole error. Metadata are its details.
	Reason   string
	Metadata map[string]string
	// RetryAfter, if positive, is the time after which a repeated call may succeed.
	RetryAfter time.Duration
	// Busy marks a refusal that protects this service under load. The operator has nothing to fix.
	Busy bool
	// Log, if set, replaces the message and the cause in the log. It must not quote user input.
	Log string
	// Err is the cause, which is never shown to the caller.
	Err error
}

// Error returns the message with its violations and its cause, for tests and terminals. It quotes
// user input, so the log uses [Logged] instead.
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

// Wrap is like New and keeps the cause for the log.
func Wrap(kind Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}

// Refuse returns an error about one field of a request. reason is a word such as UNKNOWN_JOB.
func Refuse(kind Kind, field, reason, format string, args ...any) *Error {
	e := New(kind, format, args...)
	e.Violations = []Violation{{Field: field, Reason: reason, Description: e.Message}}
	return e
}

// Invalid returns an InvalidArgument error with the violations.
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

// IsTransient reports whether the same call may succeed a little later without any change.
func IsTransient(err error) bool {
	switch KindOf(err) {
	case Unavailable, DeadlineExceeded, ResourceExhausted, Canceled:
		return true
	default:
		return false
	}
}

// ShouldRedeliver reports whether the same call may succeed later without a change of the input. An
// event function returns such an error, so that the event is delivered again; it acknowledges the
// event for all other errors. An error of another package counts as one that may succeed later.
func ShouldRedeliver(err error) bool {
	switch KindOf(err) {
	case InvalidArgument, FailedPrecondition, NotFound, AlreadyExists, Conflict, TooLarge:
		return false
	default:
		return true
	}
}
