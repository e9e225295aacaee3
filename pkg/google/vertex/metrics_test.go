// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// trained returns the experiment of a job that has ended.
func (w *world) trained(t *testing.T) string {
	t.Helper()
	name := w.create(t, job(1)).Name
	for {
		got, err := w.Get(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !got.EndedAt.IsZero() {
			return got.Experiment
		}
		time.Sleep(time.Millisecond)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloud.Config) { c.JobDuration = 10 * time.Millisecond })
	experiment := w.trained(t)
	w.taken()
	got, err := w.Metrics(t.Context(), experiment)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.TrainLoss) < 2 || len(got.TrainAccuracy) != len(got.TrainLoss) || got.EvalLoss != nil || got.TrainLoss[0].Step != 1 {
		t.Errorf("%+v", got)
	}
	var methods []string
	for _, c := range w.taken() {
		methods = append(methods, c.method)
		if c.left <= 20*time.Second || c.left > 30*time.Second {
			t.Errorf("%s has %s until its deadline", c.method, c.left)
		}
	}
	const read = "ReadTensorboardTimeSeriesData"
	if diff := cmp.Diff([]string{"GetContext", "ListTensorboardRuns", "ListTensorboardTimeSeries", read, read}, methods); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	for _, none := range []string{"", "experiment", "projects/acme/locations/us-central1/tuningJobs/1"} {
		if got, err := w.Metrics(t.Context(), none); err != nil || !got.Empty() || len(w.taken()) > 0 {
			t.Errorf("metrics of %q: %+v, %v", none, got, err)
		}
	}
	if _, err := w.Metrics(t.Context(), experiment+"0"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("metrics of an unknown experiment: %v", err)
	}
	for _, method := range methods {
		w.cloud.On(method, faults.Fail(codes.PermissionDenied))
		if got, err := w.Metrics(t.Context(), experiment); fault.KindOf(err) != fault.UpstreamFailed {
			t.Errorf("%s is refused: %+v, %v", method, got, err)
		}
		w.cloud.On(method, nil)
	}
}

// TestMetrics_elsewhere: a context without a TensorBoard has no metrics, and the field that names
// it may have another name.
func TestMetrics_elsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloud.Config) { c.JobDuration = 10 * time.Millisecond })
	experiment := w.trained(t)
	edit := func(change func(fields map[string]*structpb.Value)) (metrics.Curves, error) {
		w.cloud.On("GetContext", faults.Edit(func(reply any) { change(reply.(*aiplatformpb.Context).GetMetadata().GetFields()) }))
		return w.Metrics(t.Context(), experiment)
	}
	const field = "backing_tensorboard_resource"
	if got, err := edit(func(f map[string]*structpb.Value) { f["theTensorBoard"] = f[field]; delete(f, field) }); err != nil || got.Empty() {
		t.Errorf("under another name: %+v, %v", got, err)
	}
	for what, change := range map[string]func(map[string]*structpb.Value){
		"none":         func(f map[string]*structpb.Value) { delete(f, field) },
		"no_name":      func(f map[string]*structpb.Value) { f[field] = structpb.NewStringValue("deleted") },
		"no_text":      func(f map[string]*structpb.Value) { f[field] = structpb.NewNumberValue(1) },
		"in_other_one": func(f map[string]*structpb.Value) { f["description"] = f[field]; delete(f, field) },
	} {
		if got, err := edit(change); err != nil || !got.Empty() {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}
