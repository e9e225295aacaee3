// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command messages writes messages into Firestore. It reads lines of JSON from standard input:
//
//	{"id": "m1", "session_id": "s1", "role": "user", "content": "Hi",
//	 "created_at": "2026-12-01T09:00:00Z",
//	 "related_message": {"role": "assistant", "content": "Hello!"}}
//
// It replaces a message that already exists, so you can repeat the command. With
// FIRESTORE_EMULATOR_HOST it writes to an emulator, or to the stand-in of the local command.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"cloud.google.com/go/firestore"
)

func main() {
	project := flag.String("project", os.Getenv("GOOGLE_CLOUD_PROJECT"), "Google Cloud project") //nolint:forbidigo // this is main
	database := flag.String("database", firestore.DefaultDatabaseID, "Firestore database")
	flag.Parse()
	written, err := run(context.Background(), *project, *database, os.Stdin)
	fmt.Fprintf(os.Stderr, "messages written: %d\n", written)
	if err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
		os.Exit(1)
	}
}

// message is a document of the collection messages, with its ID.
type message struct {
	ID        string     `json:"id" firestore:"-"`
	SessionID string     `json:"session_id" firestore:"session_id"`
	Role      string     `json:"role" firestore:"role"`
	Content   string     `json:"content" firestore:"content"`
	CreatedAt *time.Time `json:"created_at" firestore:"created_at,omitempty"`
	Related   *related   `json:"related_message" firestore:"related_message,omitempty"`
}

type related struct {
	Role    string `json:"role" firestore:"role"`
	Content string `json:"content" firestore:"content"`
}

// run writes the messages one by one, and returns how many it has written.
func run(ctx context.Context, project, database string, in io.Reader) (written int, err error) {
	client, err := firestore.NewClientWithDatabase(ctx, project, database)
	if err != nil {
		return 0, fmt.Errorf("open Firestore in project %q: %w", project, err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	lines := json.NewDecoder(in)
	lines.DisallowUnknownFields()
	for {
		var m message
		if err := lines.Decode(&m); errors.Is(err, io.EOF) {
			return written, nil
		} else if err != nil {
			return written, fmt.Errorf("read message %d: %w", written+1, err)
		}
		if m.ID == "" || m.Role != "user" && m.Role != "assistant" {
			return written, fmt.Errorf("message %d must have an id, and the role user or assistant", written+1)
		}
		if _, err := client.Collection("messages").Doc(m.ID).Set(ctx, m); err != nil {
			return written, fmt.Errorf("write message %d: %w", written+1, err)
		}
		written++
	}
}
