// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

var errCause = errors.New("secret of the database")

// kinds lists every kind, its HTTP status, and whether an event is delivered again.
var kinds = map[fault.Kind]struct {
	code   int
	status string
	heals  bool
}{
	fault.Internal:           {500, "INTERNAL", true},
	fault.InvalidArgument:    {400, "INVALID_ARGUMENT", false},
	fault.FailedPrecondition: {400, "FAILED_PRECONDITION", false},
	fault.Unauthenticated:    {401, "UNAUTHENTICATED", true},
	fault.PermissionDenied:   {403, "PERMISSION_DENIED", true},
	fault.NotFound:           {404, "NOT_FOUND", false},
	fault.MethodNotAllowed:   {405, "UNIMPLEMENTED", true},
	fault.AlreadyExists:      {409, "ALREADY_EXISTS", false},
	fault.Conflict:           {409, "ABORTED", false},
	fault.TooLarge:           {413, "INVALID_ARGUMENT", false},
	fault.UnsupportedMedia:   {415, "INVALID_ARGUMENT", true},
	fault.ResourceExhausted:  {429, "RESOURCE_EXHAUSTED", true},
	fault.UpstreamFailed:     {502, "UNKNOWN", true},
	fault.Unavailable:        {503, "UNAVAILABLE", true},
	fault.DeadlineExceeded:   {504, "DEADLINE_EXCEEDED", true},
	fault.Canceled:           {499, "CANCELLED", true},
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for kind := fault.Internal; kind <= fault.Canceled; kind++ {
		want, ok := kinds[kind]
		if !ok {
			t.Errorf("kind %d is not in this table", kind)
			continue
		}
		if diff := cmp.Diff(fault.HTTPStatus{Code: want.code, Status: want.status}, kind.HTTP()); diff != "" {
			t.Errorf("kind %d (-want +got):\n%s", kind, diff)
		}
		if back, ok := fault.ParseKind(kind.String()); !ok || back != kind {
			t.Errorf("kind %d is written as %q and read as %d", kind, kind, back)
		}
		if err := fmt.Errorf("around: %w", fault.New(kind, "x")); fault.ShouldRedeliver(err) != want.heals {
			t.Errorf("Heals of kind %d (%s) = %v", kind, want.status, !want.heals)
		}
	}
	if past := fault.Canceled + 1; past.HTTP() != (fault.HTTPStatus{}) {
		t.Errorf("kind %d comes after the last one in this test: %+v", past, past.HTTP())
	}
	if kind, ok := fault.ParseKind("NO_SUCH_KIND"); ok {
		t.Errorf("an unknown name is read as kind %d", kind)
	}
	if !fault.ShouldRedeliver(errCause) {
		t.Error("an error from elsewhere does not heal")
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	notFound := fault.New(fault.NotFound, "There is no job.")
	tests := []struct {
		name string
		err  error
		kind fault.Kind
	}{
		{"ours", notFound, fault.NotFound},
		{"ours_wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", notFound)), fault.NotFound},
		{"ours_joined", errors.Join(errCause, notFound), fault.NotFound},
		{"deadline", fmt.Errorf("query %w: %w", errCause, context.DeadlineExceeded), fault.DeadlineExceeded},
		{"cancelled", fmt.Errorf("query %w: %w", errCause, context.Canceled), fault.Canceled},
		{"another", errCause, fault.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := fault.From(tt.err)
			if got.Kind != tt.kind {
				t.Errorf("kind = %d, want %d", got.Kind, tt.kind)
			}
			if strings.Contains(got.Message, "secret") {
				t.Errorf("the message shows the cause: %q", got.Message)
			}
			if errors.Is(tt.err, errCause) && tt.kind != fault.NotFound && !strings.Contains(got.Error(), "secret") {
				t.Errorf("the log does not get the cause: %q", got.Error())
			}
		})
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	violation := fault.Violation{Field: "data[3].contents[1].role", Reason: "INVALID_ROLE", Description: `must be "user" or "model".`}
	tests := []struct {
		name string
		err  *fault.Error
		want string
	}{
		{
			"message_only", fault.Wrap(fault.UpstreamFailed, errCause, "Vertex AI failed to %s.", "do it"),
			`{"error":{"code":502,"status":"UNKNOWN","message":"Vertex AI failed to do it."}}`,
		},
		{
			"violations", fault.Invalid(violation),
			`{"error":{"code":400,"status":"INVALID_ARGUMENT",
			  "message":"The request is not valid: data[3].contents[1].role: must be \"user\" or \"model\".",
			  "details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[
			    {"field":"data[3].contents[1].role","description":"must be \"user\" or \"model\".","reason":"INVALID_ROLE"}]}]}}`,
		},
		{
			"a_place_in_records", fault.Invalid(fault.Violation{
				Field: "data[0]", Reason: "ODD", Description: "is odd.", Place: &fault.Place{Line: 1, Offset: new(int64(0))},
			}),
			`{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"The request is not valid: data[0]: is odd.",
			  "details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[
			    {"field":"data[0]","description":"is odd.","reason":"ODD","record":0,"line":1,"offset":0,"pointer":""}]}]}}`,
		},
		{
			"everything", &fault.Error{
				Kind: fault.ResourceExhausted, Message: "No quota left.", Violations: []fault.Violation{violation},
				Reason: "QUOTA", Metadata: map[string]string{"limit": "4"}, RetryAfter: 1500 * time.Millisecond, Err: errCause,
			},
			`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"No quota left.","details":[
			  {"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[
			    {"field":"data[3].contents[1].role","description":"must be \"user\" or \"model\".","reason":"INVALID_ROLE"}]},
			  {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"QUOTA","domain":"vertextune","metadata":{"limit":"4"}},
			  {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.err.Body())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, tt.want), decode(t, string(got))); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func decode(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := fault.Wrap(fault.InvalidArgument, errCause, "Bad.")
	for i := range 5 {
		e.Violations = append(e.Violations, fault.Violation{Field: fmt.Sprintf("f%d", i), Description: "is odd."})
	}
	want := "Bad.; f0: is odd.; f1: is odd.; f2: is odd.; and 2 more: secret of the database"
	if got := e.Error(); got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
	if !errors.Is(e, errCause) {
		t.Error("the cause is not in the chain")
	}
}
