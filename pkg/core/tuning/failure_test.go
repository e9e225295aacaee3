// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// TestFailure_answers_as_the_error_did: a repeated start gets the same answer from the record as
// the first start got from the error.
func TestFailure_answers_as_the_error_did(t *testing.T) {
	t.Parallel()
	places := func(n int) (all []fault.Violation) {
		for i := range n {
			all = append(all, fault.Violation{Field: fmt.Sprintf("data[%d]", i), Reason: "BAD", Description: "It is bad."})
		}
		return all
	}
	causes := map[string]error{
		"of_context":     fmt.Errorf("write: %w", context.DeadlineExceeded),
		"of_our_own":     errors.New("a secret of ours"),
		"with_a_place":   fault.Invalid(places(1)...),
		"with_100":       fault.Invalid(places(100)...),
		"with_a_record":  fault.Invalid(fault.Violation{Field: "data[2]", Reason: "BAD", Place: &fault.Place{Record: 2, Line: 3, Pointer: "/a"}}),
		"with_a_reason":  &fault.Error{Kind: fault.InvalidArgument, Message: "Bad data.", Reason: "INVALID_DATA", Metadata: map[string]string{"errors": "3"}},
		"wrapped":        fmt.Errorf("copy: %w", fault.New(fault.NotFound, "There is none.")),
		"with_its_cause": fault.Wrap(fault.UpstreamFailed, errors.New("a secret of Google's"), "It failed."),
	}
	for kind := fault.Internal; kind.String() != ""; kind++ {
		causes["kind_"+kind.String()] = fault.New(kind, "No.")
	}
	if len(causes) < 20 {
		t.Fatalf("only %d causes: kinds without a name?", len(causes))
	}
	for name, cause := range causes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := tuning.FailureOf(cause, 7)
			if f.Code != 7 {
				t.Errorf("code %d, want the one given", f.Code)
			}
			if diff := cmp.Diff(fault.From(cause).Body(), fault.From(f.Err()).Body()); diff != "" {
				t.Errorf("answer (-first +repeated):\n%s", diff)
			}
		})
	}
}

// TestFailure_is_bounded: a document holds at most 1 MiB, but a refused request can have any number
// of faults.
func TestFailure_is_bounded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ places, bytes, pointer, kept int }{
		"all_that_an_answer_lists": {1000, 100, 0, 1000},
		"one_more":                 {1001, 100, 0, 1000},
		"long_ones":                {1000, 2000, 0, 102},
		"a_long_one":               {1, 1 << 20, 0, 0},
		"in_records":               {1000, 100, 836, 204},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			many := make([]fault.Violation, tt.places)
			for i := range many {
				many[i] = fault.Violation{Field: fmt.Sprintf("%04d", i), Reason: strings.Repeat("R", tt.bytes/2), Description: strings.Repeat("x", tt.bytes-4-tt.bytes/2)}
				if tt.pointer > 0 {
					many[i].Place = &fault.Place{Line: 1, Pointer: strings.Repeat("/", tt.pointer)}
				}
			}
			got := tuning.FailureOf(fault.Invalid(many...), 3)
			if diff := cmp.Diff(many[:tt.kept], got.Violations); diff != "" {
				t.Errorf("%d violations kept (-want +got):\n%s", len(got.Violations), diff)
			}
		})
	}
}

// TestFailure_of_an_unknown_kind: an older version of the program may read a record that a newer
// one has written.
func TestFailure_of_an_unknown_kind(t *testing.T) {
	t.Parallel()
	got := fault.From(tuning.Failure{Code: 3, Message: "No.", Kind: "NEWER"}.Err())
	if got.Kind != fault.Internal || got.Message != "No." {
		t.Errorf("Err = %+v, want an Internal error with the message", got)
	}
}
