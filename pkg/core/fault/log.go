// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LogValue makes slog write the error as [Logged] does.
func (e *Error) LogValue() slog.Value { return slog.StringValue(Logged(e)) }

// Logged returns the text of an error for the log, without any text from a request, a file or a
// message. For an Error it returns the codes and counts. For errors of the standard library that
// quote their input, it returns only the description. A text that wraps an Error is our own; it
// names jobs but quotes no input.
func Logged(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // the chain is walked below, link by link
		return e.logged()
	}
	if text, ok := quoting(err); ok {
		return text
	}
	text := err.Error()
	for _, inner := range unwrapped(err) {
		// If a text does not contain the text of its cause, it may contain user input. Then only
		// the cause is logged.
		if whole := inner.Error(); strings.Contains(text, whole) {
			text = strings.Replace(text, whole, Logged(inner), 1)
		} else {
			text = Logged(inner)
		}
	}
	return text
}

// unwrapped returns the causes of an error.
func unwrapped(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return several.Unwrap()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return []error{inner}
	}
	return nil
}

// quoting describes an error whose own text would quote its input.
func quoting(err error) (string, bool) {
	switch e := err.(type) { //nolint:errorlint // one link of the chain
	case *url.Error:
		return e.Op + ": " + Logged(e.Err), true
	case *strconv.NumError:
		return "the text is no number: " + Logged(e.Err), true
	case *time.ParseError:
		return "the text is no time", true
	case *json.SyntaxError:
		return fmt.Sprintf("the JSON is not valid at byte %d", e.Offset), true
	case *json.UnmarshalTypeError:
		return fmt.Sprintf("the JSON has another type at byte %d", e.Offset), true
	case *json.MarshalerError:
		return "the value cannot be written as JSON", true
	}
	return "", false
}

// IsCallers reports whether the caller has to correct the request, so that the operator need not
// act.
func IsCallers(err error) bool {
	code := KindOf(err).HTTP().Code
	return code >= 400 && code < 500
}

// LogLevel returns the log level of an error.
func LogLevel(err error) slog.Level {
	if IsCallers(err) {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// maxReasons is how many reasons of violations a log line names.
const maxReasons = 10

func (e *Error) logged() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Reason != "" {
		b.WriteString(" " + e.Reason)
	}
	if n := e.Metadata["errors"]; n != "" {
		b.WriteString(", errors: " + n)
	}
	if len(e.Violations) > 0 {
		reasons := map[string]bool{}
		for _, v := range e.Violations {
			reasons[v.Reason] = true
		}
		fmt.Fprintf(&b, ", violations: %d (", len(e.Violations))
		for i, reason := range slices.Sorted(maps.Keys(reasons)) {
			if i == maxReasons {
				b.WriteString(", …")
				break
			}
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(reason)
		}
		b.WriteString(")")
	}
	switch {
	case e.Log != "":
		b.WriteString(": " + e.Log)
	case !IsCallers(e):
		b.WriteString(": " + e.Message)
		if e.Err != nil {
			b.WriteString(": " + Logged(e.Err))
		}
	}
	return b.String()
}
