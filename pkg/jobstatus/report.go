// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobstatus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// reportOf names the report on a job.
func reportOf(job tuning.Job) string { return "reports/" + job.ID + ".json" }

// Report keeps all that is told of a job that has ended as an object, beside what it was made of: for whoever reads
// the bucket, and for the day when the record is gone. It can be repeated: the first report stays.
func (t *Teller) Report(ctx context.Context, job tuning.Job) error {
	spec := object.Spec{
		Bucket: t.Bucket, Name: reportOf(job), ContentType: "application/json", Metadata: map[string]string{tuning.LabelKey: job.ID},
	}
	_, err := t.Objects.Write(ctx, spec, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(t.Status(ctx, job))
	})
	if err != nil && !errors.Is(err, object.ErrConflict) {
		return fmt.Errorf("report on job %s: %w", job.ID, err)
	}
	return nil
}
