// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"
)

// message adds a message to the database.
func (s *system) message(id string, fields map[string]any) {
	s.t.Helper()
	s.Put(s.t, "messages/"+id, fields)
}

// turn is a message of a session with its related message. Both messages contain the text.
func turn(session, role, text string) map[string]any {
	question, answer := text+"?", text+"."
	if role == "assistant" {
		question, answer = answer, question
	}
	other := map[string]string{"user": "assistant", "assistant": "user"}[role]
	return map[string]any{
		"session_id": session, "role": role, "content": question,
		"related_message": map[string]any{"role": other, "content": answer},
	}
}

// line is the training example for a turn with this text.
func line(text string) string {
	return `{"contents":[{"role":"user","parts":[{"text":"` + text + `?"}]},{"role":"model","parts":[{"text":"` + text + `."}]}]}` + "\n"
}

func lines(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		b.WriteString(line(text))
	}
	return b.String()
}

// object returns the content of an object in the data bucket.
func (s *system) object(t *testing.T, uri string) string {
	t.Helper()
	name, ok := strings.CutPrefix(uri, "gs://"+data+"/")
	if !ok {
		t.Fatalf("%s is not in the data bucket", uri)
	}
	content, attrs := s.Object(t, data, name)
	if attrs == nil {
		t.Fatalf("the object %s does not exist", uri)
	}
	return content
}
