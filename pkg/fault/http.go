// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"errors"
	"math"
	"strconv"
)

// Answer is what a kind means over HTTP: the code, and Google's canonical word for it (AIP-193).
type Answer struct {
	Code   int
	Status string
}

// table maps every kind to its HTTP answer. 499 is what Google's APIs use for a client that went away.
var table = map[Kind]Answer{
	Internal:           {500, "INTERNAL"},
	InvalidArgument:    {400, "INVALID_ARGUMENT"},
	FailedPrecondition: {400, "FAILED_PRECONDITION"},
	Unauthenticated:    {401, "UNAUTHENTICATED"},
	PermissionDenied:   {403, "PERMISSION_DENIED"},
	NotFound:           {404, "NOT_FOUND"},
	MethodNotAllowed:   {405, "UNIMPLEMENTED"},
	AlreadyExists:      {409, "ALREADY_EXISTS"},
	TooLarge:           {413, "INVALID_ARGUMENT"},
	UnsupportedMedia:   {415, "INVALID_ARGUMENT"},
	ResourceExhausted:  {429, "RESOURCE_EXHAUSTED"},
	UpstreamFailed:     {502, "UNKNOWN"},
	Unavailable:        {503, "UNAVAILABLE"},
	DeadlineExceeded:   {504, "DEADLINE_EXCEEDED"},
	Canceled:           {499, "CANCELLED"},
}

// HTTP returns the HTTP answer for the kind.
func (k Kind) HTTP() Answer { return table[k] }

// Of returns err as an Error: as it is if it is one already, by what context says of it, else as Internal
// with a message that shows nothing of it.
func Of(err error) *Error {
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

// detail is one entry of AIP-193's details.
type detail map[string]any

// Body returns the error in Google's shape (AIP-193), ready for encoding/json:
//
//	{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "…", "details": [{"@type": "…BadRequest",
//	 "fieldViolations": [{"field": "…", "description": "…", "reason": "…"}]}]}}
func (e *Error) Body() any {
	answer := e.Kind.HTTP()
	details := []detail{}
	if len(e.Violations) > 0 {
		violations := make([]map[string]string, len(e.Violations))
		for i, v := range e.Violations {
			violations[i] = map[string]string{"field": v.Field, "description": v.Description, "reason": v.Reason}
		}
		details = append(details, detail{
			"@type":           "type.googleapis.com/google.rpc.BadRequest",
			"fieldViolations": violations,
		})
	}
	if e.Reason != "" {
		details = append(details, detail{
			"@type":    "type.googleapis.com/google.rpc.ErrorInfo",
			"reason":   e.Reason,
			"domain":   "vertextune",
			"metadata": e.Metadata,
		})
	}
	if e.RetryAfter > 0 {
		details = append(details, detail{
			"@type":      "type.googleapis.com/google.rpc.RetryInfo",
			"retryDelay": strconv.FormatInt(e.RetrySeconds(), 10) + "s",
		})
	}
	body := map[string]any{"code": answer.Code, "status": answer.Status, "message": e.Message}
	if len(details) > 0 {
		body["details"] = details
	}
	return map[string]any{"error": body}
}

// RetrySeconds returns RetryAfter in whole seconds, rounded up, as the header Retry-After wants it.
func (e *Error) RetrySeconds() int64 { return int64(math.Ceil(e.RetryAfter.Seconds())) }
