// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package jobmetrics keeps the metrics that a tuning job has written while it trained: the curves
// as an object in Cloud Storage, and the loss of each checkpoint in the job's record.
package jobmetrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/vertex"
)

// None says that Vertex AI has no metrics of the job.
const None = "Vertex AI has no metrics of this job."

// Keeper reads metrics from Vertex AI and keeps them.
type Keeper struct {
	Vertex  *vertex.Client
	Objects *gcs.Store
	Bucket  string // to which the curves are written
}

// Due reports whether the metrics of the job can be read but have not been.
func Due(job tuning.Job) bool { return job.Finished && job.Experiment != "" && job.Metrics == nil }

// Keep reads the metrics of a job that has ended, writes the curves to Cloud Storage, and returns
// the job with what its record keeps of them. It is idempotent: the first object is never replaced.
func (k *Keeper) Keep(ctx context.Context, job tuning.Job) (tuning.Job, error) {
	curves, err := k.Vertex.Metrics(ctx, job.Experiment)
	if err != nil {
		return job, fmt.Errorf("read the metrics of job %s: %w", job.ID, err)
	}
	if curves.Empty() {
		return Without(job, None), nil
	}
	spec := gcs.Spec{
		Bucket: k.Bucket, Name: "metrics/" + job.ID + ".json", ContentType: "application/json", Metadata: map[string]string{tuning.LabelKey: job.ID},
	}
	_, err = k.Objects.Write(ctx, spec, func(w io.Writer) error { return json.NewEncoder(w).Encode(curves) })
	if err != nil && !errors.Is(err, gcs.ErrConflict) {
		return job, fmt.Errorf("write the metrics of job %s: %w", job.ID, err)
	}
	job.Metrics = &tuning.Metrics{URI: gcs.URI(spec.Bucket, spec.Name), Memorized: curves.Memorized()}
	job.Checkpoints = measured(job.Checkpoints, curves)
	return job, nil
}

// Without returns the job with the reason why there are no metrics.
func Without(job tuning.Job, reason string) tuning.Job {
	job.Metrics = &tuning.Metrics{Detail: reason}
	return job
}

// measured returns the checkpoints with their metrics.
func measured(checkpoints []tuning.Checkpoint, c metrics.Curves) []tuning.Checkpoint {
	all := slices.Clone(checkpoints)
	steps := make([]int64, len(all))
	for i := range all {
		steps[i] = all[i].Step
	}
	trainLoss, evalLoss := metrics.At(c.TrainLoss, steps), metrics.At(c.EvalLoss, steps)
	trainAccuracy, evalAccuracy := metrics.At(c.TrainAccuracy, steps), metrics.At(c.EvalAccuracy, steps)
	for i := range all {
		all[i].TrainLoss, all[i].EvalLoss, all[i].TrainAccuracy, all[i].EvalAccuracy = trainLoss[i], evalLoss[i], trainAccuracy[i], evalAccuracy[i]
	}
	return all
}

// Of returns the curves of a job or, if there are none, why there are none, as a sentence for the
// caller.
func Of(ctx context.Context, objects *gcs.Store, job tuning.Job) (curves metrics.Curves, detail string, err error) {
	switch {
	case !job.Finished:
		return curves, "Vertex AI shows the metrics after the job's end.", nil
	case Due(job):
		return curves, "The metrics are read within a few minutes after the job's end.", nil
	case job.Metrics == nil:
		return curves, None, nil
	case job.Metrics.URI == "":
		return curves, job.Metrics.Detail, nil
	}
	curves, err = Read(ctx, objects, job.Metrics.URI)
	if errors.Is(err, gcs.ErrNotFound) {
		return curves, "The object " + job.Metrics.URI + ", which had the metrics, was deleted.", nil
	}
	return curves, "", err
}

// Read returns the curves that Keep has written to a gs:// URI.
func Read(ctx context.Context, objects *gcs.Store, uri string) (curves metrics.Curves, err error) {
	bucket, name, _ := tuning.ParseURI(uri)
	object, err := objects.ReadLive(ctx, bucket, name)
	if err != nil {
		return curves, err
	}
	defer func() { _ = object.Close() }() // nothing is lost by a failing close after reading
	if err := json.NewDecoder(object).Decode(&curves); err != nil {
		return curves, fmt.Errorf("decode the metrics: %w", err)
	}
	return curves, nil
}
