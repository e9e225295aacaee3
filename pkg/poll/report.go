// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
)

// reportPatience is how long a job that has ended is not told of because its report cannot be written.
const reportPatience = time.Hour

// report writes the reports on those of the jobs that have ended, and returns the jobs that may be told of: whoever
// hears that a job has ended finds its report. One that cannot be written now is written in a later tick; after an hour
// nobody is kept from hearing any longer.
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
			case fault.Passes(err) && p.Now().Sub(r.UpdatedAt) < reportPatience:
				late[i] = true
				return err
			default:
				p.Log.ErrorContext(ctx, "a job is told of without a report", "job_id", r.ID, "error", err)
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
