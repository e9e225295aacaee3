// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

// report reads the report on a job, if there is one.
func (w *world) report(t *testing.T, r store.Record) map[string]any {
	t.Helper()
	content, attrs := w.Object(t, cloudtest.Data, "reports/"+r.ID+".json")
	if attrs == nil {
		return nil
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(content), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestReport: a subscriber that reads that a job has ended finds its report. If the report cannot
// be written, the end is not published, for an hour.
func TestReport(t *testing.T) {
	t.Parallel()
	var storageStatus atomic.Int64 // status of Cloud Storage's answer to a report
	w := newWorld(t, func(c *cloud.Config) { c.JobDuration = time.Millisecond })
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if code := storageStatus.Load(); code != 0 && strings.Contains(r.URL.String(), "reports") {
			http.Error(rw, "no", int(code))
			return
		}
		next.ServeHTTP(rw, r)
	})
	ended := func() store.Record {
		r := w.begin(t, central)
		w.AwaitEnds(t)
		return r
	}
	a := ended()
	w.tick(t)
	a = w.Read(t, a.ID)
	got := w.report(t, a)
	want := map[string]any{"job_name": a.Name, "status": string(tuning.Succeeded), "report": "gs://test-data/reports/" + a.ID + ".json"}
	for name, value := range want {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("report's %s (-want +got):\n%s", name, diff)
		}
	}
	if len(w.receivedEvents(t)[a.ID]) != 1 {
		t.Error("the end is not published")
	}
	storageStatus.Store(http.StatusTooManyRequests)
	b := ended()
	// Google's client would retry for minutes.
	briefly, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := w.Tick(briefly); err == nil || !strings.Contains(err.Error(), "report on job "+b.ID) {
		t.Errorf("Tick = %v", err)
	}
	storageStatus.Store(0)
	if received := w.receivedEvents(t); len(received) != 0 || w.report(t, b) != nil {
		t.Errorf("published without a report: %v", received)
	}
	w.tick(t)
	if received := w.receivedEvents(t); len(received) != 1 || w.report(t, b) == nil {
		t.Errorf("published with its report: %v", received)
	}
	storageStatus.Store(http.StatusForbidden)
	c := ended()
	w.tick(t)
	if received := w.receivedEvents(t); len(received[c.ID]) == 0 {
		t.Errorf("the end is never published, because the report cannot be written: %v", received)
	}
}
