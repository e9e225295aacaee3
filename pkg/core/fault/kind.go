// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

// names are the names of the kinds in records. They never change.
var names = map[Kind]string{
	Internal:           "INTERNAL",
	InvalidArgument:    "INVALID_ARGUMENT",
	FailedPrecondition: "FAILED_PRECONDITION",
	Unauthenticated:    "UNAUTHENTICATED",
	PermissionDenied:   "PERMISSION_DENIED",
	NotFound:           "NOT_FOUND",
	MethodNotAllowed:   "METHOD_NOT_ALLOWED",
	AlreadyExists:      "ALREADY_EXISTS",
	Conflict:           "CONFLICT",
	TooLarge:           "TOO_LARGE",
	UnsupportedMedia:   "UNSUPPORTED_MEDIA",
	ResourceExhausted:  "RESOURCE_EXHAUSTED",
	UpstreamFailed:     "UPSTREAM_FAILED",
	Unavailable:        "UNAVAILABLE",
	DeadlineExceeded:   "DEADLINE_EXCEEDED",
	Canceled:           "CANCELED",
}

// String returns the kind's name.
func (k Kind) String() string { return names[k] }

// ParseKind returns the kind with the name.
func ParseKind(name string) (Kind, bool) {
	for k, n := range names {
		if n == name {
			return k, true
		}
	}
	return Internal, false
}
