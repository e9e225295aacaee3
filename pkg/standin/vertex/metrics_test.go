// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"fmt"
	"strings"
	"testing"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// curves reads the metrics of an experiment by name, with at most the given number of values each.
func (w *world) curves(experiment string, points int32) (map[string][]float64, error) {
	ctx := w.t.Context()
	metadata, err := aiplatform.NewMetadataClient(ctx, at(w.server.Addr())...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = metadata.Close() }()
	boards, err := aiplatform.NewTensorboardClient(ctx, at(w.server.Addr())...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = boards.Close() }()
	found, err := metadata.GetContext(ctx, &pb.GetContextRequest{Name: experiment})
	if err != nil {
		return nil, err
	}
	board := found.GetMetadata().GetFields()["backing_tensorboard_resource"].GetStringValue()
	_, id, _ := strings.Cut(experiment, "/contexts/")
	run, err := boards.ListTensorboardRuns(ctx, &pb.ListTensorboardRunsRequest{Parent: board + "/experiments/" + id}).Next()
	if err != nil {
		return nil, err
	}
	all := map[string][]float64{}
	series := boards.ListTensorboardTimeSeries(ctx, &pb.ListTensorboardTimeSeriesRequest{Parent: run.GetName()})
	for s, err := series.Next(); err != iterator.Done; s, err = series.Next() { //nolint:errorlint // Done is never wrapped
		if err != nil {
			return nil, err
		}
		read, err := boards.ReadTensorboardTimeSeriesData(ctx, &pb.ReadTensorboardTimeSeriesDataRequest{
			TensorboardTimeSeries: s.GetName(), MaxDataPoints: points,
		})
		if err != nil {
			return nil, err
		}
		for _, v := range read.GetTimeSeriesData().GetValues() {
			all[s.GetDisplayName()] = append(all[s.GetDisplayName()], v.GetScalar().GetValue())
		}
	}
	return all, nil
}

// answering returns examples with different answers.
func answering(n int, format string) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"`+format+`"}]}]}`+"\n", i)
	}
	return all.String()
}

func falls(values []float64) bool { return len(values) > 1 && values[len(values)-1] < values[0] }

// TestMetrics_follow_from_the_data: the training loss falls; the evaluation loss falls with what is
// known, and rises again with what is new.
func TestMetrics_follow_from_the_data(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inDir(t.TempDir()))
	w.objects.put("data/train.jsonl", answering(40, "The parcel with the number %d is on its way."))
	w.objects.put("data/known.jsonl", answering(10, "The parcel with the number %d is on its way."))
	w.objects.put("data/new.jsonl", answering(10, "Zwölf Boxkämpfer jagen Viktor %d quer über den Sylter Deich."))
	const epochs = 8
	of := func(validation string) (string, map[string][]float64) {
		job := w.mustCreate(func(j *pb.TuningJob) {
			j.GetSupervisedTuningSpec().ValidationDatasetUri = validation
			j.GetSupervisedTuningSpec().HyperParameters.EpochCount = epochs
		})
		experiment := w.run(job.GetName()).GetExperiment()
		if _, err := w.curves(experiment, -1); status.Code(err) != codes.NotFound {
			t.Errorf("metrics before the end: %v", err)
		}
		w.clock.add(duration)
		all, err := w.curves(experiment, -1)
		if err != nil {
			t.Fatal(err)
		}
		return experiment, all
	}
	_, alone := of("")
	experiment, known := of("gs://data/known.jsonl")
	_, foreign := of("gs://data/new.jsonl")
	const train, eval = "/train_total_loss", "/eval_total_loss"
	if len(alone) != 3 || !falls(alone[train]) || falls(alone["/train_fraction_of_correct_next_step_preds"]) {
		t.Errorf("without validation data: %v", alone)
	}
	if len(known) != 5 || len(known[eval]) != epochs || !falls(known[eval]) || !cmp.Equal(known[train], alone[train]) {
		t.Errorf("with known validation data: %v", known)
	}
	if end := len(foreign[eval]) - 1; foreign[eval][end] <= foreign[eval][3] || foreign[eval][end] <= known[eval][end] {
		t.Errorf("the evaluation loss of new data is %v, and that of known data %v", foreign[eval], known[eval])
	}
	w.restart()
	if again, err := w.curves(experiment, -1); err != nil || !cmp.Equal(again, known) {
		t.Errorf("after a restart: %v, %v", again, err)
	}
	some, err := w.curves(experiment, 3)
	if all := known[train]; err != nil || !cmp.Equal(some[train], []float64{all[0], all[(len(all)-1)/2], all[len(all)-1]}) {
		t.Errorf("three points: %v, %v", some[train], err)
	}
	if _, err := w.curves(experiment, 0); status.Code(err) != codes.InvalidArgument {
		t.Errorf("no points: %v", err)
	}
	for name, want := range map[string]codes.Code{
		experiment + "0": codes.NotFound,
		strings.Replace(experiment, location, "europe-west4", 1): codes.NotFound,
		"contexts/1": codes.InvalidArgument,
		"projects/other/locations/us-central1/metadataStores/default/contexts/1": codes.PermissionDenied,
	} {
		if _, err := w.curves(name, 1); status.Code(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestMetrics_of_a_cancelled_job: there are the steps that were trained.
func TestMetrics_of_a_cancelled_job(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.objects.put("data/train.jsonl", answering(400, "The parcel with the number %d is on its way."))
	job := w.mustCreate()
	whole := w.run(job.GetName()).GetTuningDataStats().GetSupervisedTuningDataStats().GetTuningStepCount()
	w.clock.add(duration / 2)
	if err := w.cancel(job.GetName()); err != nil {
		t.Fatal(err)
	}
	w.clock.add(duration)
	ended := w.get(job.GetName())
	all, err := w.curves(ended.GetExperiment(), -1)
	if n := int64(len(all["/train_total_loss"])); err != nil || n == 0 || n >= whole {
		t.Errorf("%d of %d steps, %v", n, whole, err)
	}
}
