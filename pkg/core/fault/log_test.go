// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// word is user input: it must never be in the log.
const word = "Xylophon"

func TestLogged(t *testing.T) {
	t.Parallel()
	violation := func(reason string) fault.Violation {
		return fault.Violation{Field: "data." + word, Reason: reason, Description: word}
	}
	invalid := fault.Invalid(violation("ODD"), violation("EVEN"), violation("ODD"))
	_, number := strconv.Atoi(word)
	_, moment := time.Parse(time.RFC3339, word)
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"plain", errors.New("no room"), "no room"},
		{"violations", invalid, "INVALID_ARGUMENT, violations: 3 (EVEN, ODD)"},
		{"wrapped", fmt.Errorf("resume job vt-1: %w", invalid), "resume job vt-1: INVALID_ARGUMENT, violations: 3 (EVEN, ODD)"},
		{"wrapped_out_of_sight", hiding{invalid}, "INVALID_ARGUMENT, violations: 3 (EVEN, ODD)"},
		{"joined", errors.Join(errors.New("one"), fault.New(fault.NotFound, "%s", word)), "one\nNOT_FOUND"},
		{
			"data", &fault.Error{Kind: fault.InvalidArgument, Message: word, Reason: "INVALID_DATA", Metadata: map[string]string{"errors": "1500"}},
			"INVALID_ARGUMENT INVALID_DATA, errors: 1500",
		},
		{"cause_of_the_callers", fault.Wrap(fault.InvalidArgument, errors.New(word), "%s", word), "INVALID_ARGUMENT"},
		{"ours", fault.Wrap(fault.Internal, errors.New("disk full"), "It broke."), "INTERNAL: It broke.: disk full"},
		{"ours_quoting", fault.Wrap(fault.Internal, fmt.Errorf("read it: %w", number), "It broke."), "INTERNAL: It broke.: read it: the text is no number: invalid syntax"},
		{"for_the_log", &fault.Error{Kind: fault.Unavailable, Message: word, Log: "away", Err: errors.New(word)}, "UNAVAILABLE: away"},
		{"address", &url.Error{Op: "Get", URL: "http://host/" + word, Err: errors.New("refused")}, "Get: refused"},
		{"time", moment, "the text is no time"},
		{"json", json.Unmarshal([]byte(`{"a": `+word), &struct{}{}), "the JSON is not valid at byte 7"},
		{"json_type", json.Unmarshal([]byte(`{"`+word+`": "x"}`), &map[string]int{}), "the JSON has another type at byte"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := fault.Logged(tt.err)
			if got != tt.want && (tt.name != "json_type" || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("Logged = %q, want %q", got, tt.want)
			}
			if strings.Contains(got, word) {
				t.Errorf("%q has the word", got)
			}
		})
	}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "error", invalid)
	if strings.Contains(out.String(), word) || !strings.Contains(out.String(), "ODD") {
		t.Errorf("a plain handler writes %q", out.String())
	}
}

// hiding is an error whose text does not contain the text of its cause.
type hiding struct{ cause error }

func (hiding) Error() string   { return word }
func (h hiding) Unwrap() error { return h.cause }

func TestLogLevel(t *testing.T) {
	t.Parallel()
	for kind, want := range kinds {
		level := slog.LevelWarn
		if want.code < 500 {
			level = slog.LevelInfo
		}
		if got := fault.LogLevel(fmt.Errorf("around: %w", fault.New(kind, "x"))); got != level {
			t.Errorf("kind %s: level %v, want %v", kind, got, level)
		}
	}
	if got := fault.LogLevel(errCause); got != slog.LevelWarn {
		t.Errorf("an error from elsewhere: level %v", got)
	}
}
