// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
)

// fullMove is a move with a value in every field.
func fullMove(number int64) promotion.Move {
	return promotion.Move{
		ID: "mv-1", Number: number, Action: promotion.Promoted, Previous: number - 1, By: "ann", Automatic: true, At: noon, Key: "k", Request: "r",
		Version: promotion.Version{
			JobID: "vt-1", JobName: "jobs/1", JobCreatedAt: noon, BaseModel: "b", TunedModel: "models/1", Checkpoint: "2", Endpoint: "endpoints/1",
		},
		Gain: &promotion.Gain{
			Evaluation: "ev-1", Metric: "chrf", Gain: 1.5, Low: -1, High: 4, Examples: 40, Verdict: "better", Against: "base", MinGain: 1,
		},
	}
}

// TestChangePointer: the pointer and the fields of the operator are in one document, and nothing is
// written for a change that is none or is refused.
func TestChangePointer(t *testing.T) {
	t.Parallel()
	w := connect(t, startFirestore(t, indexed(t)))
	ctx := t.Context()
	if _, err := w.Pointer(ctx, "m"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("before: %v", err)
	}
	change := func(model string, next func(promotion.Pointer) promotion.Pointer) promotion.Pointer {
		t.Helper()
		p, err := w.ChangePointer(ctx, model, func(p promotion.Pointer, _ bool) (promotion.Pointer, error) { return next(p), nil })
		if err != nil {
			t.Fatal(err)
		}
		read, err := w.Pointer(ctx, model)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p.Pointer, read.Pointer); diff != "" {
			t.Errorf("(-written +read):\n%s", diff)
		}
		return read.Pointer
	}
	if _, err := w.client.Doc("models/m").Set(ctx, map[string]any{"base_model": "gemini", "note": "of the operator"}); err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"m", "new"} {
		change(model, func(p promotion.Pointer) promotion.Pointer { return p.Begin(fullMove(1), noon, noon.Add(time.Minute)) })
		if p := change(model, func(p promotion.Pointer) promotion.Pointer { return p.Complete(noon) }); len(p.Moves) != 1 || p.Pending != nil {
			t.Errorf("%+v", p)
		}
	}
	doc, err := w.client.Doc("models/m").Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	active, _ := doc.Data()["active"].(map[string]any)
	if doc.Data()["note"] != "of the operator" || active["number"] != int64(1) {
		t.Errorf("the document is %v", doc.Data())
	}
	watched, err := w.WatchedPointers(ctx, 10)
	if err != nil || len(watched) != 2 {
		t.Errorf("watched: %+v, %v", watched, err)
	}
	change("m", func(p promotion.Pointer) promotion.Pointer { p.Published = 1; return p })
	if watched, err = w.WatchedPointers(ctx, 10); err != nil || len(watched) != 1 || watched[0].ModelID != "new" {
		t.Errorf("watched: %+v, %v", watched, err)
	}
	refusal := errors.New("no")
	_, err = w.ChangePointer(ctx, "none", func(p promotion.Pointer, exists bool) (promotion.Pointer, error) {
		if exists {
			t.Error("it exists")
		}
		return p.Begin(fullMove(1), noon, noon), refusal
	})
	if _, readErr := w.Pointer(ctx, "none"); !errors.Is(err, refusal) || fault.KindOf(readErr) != fault.NotFound {
		t.Errorf("refused: %v, %v", err, readErr)
	}
}

// TestPointer_of_another_form: fields of these names that the operator has written are not lost.
func TestPointer_of_another_form(t *testing.T) {
	t.Parallel()
	w := connect(t, startFirestore(t, indexed(t)))
	if _, err := w.client.Doc("models/m").Set(t.Context(), map[string]any{"history": "long"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.ChangePointer(t.Context(), "m", func(p promotion.Pointer, _ bool) (promotion.Pointer, error) {
		return p.Begin(fullMove(1), noon, noon), nil
	})
	if fault.KindOf(err) != fault.FailedPrecondition {
		t.Errorf("%v", err)
	}
}

// TestActivePointers: the models that have an active version, the one that moved last first.
func TestActivePointers(t *testing.T) {
	t.Parallel()
	w := connect(t, startFirestore(t, indexed(t)))
	ctx := t.Context()
	for id, content := range map[string]any{
		"none": map[string]any{"display_name": "n"}, "odd": map[string]any{"active": map[string]any{"at": noon, "number": "one"}},
	} {
		if _, err := w.client.Collection("models").Doc(id).Set(ctx, content); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"first", "second"} {
		for range 2 { // a pending move comes before the complete one
			if _, err := w.ChangePointer(ctx, id, func(p promotion.Pointer, _ bool) (promotion.Pointer, error) {
				if p.Pending == nil {
					return p.Begin(fullMove(1), noon, noon), nil
				}
				return p.Complete(noon.Add(time.Duration(i) * time.Hour)), nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := w.ActivePointers(ctx, 9)
	if err != nil || len(all) != 2 || all[0].ModelID != "second" || all[1].ModelID != "first" || all[1].Active().Version.JobID != "vt-1" {
		t.Errorf("%+v, %v", all, err)
	}
}
