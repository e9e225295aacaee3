// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/drops"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// startOnConvert records the start for which a converted file asks, if it asks for one.
func (c *Converter) startOnConvert(ctx context.Context, source Source, format string) (*Start, error) {
	w, err := c.startRequest(ctx, source)
	if w == nil || err != nil {
		return nil, err
	}
	return c.start(ctx, source, format, w)
}

// startOnManifest records the start of a manifest that arrived after its file was converted, and
// adds it to the file's report.
func (c *Converter) startOnManifest(ctx context.Context, manifest Source, file string) (Outcome, error) {
	attrs, err := c.Objects.Attrs(ctx, manifest.Bucket, file)
	if errors.Is(err, gcs.ErrNotFound) {
		return Waiting, nil
	}
	if err != nil {
		return "", err
	}
	name := drops.NamesOf(file)
	text, err := c.output(ctx, name.Text)
	if err != nil {
		return "", err
	}
	report, r, err := c.readReport(ctx, name.Report)
	switch {
	case err != nil:
		return "", err
	case r == nil || r.Source.Generation != attrs.Generation:
		// The manifest's event must be delivered again. The file's own event may have looked for a
		// manifest before this one was written, and may still refuse the file.
		return "", fault.New(fault.Unavailable, "The file of the manifest is not converted yet.")
	case r.Outcome != Converted:
		return Refused, nil
	}
	w, err := c.manifest(ctx, r.Source)
	if err != nil {
		return "", err
	}
	if w == nil || w.manifest != manifest.Generation {
		return Gone, nil
	}
	before := r.Start
	if r.Start, err = c.start(ctx, r.Source, r.Result.Format, w); err != nil {
		return "", err
	}
	if sameJob(r.Start, before) {
		return Started, nil // the file's event found the manifest, or this event came before
	}
	addEarlierJobs(r.Start, before)
	return startOutcome(r.Start), c.writeReports(ctx, r, text, report)
}

// start records a start. Permanent refusals are in the result; err is only for errors that a retry
// can resolve.
func (c *Converter) start(ctx context.Context, source Source, format string, w *startRequest) (*Start, error) {
	s := &Start{}
	if w.manifest > 0 {
		s.Manifest = fmt.Sprintf("%s#%d", gcs.URI(source.Bucket, manifest.NameOf(source.Name)), w.manifest)
	}
	job, err := c.enqueue(ctx, source, format, w)
	switch {
	case err == nil:
		s.JobID = job.ID
		return s, nil
	case fault.ShouldRedeliver(err):
		return nil, err
	}
	if w.manifest == 0 {
		err = manifest.Keyed(err)
	}
	e := fault.From(err)
	answer := e.Kind.HTTP()
	s.Error = &Refusal{Code: answer.Code, Status: answer.Status, Message: e.Message, Violations: e.Violations}
	var reasons []string // only the reasons are logged: descriptions may contain the caller's text
	for _, v := range e.Violations {
		reasons = append(reasons, v.Reason)
	}
	c.Log.InfoContext(ctx, "the start was refused", "object", gcs.URI(source.Bucket, source.Name), "generation", source.Generation,
		"manifest", w.manifest, "status", answer.Status, "reasons", reasons)
	return s, nil
}

// enqueue records a start that trains on the file itself, and not on the dataset that was made from
// it, because a newer file replaces that dataset. Each generation of a file starts once with its
// metadata, and once with each generation of its manifest.
func (c *Converter) enqueue(ctx context.Context, source Source, format string, w *startRequest) (tuning.Job, error) {
	if !c.Config.DropStarts {
		return tuning.Job{}, fault.New(fault.FailedPrecondition,
			"Files do not start jobs here, because DROP_STARTS is false. Use POST /start with training_data to start a job on the dataset.")
	}
	if w.err != nil {
		return tuning.Job{}, w.err
	}
	if dataset.IsPreference(format) {
		base, err := c.Jobs.BaseModel(ctx, w.request)
		if err == nil {
			err = c.Catalogue.Current(ctx).NoPreferenceTuning(base)
		}
		return tuning.Job{}, err
	}
	uri, request := gcs.URI(source.Bucket, source.Name), w.request
	request.TrainingData, request.TrainingGeneration = uri, source.Generation
	return c.Jobs.Enqueue(ctx, jobs.StartRequest{Request: request, Caller: uri, Key: fmt.Sprintf("%d/%d", source.Generation, w.manifest)})
}

// sameJob reports whether both have the same job, which has one manifest or none.
func sameJob(s, other *Start) bool {
	return other != nil && s.JobID != "" && s.JobID == other.JobID
}

// addEarlierJobs adds the jobs that were started before.
func addEarlierJobs(s, before *Start) {
	if before == nil {
		return
	}
	s.Earlier = before.Earlier
	if before.JobID != "" && before.JobID != s.JobID {
		s.Earlier = append(slices.Clip(s.Earlier), before.JobID)
	}
}

func startOutcome(s *Start) Outcome {
	if s.Error != nil {
		return NotStarted
	}
	return Started
}

// startMarkdown appends the section about the start to text.
func startMarkdown(s *Start, text []byte) []byte {
	if s == nil {
		return text
	}
	if s.Error == nil {
		text = fmt.Appendf(text, "\nIts tuning job:\n\n    %s\n", s.JobID)
	} else {
		text = append(text, "\n## No tuning job was started\n\n"...)
		text = fmt.Appendf(text, "    %s\n", oneLine(s.Error.Message))
		for _, v := range s.Error.Violations {
			text = fmt.Appendf(text, "    %s: %s\n", oneLine(v.Field), oneLine(v.Description))
		}
	}
	for _, id := range s.Earlier {
		text = fmt.Appendf(text, "\nAn earlier job of the same file:\n\n    %s\n", id)
	}
	return text
}

// oneLine returns the text as one line of a code block.
func oneLine(text string) string { return dataset.Visible(strings.Join(strings.Fields(text), " ")) }
