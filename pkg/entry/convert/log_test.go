// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// TestLog_has_no_words: no text of a file, a manifest or metadata gets into the log, whatever error
// happens, and every line names the event.
func TestLog_has_no_words(t *testing.T) {
	t.Parallel()
	const userText = "Xylophon"
	w := newWorld(t)
	var log bytes.Buffer
	w.Converter.Log = serve.Logger(&log, slog.LevelDebug)
	send := func(e cloudevents.Event) {
		if err := w.Handle(t.Context(), e); err != nil && strings.Contains(err.Error(), userText) {
			t.Errorf("the answer has the word: %v", err)
		}
	}
	for name, content := range map[string]string{
		"csv.jsonl": "id,e-mail\n1," + userText + "@example.com", "text.json": userText, "roles.jsonl": `{"messages":[{"role":"` + userText + `","content":"` + userText + `"}]}`,
		"keys.jsonl": `{"` + userText + `":"` + userText + `"}`, "parts.jsonl": `{"contents":[{"role":"user","parts":[{"` + userText + `":"x"}]}]}`, "good.json": good,
	} {
		for _, metadata := range []map[string]string{
			nil, wishes(), wishes("epochs", userText), wishes("label-"+strings.ToLower(userText), userText), wishes("base-model", userText), {"fine-tune": userText},
		} {
			send(event(t, w.dropWith(t, name, content, metadata)))
		}
	}
	for _, manifest := range []string{userText, `{"` + userText + `":1}`, `{"base_model":"` + userText + `"}`, `{"hyperparameters":{"epoch_count":"` + userText + `"}}`} {
		send(event(t, w.drop(t, "good.json.fine-tune.json", manifest)))
	}
	odd := event(t, w.drop(t, "odd.json", good))
	odd.DataEncoded = []byte(`{"bucket":"` + userText + `","name":"` + userText + `"}`)
	send(odd)
	for _, code := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict} {
		w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			text := "No."
			if code != http.StatusForbidden { // 403 is about our account
				text = userText
			}
			http.Error(rw, `{"error":{"message":"`+text+`"}}`, code)
		})
		send(odd)
		odd.DataEncoded = []byte(`{"bucket":"test-inbox","name":"odd.json","generation":"1","size":"1"}`)
		send(odd)
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(strings.ToLower(line), strings.ToLower(userText)) {
			t.Errorf("the log has the word: %s", line)
		}
		if !strings.Contains(line, `"event_id":"`) {
			t.Errorf("a line has no event: %s", line)
		}
		if strings.Contains(line, "refused") && !strings.Contains(line, `"severity":"INFO"`) {
			t.Errorf("an error in a file is logged at the operator's level: %s", line)
		}
	}
	if strings.Count(log.String(), "\n") < 40 {
		t.Errorf("the log has too few lines:\n%s", &log)
	}
}

// TestLog_level_of_a_failed_conversion: a conversion that its sender cut off is a warning, because
// the event is delivered again.
func TestLog_level_of_a_failed_conversion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log bytes.Buffer
	w.Converter.Log = serve.Logger(&log, slog.LevelDebug)
	dropped := event(t, w.drop(t, "good.json", good))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Handle(canceled, dropped); err == nil {
		t.Error("the event of a conversion that was cut off is acknowledged")
	}
	if !strings.Contains(log.String(), `"severity":"WARNING","message":"the conversion failed and will be retried"`) {
		t.Errorf("no warning:\n%s", &log)
	}
}
