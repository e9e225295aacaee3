// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// batch is how many messages are read in one call: their texts are in memory at the same time.
const batch = 300

// Message is a document of the collection messages.
type Message struct {
	dataset.Message
	// Missing is set if there is no document of this ID.
	Missing bool
	// Malformed, if it is not empty, is the field whose type is not that of a message.
	Malformed string
}

// MessagesByID returns the messages with these IDs, in this order; those that do not exist are
// Missing.
func (s *Store) MessagesByID(ctx context.Context, ids []string) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for chunk := range slices.Chunk(ids, batch) {
			refs := make([]*firestore.DocumentRef, len(chunk))
			for i, id := range chunk {
				refs[i] = s.client.Collection(messages).Doc(id)
			}
			docs, err := s.client.GetAll(ctx, refs)
			if err != nil {
				yield(Message{}, wrap(err, "read messages"))
				return
			}
			for _, doc := range docs {
				if !yield(message(doc), nil) {
					return
				}
			}
		}
	}
}

// SessionIDs returns the IDs of a session's messages by creation time, then ID.
//
// A message's creation time is its field created_at if it has one (a timestamp, or a string in RFC
// 3339), and otherwise the time at which Firestore created the document. Firestore cannot sort by
// the latter, and a query that sorts by the former does not return documents without the field. So
// the keys are read first and sorted here (about 100 bytes a message), and the texts are read
// afterwards, one batch at a time.
func (s *Store) SessionIDs(ctx context.Context, session string) ([]string, error) {
	return s.sortedIDs(ctx, s.client.Collection(messages).Where("session_id", "==", session))
}

// AllMessageIDs returns the IDs of all messages by creation time, then ID.
func (s *Store) AllMessageIDs(ctx context.Context) ([]string, error) {
	return s.sortedIDs(ctx, s.client.Collection(messages).Query)
}

func (s *Store) sortedIDs(ctx context.Context, query firestore.Query) ([]string, error) {
	type key struct {
		created time.Time
		id      string
	}
	var keys []key
	it := query.Select("created_at").Documents(ctx)
	defer it.Stop()
	for {
		doc, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, wrap(err, "list messages")
		}
		keys = append(keys, key{created(doc), doc.Ref.ID})
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.id, b.id))
	})
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.id
	}
	return ids, nil
}

func created(doc *firestore.DocumentSnapshot) time.Time {
	switch v := field(doc, "created_at").(type) {
	case time.Time:
		return v
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t
		}
	}
	return doc.CreateTime
}

// message decodes a document field by field. DataTo would stop at the first field of a wrong type
// without naming it, and one malformed document must not stop the work on all the others.
func message(doc *firestore.DocumentSnapshot) Message {
	m := Message{Missing: !doc.Exists()}
	m.ID = doc.Ref.ID
	if m.Missing {
		return m
	}
	m.Content = m.text(field(doc, "content"), "content")
	m.Role = m.text(field(doc, "role"), "role")
	m.SessionID = m.text(field(doc, "session_id"), "session_id")
	switch related := field(doc, "related_message").(type) {
	case nil:
	case map[string]any:
		m.Related = &dataset.Related{
			Content: m.text(related["content"], "related_message.content"),
			Role:    m.text(related["role"], "related_message.role"),
		}
	default:
		m.Malformed = "related_message"
	}
	return m
}

func (m *Message) text(value any, path string) string {
	s, ok := value.(string)
	if value != nil && !ok {
		m.Malformed = path
	}
	return s
}

// field returns the value of a field, which is nil if there is none, or the error if it cannot be
// decoded. Data would decode all fields, also those that are not a message's.
func field(doc *firestore.DocumentSnapshot, name string) any {
	value, err := doc.DataAtPath(firestore.FieldPath{name})
	if _, none := errors.AsType[*firestore.FieldNotFoundError](err); err != nil && !none {
		return err
	}
	return value
}
