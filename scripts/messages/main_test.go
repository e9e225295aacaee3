// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"github.com/google/go-cmp/cmp"

	standin "github.com/vertextune/vertextune/pkg/standin/firestore"
)

const hello = `{"id": "m1", "session_id": "s1", "role": "user", "content": "Hi", "created_at": "2026-12-01T09:00:00Z",
 "related_message": {"role": "assistant", "content": "Hello!"}}
`

func TestRun(t *testing.T) {
	server, err := standin.Start(standin.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	t.Setenv("FIRESTORE_EMULATOR_HOST", server.Addr())
	for _, tt := range []struct {
		name, in, want string
		written        int
	}{
		{"messages", hello + `{"id": "m2", "role": "assistant", "content": "Bye"}`, "", 2},
		{"again", hello, "", 1},
		{"no_id", hello + `{"role": "user", "content": "Hi"}`, "message 2 must have an id", 1},
		{"unknown_role", `{"id": "m3", "role": "bot", "content": "Hi"}`, "message 1 must have an id, and the role", 0},
		{"unknown_field", hello + `{"id": "m3", "role": "user", "text": "Hi"}`, `read message 2: json: unknown field "text"`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			written, err := run(t.Context(), "local", firestore.DefaultDatabaseID, strings.NewReader(tt.in))
			if written != tt.written || (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("run = %d, %v, want %d, %q", written, err, tt.written, tt.want)
			}
		})
	}
	client, err := firestore.NewClient(t.Context(), "local")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	doc, err := client.Collection("messages").Doc("m1").Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"session_id": "s1", "role": "user", "content": "Hi", "created_at": time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC),
		"related_message": map[string]any{"role": "assistant", "content": "Hello!"},
	}
	if diff := cmp.Diff(want, doc.Data()); diff != "" {
		t.Errorf("the message in Firestore (-want +got):\n%s", diff)
	}
}
