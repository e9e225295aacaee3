// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// TestLog_has_no_words: starts that fail in the background write no text of their callers to the
// log, and every line has the tick's event.
func TestLog_has_no_words(t *testing.T) {
	t.Parallel()
	const userText = "Xylophon"
	w := newWorld(t)
	log := w.Cloud.Log
	w.Poller.Log = serve.Logger(log, slog.LevelDebug)
	w.Jobs.Log, w.Cloud.Records.Log = w.Poller.Log, w.Poller.Log
	enqueue := func(r tuning.Request) {
		t.Helper()
		r.BaseModel, r.DisplayName, r.Labels = "gemini-3.1-flash-lite", userText, map[string]string{"team": strings.ToLower(userText)}
		if _, err := w.Jobs.Enqueue(context.Background(), jobs.StartRequest{Request: r, Caller: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	w.put(t, "csv.jsonl", "id,e-mail\n1,"+userText+"@example.com\n")
	w.put(t, userText+".jsonl", `{"messages":[{"role":"`+userText+`","content":"`+userText+`"}]}`)
	for _, name := range []string{"csv", userText, userText + "-none"} {
		enqueue(tuning.Request{TrainingData: "gs://test-data/" + name + ".jsonl"})
	}
	enqueue(tuning.Request{MessageIDs: []string{userText}})
	log.Reset() // remove the lines before the tick
	w.resumeAll(t)
	for _, code := range []codes.Code{codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound} {
		enqueue(tuning.Request{TrainingData: "gs://test-data/x.jsonl"})
		before := len(log.String())
		w.On("CreateTuningJob", faults.FailWith(status.Error(code, "line 1: "+userText)))
		w.resumeAll(t)
		if len(log.String()) == before {
			t.Errorf("%s: nothing is logged", code)
		}
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(strings.ToLower(line), strings.ToLower(userText)) {
			t.Errorf("the log has text of a caller: %s", line)
		}
		if !strings.Contains(line, `"event_id":"1"`) && !strings.Contains(line, "the start was enqueued") {
			t.Errorf("a line has no event: %s", line)
		}
		if strings.Contains(line, "dataset was not written") && !strings.Contains(line, `"severity":"INFO"`) {
			t.Errorf("an error in a file is logged at the operator's level: %s", line)
		}
	}
	if n := strings.Count(log.String(), "dataset was not written"); n != 4 {
		t.Errorf("%d of 4 starts have failed on their data:\n%s", n, log)
	}
}

// resumeAll runs a tick, which must succeed.
func (w *world) resumeAll(t *testing.T) {
	t.Helper()
	if err := w.Handle(t.Context(), tick()); err != nil {
		t.Fatal(err)
	}
}

// TestLog_level_of_a_failed_tick: a tick that its sender cancels is logged as a warning, because
// the next tick does its work. A tick that fails by itself is logged as an error.
func TestLog_level_of_a_failed_tick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := w.Cloud.Log
	w.Poller.Log = serve.Logger(log, slog.LevelDebug)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	outOfTime, done := context.WithTimeout(t.Context(), 0)
	defer done()
	for ctx, want := range map[context.Context]string{canceled: "WARNING", outOfTime: "ERROR"} {
		log.Reset()
		if err := w.Handle(ctx, tick()); err == nil {
			t.Errorf("%s: the failed tick is acknowledged", want)
		}
		if !strings.Contains(log.String(), `"severity":"`+want+`","message":"the tick failed"`) {
			t.Errorf("no line of level %s:\n%s", want, log)
		}
	}
}
