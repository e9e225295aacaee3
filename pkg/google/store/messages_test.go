// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/google/store"
)

func TestSessionIDs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		// The documents are created in this order, all of them after the creation times in their
		// fields.
		messages := []struct {
			id      string
			created any // nil: none
		}{
			{"z_created_first", nil},
			{"c_timestamp", noon.Add(3 * time.Second)},
			{"b_string", "2026-11-23T12:00:02Z"},
			{"a_string_with_zone", "2026-11-23T13:00:02.5+01:00"},
			{"d_tie", noon.Add(3 * time.Second)},
			{"a_tie", "2026-11-23T12:00:03.000000Z"},
			{"e_earliest", time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)},
			{"y_no_time", "yesterday"},
			{"x_number", 1234567890},
			{"w_null", nil},
			{"far_future", time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)},
		}
		for _, m := range messages {
			doc := fields{"session_id": "s", "content": m.id, "role": "user"}
			if m.created != nil || m.id == "w_null" {
				doc["created_at"] = m.created
			}
			w.put(t, "messages/"+m.id, doc)
		}
		w.put(t, "messages/elsewhere", fields{"session_id": "t"})
		w.put(t, "messages/without_session", fields{"content": "x"})
		want := []string{
			"e_earliest", "b_string", "a_string_with_zone", "a_tie", "c_timestamp", "d_tie",
			"z_created_first", "y_no_time", "x_number", "w_null", "far_future",
		}
		got, err := w.SessionIDs(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		// Firestore's creation times are real times, and may be before noon of that day.
		if w.createdBefore(t, "z_created_first", noon) {
			want = []string{
				"e_earliest", "z_created_first", "y_no_time", "x_number", "w_null", "b_string", "a_string_with_zone",
				"a_tie", "c_timestamp", "d_tie", "far_future",
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("session (-want +got):\n%s", diff)
		}
		if got, err := w.SessionIDs(t.Context(), "nobody's"); err != nil || len(got) != 0 {
			t.Errorf("unknown session: %v, %v", got, err)
		}
		all, err := w.AllMessageIDs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != len(messages)+2 || !slices.Equal(slices.DeleteFunc(slices.Clone(all), func(id string) bool {
			return id == "elsewhere" || id == "without_session"
		}), want) {
			t.Errorf("all messages: %v", all)
		}
	})
}

func (w *world) createdBefore(t *testing.T, id string, moment time.Time) bool {
	t.Helper()
	doc, err := w.client.Doc("messages/" + id).Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return doc.CreateTime.Before(moment)
}

func TestMessagesByID(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		related := fields{"content": "hello", "role": "assistant"}
		docs := map[string]fields{
			"whole":              {"content": "hi", "role": "user", "session_id": "s", "related_message": related, "created_at": noon, "more": 1},
			"bare":               {},
			"nulls":              {"content": nil, "role": nil, "session_id": nil, "related_message": nil},
			"content_number":     {"content": 7, "role": "user"},
			"role_list":          {"content": "hi", "role": []any{"user"}},
			"session_bool":       {"content": "hi", "role": "user", "session_id": true},
			"related_text":       {"content": "hi", "role": "user", "related_message": "hello"},
			"related_role_map":   {"content": "hi", "role": "user", "related_message": fields{"role": fields{}, "content": "x"}},
			"related_text_bytes": {"content": "hi", "role": "user", "related_message": fields{"role": "assistant", "content": []byte("x")}},
		}
		for id, doc := range docs {
			w.put(t, "messages/"+id, doc)
		}
		want := []store.Message{
			{Message: dataset.Message{
				ID: "whole", SessionID: "s", Role: "user", Content: "hi",
				Related: &dataset.Related{Role: "assistant", Content: "hello"},
			}},
			{Message: dataset.Message{ID: "not_there"}, Missing: true},
			{Message: dataset.Message{ID: "bare"}},
			{Message: dataset.Message{ID: "nulls"}},
			{Message: dataset.Message{ID: "content_number", Role: "user"}, Malformed: "content"},
			{Message: dataset.Message{ID: "role_list", Content: "hi"}, Malformed: "role"},
			{Message: dataset.Message{ID: "session_bool", Content: "hi", Role: "user"}, Malformed: "session_id"},
			{Message: dataset.Message{ID: "related_text", Content: "hi", Role: "user"}, Malformed: "related_message"},
			{Message: dataset.Message{
				ID: "related_role_map", Content: "hi", Role: "user", Related: &dataset.Related{Content: "x"},
			}, Malformed: "related_message.role"},
			{Message: dataset.Message{
				ID: "related_text_bytes", Content: "hi", Role: "user", Related: &dataset.Related{Role: "assistant"},
			}, Malformed: "related_message.content"},
		}
		ids := make([]string, len(want))
		for i, m := range want {
			ids[i] = m.ID
		}
		if diff := cmp.Diff(want, w.messages(t, ids)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if got := w.messages(t, nil); got != nil {
			t.Errorf("no IDs gave %v", got)
		}
	})
}

func (w *world) messages(t *testing.T, ids []string) (all []store.Message) {
	t.Helper()
	for m, err := range w.MessagesByID(t.Context(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// TestMessagesByID_in_batches reads more messages than one call returns, in an order that is
// not the order of their IDs.
func TestMessagesByID_in_batches(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const n = 650
		bulk := w.client.BulkWriter(t.Context())
		var ids []string
		for i := range n {
			id := fmt.Sprintf("m%d", i)
			ids = append(ids, id)
			if _, err := bulk.Set(w.client.Doc("messages/"+id), fields{"content": id, "role": "user"}); err != nil {
				t.Fatal(err)
			}
		}
		bulk.End()
		slices.Reverse(ids)
		for i, m := range w.messages(t, ids) {
			if m.ID != ids[i] || m.Content != ids[i] || m.Missing {
				t.Fatalf("message %d is %+v, want %s", i, m, ids[i])
			}
		}
		seen := 0
		for _, err := range w.MessagesByID(t.Context(), ids) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 301 {
				break
			}
		}
		if seen != 301 {
			t.Errorf("saw %d messages before the loop ended", seen)
		}
	})
}
