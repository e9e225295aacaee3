// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// reportOf returns the object name of a job's report.
func reportOf(job tuning.Job) string { return "reports/" + job.ID + ".json" }

// Report writes the status of a job that has ended as an object next to its dataset: for readers of
// the bucket, and for the time after the record is deleted. It is idempotent: the first report is
// never replaced.
func (t *Presenter) Report(ctx context.Context, job tuning.Job) error {
	spec := gcs.Spec{
		Bucket: t.Bucket, Name: reportOf(job), ContentType: "application/json", Metadata: map[string]string{tuning.LabelKey: job.ID},
	}
	_, err := t.Objects.Write(ctx, spec, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(t.Status(ctx, job))
	})
	if err != nil && !errors.Is(err, gcs.ErrConflict) {
		return fmt.Errorf("write the report on job %s: %w", job.ID, err)
	}
	return nil
}
