// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobmetrics"
)

// The end of a job is not published for this long while its report cannot be written, or its
// metrics cannot be read.
const (
	reportRetryWindow  = time.Hour
	metricsRetryWindow = 10 * time.Minute
)

// report keeps the metrics and writes the reports of the jobs that have ended, and returns the jobs
// whose events may be published: a subscriber that reads that a job has ended finds both. What
// cannot be read or written is retried by later ticks; after some time the end is published
// without it.
func (p *Poller) report(ctx context.Context, t *tick, jobs []store.Record) ([]store.Record, error) {
	ctx, cancel := withTimeShare(ctx, 3./4)
	defer cancel()
	work := newWork(parallel)
	late := make([]bool, len(jobs))
	for i := range jobs {
		if !jobs[i].Finished {
			continue
		}
		work.do(func() (err error) {
			if jobs[i], err = p.measure(ctx, t, jobs[i]); err == nil {
				jobs[i], err = p.startEvaluation(ctx, t, jobs[i])
			}
			if err != nil {
				late[i] = true
				return err
			}
			late[i], err = p.writeReport(ctx, jobs[i])
			return err
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

// writeReport writes the report of a job. It reports whether a later tick must retry.
func (p *Poller) writeReport(ctx context.Context, r store.Record) (late bool, err error) {
	err = p.Reports.Report(ctx, r.Job)
	switch {
	case err == nil:
		return false, nil
	case fault.IsTransient(err) && p.Now().Sub(r.UpdatedAt) < reportRetryWindow:
		return true, err
	default:
		p.Log.ErrorContext(ctx, "the end of a job is published without a report", "job_id", r.ID, "error", err)
		return false, nil
	}
}

// measure keeps the metrics of a job that has ended, and returns its record. A job without metrics
// has not failed. With an error, a later tick must retry.
func (p *Poller) measure(ctx context.Context, t *tick, r store.Record) (store.Record, error) {
	if !jobmetrics.Due(r.Job) {
		return r, nil
	}
	found, err := p.Metrics.Keep(ctx, r.Job)
	switch {
	case err == nil:
	case fault.KindOf(err) == fault.NotFound:
		found = jobmetrics.Without(r.Job, jobmetrics.None)
	case fault.IsTransient(err) && p.Now().Sub(r.UpdatedAt) < metricsRetryWindow:
		return r, err
	default:
		p.Log.WarnContext(ctx, "the metrics of a job were not kept", "job_id", r.ID, "error", err)
		found = jobmetrics.Without(r.Job, "The metrics of this job could not be read from Vertex AI.")
	}
	written, err := p.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if jobmetrics.Due(j) {
			j.Metrics, j.Checkpoints = found.Metrics, found.Checkpoints
		}
		return j, nil
	})
	if err != nil {
		return r, err
	}
	t.put(written)
	return written, nil
}
