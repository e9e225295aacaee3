// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"cloud.google.com/go/firestore"
	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// drops compares the conversion of a file with a copy of it from one bucket to the other.
func (b *bench) drops(ctx context.Context, w io.Writer, runs, size int) error {
	var file strings.Builder
	for i := 0; file.Len() < size; i++ {
		fmt.Fprintf(&file, `{"contents":[{"role":"user","parts":[{"text":"Question %d: %s"}]},{"role":"model","parts":[{"text":"Answer %d: %s"}]}]}`+"\n",
			i, words(i, 40), i, words(i*7, 120))
	}
	name := func(run int) string { return fmt.Sprintf("bench-%d.jsonl", run) }
	generations := make([]int64, runs)
	for i := range runs {
		up := b.objects.Bucket(inbox).Object(name(i)).NewWriter(ctx)
		if _, err := io.WriteString(up, file.String()); err != nil {
			return fmt.Errorf("upload the file: %w", err)
		}
		if err := up.Close(); err != nil {
			return fmt.Errorf("upload the file: %w", err)
		}
		generations[i] = up.Attrs().Generation
	}
	return b.compare(w, runs, fmt.Sprintf("drop of %d MB", file.Len()/1_000_000), "copy", func(run int) error {
		event := cloudevents.NewEvent()
		event.SetID(strconv.Itoa(run))
		event.SetSource("//storage.googleapis.com/projects/_/buckets/" + inbox)
		event.SetType("google.cloud.storage.object.v1.finalized")
		if err := event.SetData(cloudevents.ApplicationJSON, map[string]any{
			"bucket": inbox, "name": name(run), "generation": strconv.FormatInt(generations[run], 10), "size": strconv.Itoa(file.Len()),
		}); err != nil {
			return err
		}
		if err := b.convert.Event(ctx, event); err != nil {
			return err
		}
		_, err := b.objects.Bucket(data).Object("drops/" + name(run) + "/dataset.jsonl").Attrs(ctx)
		return err
	}, func(run int) error { return b.copyObject(ctx, name(run)) })
}

// copyObject reads an object and writes it, as the conversion does, but without looking at it.
func (b *bench) copyObject(ctx context.Context, name string) (err error) {
	in, err := b.objects.Bucket(inbox).Object(name).NewReader(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out := b.objects.Bucket(data).Object("copies/" + name).NewWriter(ctx)
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// words returns n words, which differ with the seed.
func words(seed, n int) string {
	all := strings.Fields("the quick brown fox jumps over a lazy dog while seven wizards make toxic brew for evil queen and jack")
	var text strings.Builder
	for i := range n {
		text.WriteString(all[(seed+i*i)%len(all)])
		text.WriteByte(' ')
	}
	return text.String()
}

// starts compares a start on the messages of one session with a query that reads them.
func (b *bench) starts(ctx context.Context, w io.Writer, runs, messages int) error {
	collection := b.docs.Collection("messages")
	writer := b.docs.BulkWriter(ctx)
	var written []*firestore.BulkWriterJob
	for i := range messages {
		job, err := writer.Create(collection.Doc(fmt.Sprintf("m%06d", i)), map[string]any{
			"content": fmt.Sprintf("Question %d: %s", i, words(i, 40)), "role": "user", "session_id": session,
			"related_message": map[string]any{"content": fmt.Sprintf("Answer %d: %s", i, words(i*7, 40)), "role": "assistant"},
		})
		if err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
		written = append(written, job)
	}
	writer.End()
	for _, job := range written {
		if _, err := job.Results(); err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
	}
	return b.compare(w, runs, fmt.Sprintf("start on %d messages", messages), "read of them", func(run int) error {
		return b.call(ctx, http.MethodPost, "start", fmt.Sprintf(`{"session_id": %q, "display_name": "bench %d"}`, session, run))
	}, func(int) error {
		docs, err := collection.Where("session_id", "==", session).Documents(ctx).GetAll()
		if err == nil && len(docs) != messages {
			err = fmt.Errorf("read %d messages", len(docs))
		}
		return err
	})
}
