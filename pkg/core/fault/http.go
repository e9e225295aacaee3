// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// HTTPStatus is the HTTP status of a kind: the code, and Google's canonical name for it (AIP-193).
type HTTPStatus struct {
	Code   int
	Status string
}

// table maps every kind to its HTTP status. Google's APIs use 499 when the client closes the
// connection.
var table = map[Kind]HTTPStatus{
	Internal:           {500, "INTERNAL"},
	InvalidArgument:    {400, "INVALID_ARGUMENT"},
	FailedPrecondition: {400, "FAILED_PRECONDITION"},
	Unauthenticated:    {401, "UNAUTHENTICATED"},
	PermissionDenied:   {403, "PERMISSION_DENIED"},
	NotFound:           {404, "NOT_FOUND"},
	MethodNotAllowed:   {405, "UNIMPLEMENTED"},
	AlreadyExists:      {409, "ALREADY_EXISTS"},
	Conflict:           {409, "ABORTED"},
	TooLarge:           {413, "INVALID_ARGUMENT"},
	UnsupportedMedia:   {415, "INVALID_ARGUMENT"},
	ResourceExhausted:  {429, "RESOURCE_EXHAUSTED"},
	UpstreamFailed:     {502, "UNKNOWN"},
	Unavailable:        {503, "UNAVAILABLE"},
	DeadlineExceeded:   {504, "DEADLINE_EXCEEDED"},
	Canceled:           {499, "CANCELLED"},
}

// HTTP returns the HTTP status of the kind.
func (k Kind) HTTP() HTTPStatus { return table[k] }

// From converts err to an Error. It returns an existing Error unchanged and translates the errors
// of package context. Any other error becomes Internal, with a message that hides the cause.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Wrap(DeadlineExceeded, err, "The request took too long.")
	case errors.Is(err, context.Canceled):
		return Wrap(Canceled, err, "The request was cancelled.")
	}
	return Wrap(Internal, err, "Something went wrong on our side. It has been logged.")
}

// Body is an error in Google's shape (AIP-193), ready for encoding/json:
//
//	{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "…", "details": [{"@type": "…BadRequest",
//	 "fieldViolations": [{"field": "…", "description": "…", "reason": "…"}]}]}}
type Body struct {
	Error struct {
		Code    int    `json:"code"`
		Status  string `json:"status"`
		Message string `json:"message"`
		Details []any  `json:"details,omitempty"`
	} `json:"error"`
}

// The details of a Body; each is a message of google.rpc.
type (
	badRequest struct {
		Type       string      `json:"@type"`
		Violations []Violation `json:"fieldViolations"`
	}
	errorInfo struct {
		Type     string            `json:"@type"`
		Reason   string            `json:"reason"`
		Domain   string            `json:"domain"`
		Metadata map[string]string `json:"metadata,omitempty"`
	}
	retryInfo struct {
		Type  string `json:"@type"`
		Delay string `json:"retryDelay"`
	}
	requestInfo struct {
		Type string `json:"@type"`
		ID   string `json:"requestId"`
	}
)

// maxShown is how many violations a response lists. All of them are counted.
const maxShown = 1000

const rpc = "type.googleapis.com/google.rpc."

// Body returns the part of the error that the caller may see.
func (e *Error) Body() Body {
	var b Body
	answer := e.Kind.HTTP()
	b.Error.Code, b.Error.Status, b.Error.Message = answer.Code, answer.Status, e.Message
	if len(e.Violations) > 0 {
		shown := e.Violations[:min(len(e.Violations), maxShown)]
		if len(shown) < len(e.Violations) {
			b.Error.Message += fmt.Sprintf(" There are %d faults; the first %d are listed.", len(e.Violations), len(shown))
		}
		b.Error.Details = append(b.Error.Details, badRequest{rpc + "BadRequest", shown})
	}
	if e.Reason != "" {
		b.Error.Details = append(b.Error.Details, errorInfo{rpc + "ErrorInfo", e.Reason, "vertextune", e.Metadata})
	}
	if e.RetryAfter > 0 {
		b.Error.Details = append(b.Error.Details, retryInfo{rpc + "RetryInfo", strconv.FormatInt(e.RetrySeconds(), 10) + "s"})
	}
	return b
}

// Of adds the ID of the request, with which the operator finds the log lines of the request.
func (b Body) Of(requestID string) Body {
	b.Error.Details = append(slices.Clip(b.Error.Details), requestInfo{rpc + "RequestInfo", requestID})
	return b
}

// RetrySeconds returns RetryAfter in whole seconds, rounded up, for the header Retry-After.
func (e *Error) RetrySeconds() int64 { return int64(math.Ceil(e.RetryAfter.Seconds())) }
