// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// trained returns the record of a job that ends before the next tick.
func (w *world) trained(t *testing.T) store.Record {
	t.Helper()
	r := w.begin(t, central)
	w.AwaitEnds(t)
	return r
}

func quick(c *cloud.Config) { c.JobDuration = time.Millisecond }

// TestMetrics_are_kept: when the end is published, the curves are in Cloud Storage, and the record
// and the report have the loss of each checkpoint.
func TestMetrics_are_kept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	r := w.trained(t)
	w.tick(t)
	if len(w.receivedEvents(t)[r.ID]) != 1 {
		t.Error("the end is not published")
	}
	r = w.Read(t, r.ID)
	if r.Metrics == nil || r.Metrics.URI != "gs://test-data/metrics/"+r.ID+".json" || r.Metrics.Detail != "" {
		t.Fatalf("the record has %+v", r.Metrics)
	}
	content, _ := w.Object(t, cloudtest.Data, "metrics/"+r.ID+".json")
	var curves metrics.Curves
	if err := json.Unmarshal([]byte(content), &curves); err != nil || len(curves.TrainLoss) < 2 {
		t.Errorf("the object is %s, %v", content, err)
	}
	last := r.Checkpoints[len(r.Checkpoints)-1]
	if end := curves.TrainLoss[len(curves.TrainLoss)-1]; last.TrainLoss == nil || *last.TrainLoss != end.Value || last.Step != end.Step || last.EvalLoss != nil {
		t.Errorf("the last checkpoint is %+v, and the curve ends with %+v", last, end)
	}
	report := w.report(t, r)
	best, _ := report["best_checkpoint"].(map[string]any)
	if best["checkpoint_id"] != last.ID || !strings.HasPrefix(best["reason"].(string), "No evaluation loss is known") {
		t.Errorf("the report has %v", best)
	}
	if w.newCalls(); w.Tick(t.Context()) != nil || w.Count("GetContext") > 0 {
		t.Error("the metrics are read again")
	}
}

// TestMetrics_away: the end of a job waits for its metrics for ten minutes, and only if they may
// still come.
func TestMetrics_away(t *testing.T) {
	t.Parallel()
	const waits, unreadable, none = "", "could not be read from Vertex AI", "Vertex AI has no metrics"
	for name, tt := range map[string]struct {
		hook  faults.Hook
		later time.Duration
		want  string // of the detail
	}{
		"for_a_moment":    {faults.Fail(codes.Unavailable), 0, waits},
		"for_ten_minutes": {faults.Fail(codes.Unavailable), 11 * time.Minute, unreadable},
		"refused":         {faults.Fail(codes.PermissionDenied), 0, unreadable},
		"not_found":       {faults.Fail(codes.NotFound), 0, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quick)
			r := w.trained(t)
			w.Advance(tt.later)
			w.On("GetContext", tt.hook)
			err := w.Tick(t.Context())
			published := len(w.receivedEvents(t)[r.ID]) > 0
			r = w.Read(t, r.ID)
			if tt.want == waits {
				if err == nil || published || r.Metrics != nil || !r.Finished {
					t.Errorf("Tick = %v, published %t, metrics %+v", err, published, r.Metrics)
				}
				w.On("GetContext", nil)
				w.tick(t)
				if r = w.Read(t, r.ID); r.Metrics == nil || r.Metrics.URI == "" || len(w.receivedEvents(t)[r.ID]) != 1 {
					t.Errorf("after the next tick the record has %+v", r.Metrics)
				}
				return
			}
			if err != nil || !published || r.Metrics == nil || r.Metrics.URI != "" || !strings.Contains(r.Metrics.Detail, tt.want) {
				t.Errorf("Tick = %v, published %t, metrics %+v", err, published, r.Metrics)
			}
			if w.report(t, r) == nil {
				t.Error("there is no report")
			}
		})
	}
}

// TestMetrics_object_refused: a job whose curves cannot be written has ended nevertheless.
func TestMetrics_object_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	var refused atomic.Bool
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.URL.String(), "metrics") {
			refused.Store(true)
			http.Error(rw, "no", http.StatusForbidden)
			return
		}
		next.ServeHTTP(rw, r)
	})
	r := w.trained(t)
	w.tick(t)
	r = w.Read(t, r.ID)
	if !refused.Load() || r.Metrics == nil || r.Metrics.URI != "" || len(w.receivedEvents(t)[r.ID]) != 1 || w.report(t, r) == nil {
		t.Errorf("asked %t, metrics %+v", refused.Load(), r.Metrics)
	}
}
