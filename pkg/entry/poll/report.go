// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// reportRetryWindow is how long the end of a job is not published while its report cannot be written.
const reportRetryWindow = time.Hour

// report writes the reports of the jobs that have ended, and returns the jobs whose events may be
// published: a subscriber that reads that a job has ended finds its report. If a report cannot be
// written, a later tick retries it; after an hour the end is published without a report.
func (p *Poller) report(ctx context.Context, jobs []store.Record) ([]store.Record, error) {
	ctx, cancel := within(ctx, 3./4)
	defer cancel()
	work := newWork(parallel)
	late := make([]bool, len(jobs))
	for i, r := range jobs {
		if !r.Finished {
			continue
		}
		work.do(func() error {
			err := p.Reports.Report(ctx, r.Job)
			switch {
			case err == nil:
				return nil
			case fault.IsTransient(err) && p.Now().Sub(r.UpdatedAt) < reportRetryWindow:
				late[i] = true
				return err
			default:
				p.Log.ErrorContext(ctx, "the end of a job is published without a report", "job_id", r.ID, "error", err)
				return nil
			}
		})
	}
	err := work.wait()
	var ready []store.Record
	for i, r := range jobs {
		if !late[i] {
			ready = append(ready, r)
		}
	}
	return ready, err
}
