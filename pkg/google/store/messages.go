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

// overhead is about how many bytes a message takes in memory besides its texts.
const overhead = 256

// Bytes returns about how much memory the message takes.
func (m *Message) Bytes() int64 {
	n := overhead + len(m.ID) + len(m.Content)
	if m.Related != nil {
		n += len(m.Related.Content)
	}
	return int64(n)
}

// Listed is a message in a list.
type Listed struct {
	ID      string
	created time.Time
	kept    *Message // nil: the message has to be read
}

// ListIDs returns the list of the messages with these IDs.
func ListIDs(ids []string) []Listed {
	list := make([]Listed, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	return list
}

// Messages returns the messages of a list, in its order; those that do not exist are Missing.
func (s *Store) Messages(ctx context.Context, list []Listed) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for len(list) > 0 {
			var refs []*firestore.DocumentRef
			n := 0
			for ; n < len(list) && len(refs) < batch; n++ {
				if list[n].kept == nil {
					refs = append(refs, s.client.Collection(messages).Doc(list[n].ID))
				}
			}
			docs, err := s.client.GetAll(ctx, refs)
			if err != nil {
				yield(Message{}, wrap(err, "read messages"))
				return
			}
			for _, m := range list[:n] {
				if m.kept == nil {
					m.kept, docs = message(docs[0]), docs[1:]
				}
				if !yield(*m.kept, nil) {
					return
				}
			}
			list = list[n:]
		}
	}
}

// ListSession lists a session's messages by creation time, then ID.
//
// A message's creation time is its field created_at if it has one (a timestamp, or a string in RFC
// 3339), and otherwise the time at which Firestore created the document. Firestore cannot sort by
// the latter, and a query that sorts by the former does not return documents without the field. So
// the messages are sorted here. They are kept until keep reports that there is no memory for one
// more. Of the others only the keys are read (about 100 bytes a message), and Messages reads them
// one batch at a time.
func (s *Store) ListSession(ctx context.Context, session string, keep func(*Message) bool) ([]Listed, error) {
	return s.list(ctx, s.client.Collection(messages).Where("session_id", "==", session), keep)
}

// ListAll lists all messages as ListSession does.
func (s *Store) ListAll(ctx context.Context, keep func(*Message) bool) ([]Listed, error) {
	return s.list(ctx, s.client.Collection(messages).Query, keep)
}

func (s *Store) list(ctx context.Context, query firestore.Query, keep func(*Message) bool) ([]Listed, error) {
	var list []Listed
	it := query.Documents(ctx)
	defer func() { it.Stop() }()
	for full := false; ; {
		doc, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, wrap(err, "list messages")
		}
		next := Listed{ID: doc.Ref.ID, created: created(doc)}
		if !full {
			next.kept = message(doc)
			if full = !keep(next.kept); full {
				next.kept = nil
				it.Stop()
				it = query.Select("created_at").StartAfter(doc).Documents(ctx)
			}
		}
		list = append(list, next)
	}
	slices.SortFunc(list, func(a, b Listed) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
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
func message(doc *firestore.DocumentSnapshot) *Message {
	m := &Message{Missing: !doc.Exists()}
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
