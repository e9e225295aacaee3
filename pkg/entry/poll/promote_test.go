// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// promoting begins a job whose start asked for a promotion to the model m.
func (w *world) promoting(t *testing.T, minGain float64) store.Record {
	t.Helper()
	var lines strings.Builder
	for i := range 25 {
		fmt.Fprintf(&lines, `{"contents":[{"role":"user","parts":[{"text":"Hello %d?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}`+"\n", i)
	}
	w.put(t, "held-out.jsonl", lines.String())
	r := w.asking(t, "gs://"+cloudtest.Data+"/held-out.jsonl")
	if _, err := w.Firestore.Collection("tuning_jobs").Doc(r.ID).Update(t.Context(), []firestore.Update{
		{Path: "model_id", Value: "m"}, {Path: "promote_if", Value: promotion.Gate{MinGain: minGain}},
	}); err != nil {
		t.Fatal(err)
	}
	return w.Read(t, r.ID)
}

// published returns the types of the events about models.
func (w *world) movesPublished(t *testing.T) (types []string) {
	t.Helper()
	for _, m := range w.Received(t) {
		if strings.HasPrefix(m.Attributes["ce-subject"], "models/") {
			types = append(types, m.Attributes["ce-type"])
		}
	}
	return types
}

// TestTick_promotes: after its evaluation, a job is promoted or not, and its record says which. The
// events are published.
func TestTick_promotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	w.Put(t, "models/m", map[string]any{})
	met, unmet := w.promoting(t, -100), w.promoting(t, 100)
	for range 3 {
		w.tick(t)
	}
	p, err := w.Cloud.Records.Pointer(t.Context(), "m")
	if err != nil || len(p.Moves) != 1 || p.Active().Version.JobID != met.ID || !p.Active().Automatic || p.Watched() {
		t.Errorf("%+v, %v", p, err)
	}
	if r := w.Read(t, met.ID); r.Promotion == nil || r.Promotion.State != promotion.Done || r.Promotion.Version != 1 || r.Watched {
		t.Errorf("%+v, watched: %v", r.Promotion, r.Watched)
	}
	if r := w.Read(t, unmet.ID); r.Promotion == nil || r.Promotion.State != promotion.NotPromoted || !strings.Contains(r.Promotion.Detail, "100.00 are required") || r.Watched {
		t.Errorf("%+v, watched: %v", r.Promotion, r.Watched)
	}
	if got := w.movesPublished(t); len(got) != 1 || got[0] != "vertextune.model.v1.promoted" {
		t.Errorf("published %v", got)
	}
}

// TestTick_does_not_promote: without an evaluation, to a model that was deleted, and in place of a
// newer job.
func TestTick_does_not_promote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	without := w.promoting(t, -100)
	if _, err := w.Firestore.Collection("tuning_jobs").Doc(without.ID).Update(t.Context(), []firestore.Update{{Path: "spec.validation_data", Value: ""}}); err != nil {
		t.Fatal(err)
	}
	deleted := w.promoting(t, -100)
	for range 3 {
		w.tick(t)
	}
	for id, want := range map[string]string{without.ID: "was not started", deleted.ID: "was deleted"} {
		if r := w.Read(t, id); r.Promotion == nil || !strings.Contains(r.Promotion.Detail, want) || r.Watched {
			t.Errorf("%+v, want %s", r.Promotion, want)
		}
	}
	older := w.promoting(t, -100)
	_, err := w.Cloud.Records.ChangePointer(t.Context(), "m", func(p promotion.Pointer, _ bool) (promotion.Pointer, error) {
		m, _ := p.Promote(promotion.Move{Version: promotion.Version{JobID: "vt-newer", JobCreatedAt: time.Now().Add(time.Hour)}})
		return p.Begin(m, time.Now(), time.Now()).Complete(time.Now()), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.tick(t)
	}
	if r := w.Read(t, older.ID); r.Promotion == nil || !strings.Contains(r.Promotion.Detail, "newer job") {
		t.Errorf("%+v", r.Promotion)
	}
}

// TestTick_repeats_a_promotion: what fails on the way is repeated, and makes one version and the
// same event.
func TestTick_repeats_a_promotion(t *testing.T) {
	t.Parallel()
	for method, hook := range map[string]faults.Hook{
		"GetModel": faults.Fail(codes.Unavailable), "Publish": faults.Lose(codes.PermissionDenied),
	} {
		w := newWorld(t, quick)
		w.Put(t, "models/m", map[string]any{})
		r := w.promoting(t, -100)
		w.tick(t)
		w.On(method, hook)
		w.tick(t)
		w.tick(t)
		w.On(method, nil)
		w.tick(t)
		w.tick(t)
		p, err := w.Cloud.Records.Pointer(t.Context(), "m")
		if err != nil || len(p.Moves) != 1 || p.Watched() {
			t.Errorf("%s: %+v, %v", method, p, err)
		}
		if now := w.Read(t, r.ID); now.Promotion == nil || now.Promotion.State != promotion.Done {
			t.Errorf("%s: %+v", method, now.Promotion)
		}
		ids := map[string]bool{}
		for _, m := range w.Received(t) {
			if strings.HasPrefix(m.Attributes["ce-subject"], "models/") {
				ids[m.Attributes["ce-id"]] = true
			}
		}
		if len(ids) != 1 {
			t.Errorf("%s: events %v", method, ids)
		}
	}
}

// TestTick_decides_after_publishing: a promotion is decided only when it is recorded that the end of
// the job was published. Otherwise no tick would look at the job again.
func TestTick_decides_after_publishing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	r := w.promoting(t, -100)
	if _, err := w.Firestore.Collection("tuning_jobs").Doc(r.ID).Update(t.Context(), []firestore.Update{{Path: "spec.validation_data", Value: ""}}); err != nil {
		t.Fatal(err)
	}
	w.On("Commit", faults.If(func(c faults.Call) bool {
		return slices.ContainsFunc(c.Request.(*firestorepb.CommitRequest).GetWrites(), func(write *firestorepb.Write) bool {
			return len(write.GetUpdateTransforms()) > 0 && write.GetUpdateTransforms()[0].GetFieldPath() == "told"
		})
	}, faults.Fail(codes.PermissionDenied)))
	for range 2 {
		if err := w.Tick(t.Context()); err == nil {
			t.Error("Tick: no error, although the events were not marked as published")
		}
	}
	if now := w.Read(t, r.ID); !now.Finished || now.Promotion != nil || !now.Watched {
		t.Errorf("%+v, watched: %v", now.Promotion, now.Watched)
	}
	w.On("Commit", nil)
	w.tick(t)
	if now := w.Read(t, r.ID); now.Promotion == nil || now.Watched || now.Published != int64(len(now.Events)) {
		t.Errorf("%+v, watched: %v, published %d of %d", now.Promotion, now.Watched, now.Published, len(now.Events))
	}
}

// TestPromotion_of_a_job_that_failed: no start waits for it.
func TestPromotion_of_a_job_that_failed(t *testing.T) {
	t.Parallel()
	job := tuning.Job{State: tuning.Failed, Finished: true, PromoteIf: &promotion.Gate{}}
	if job.AwaitsPromotion() {
		t.Error("it awaits its promotion")
	}
}
