// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"io"
	"log/slog"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Logger writes one JSON object per line, with the field names that Cloud Logging understands:
// severity, message and time.
func Logger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(LogHandler(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: cloudNames})))
}

func cloudNames(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = "message"
	case slog.LevelKey:
		a.Key = "severity"
		if a.Value.Any() == slog.LevelWarn {
			a.Value = slog.StringValue("WARNING")
		}
	}
	return a
}

// LogHandler returns a handler that adds the attributes in the context ([LogWith]) to each entry,
// and writes errors without any text of users ([fault.Logged]). So callers of slog need to do
// neither.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	line.AddAttrs(logAttrs(ctx)...)
	r.Attrs(func(a slog.Attr) bool {
		line.AddAttrs(wordless(a))
		return true
	})
	return h.Handler.Handle(ctx, line) //nolint:wrapcheck // a handler around another
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	safe := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		safe[i] = wordless(a)
	}
	return logHandler{h.Handler.WithAttrs(safe)}
}

func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }

// wordless returns the attribute with every error in it replaced by the text that may be logged.
func wordless(a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindGroup {
		group := a.Value.Group()
		safe := make([]slog.Attr, len(group))
		for i, inner := range group {
			safe[i] = wordless(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(safe...)}
	}
	if err, ok := a.Value.Any().(error); ok {
		return slog.String(a.Key, fault.Logged(err))
	}
	return a
}
