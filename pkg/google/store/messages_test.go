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

// TestListSession lists with memory for all, some and none of the messages.
func TestListSession(t *testing.T) {
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
		// Firestore's creation times are real times, and may be before noon of that day.
		if w.createdBefore(t, "z_created_first", noon) {
			want = []string{
				"e_earliest", "z_created_first", "y_no_time", "x_number", "w_null", "b_string", "a_string_with_zone",
				"a_tie", "c_timestamp", "d_tie", "far_future",
			}
		}
		for _, room := range []int{0, 1, 4, len(messages), 100} {
			got, err := w.ListSession(t.Context(), "s", keep(room))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, idsOf(got)); diff != "" {
				t.Errorf("session, %d kept (-want +got):\n%s", room, diff)
			}
			all, err := w.ListAll(t.Context(), keep(room))
			if err != nil {
				t.Fatal(err)
			}
			if ids := idsOf(all); len(ids) != len(messages)+2 || !slices.Equal(slices.DeleteFunc(ids, func(id string) bool {
				return id == "elsewhere" || id == "without_session"
			}), want) {
				t.Errorf("all messages, %d kept: %v", room, ids)
			}
		}
		if got, err := w.ListSession(t.Context(), "nobody's", keep(1)); err != nil || len(got) != 0 {
			t.Errorf("unknown session: %v, %v", got, err)
		}
	})
}

// TestListSession_keeps changes the messages after they were listed: those that were kept are not
// read again.
func TestListSession_keeps(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		ids := []string{"a", "b", "c", "d", "e"}
		put := func(content string) {
			for i, id := range ids {
				w.put(t, "messages/"+id, fields{"session_id": "s", "content": content, "created_at": noon.Add(time.Duration(-i) * time.Hour)})
			}
		}
		put("listed")
		list, err := w.ListSession(t.Context(), "s", keep(2))
		if err != nil {
			t.Fatal(err)
		}
		put("changed")
		got := map[string]string{}
		for _, m := range w.messages(t, list) {
			got[m.ID] = m.Content
		}
		want := map[string]string{"a": "listed", "b": "listed", "c": "changed", "d": "changed", "e": "changed"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// keep has memory for n messages.
func keep(n int) func(*store.Message) bool {
	return func(*store.Message) bool {
		n--
		return n >= 0
	}
}

func idsOf(list []store.Listed) (ids []string) {
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids
}

func (w *world) createdBefore(t *testing.T, id string, moment time.Time) bool {
	t.Helper()
	doc, err := w.client.Doc("messages/" + id).Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return doc.CreateTime.Before(moment)
}

func TestMessages(t *testing.T) {
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
		if diff := cmp.Diff(want, w.messages(t, store.ListIDs(ids))); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if got := w.messages(t, nil); got != nil {
			t.Errorf("no IDs gave %v", got)
		}
	})
}

func (w *world) messages(t *testing.T, list []store.Listed) (all []store.Message) {
	t.Helper()
	for m, err := range w.Messages(t.Context(), list) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// TestMessages_in_batches reads more messages than one call returns, in an order that is
// not the order of their IDs.
func TestMessages_in_batches(t *testing.T) {
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
		for i, m := range w.messages(t, store.ListIDs(ids)) {
			if m.ID != ids[i] || m.Content != ids[i] || m.Missing {
				t.Fatalf("message %d is %+v, want %s", i, m, ids[i])
			}
		}
		seen := 0
		for _, err := range w.Messages(t.Context(), store.ListIDs(ids)) {
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
