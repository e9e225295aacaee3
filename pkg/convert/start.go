// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/drop"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Start is what became of the job that a file asks for. Without an error it is on record.
type Start struct {
	JobID string `json:"job_id,omitempty"`
	// Manifest is what asks for it, as gs://bucket/name#generation; where it is empty, the file's metadata do.
	Manifest string   `json:"manifest,omitempty"`
	Error    *Refusal `json:"error,omitempty"`
	// Earlier are the jobs that the same generation of the file has started before, by metadata or other manifests.
	Earlier []string `json:"earlier_job_ids,omitempty"`
}

// Refusal is why there is no job, in the words in which POST /start would say it.
type Refusal struct {
	Code       int               `json:"code"`   // of HTTP
	Status     string            `json:"status"` // Google's word for it (AIP-193)
	Message    string            `json:"message"`
	Violations []fault.Violation `json:"violations,omitempty"`
}

// startNow starts what a file that was converted asks for, if it does.
func (c *Converter) startNow(ctx context.Context, source Source, format string) (*Start, error) {
	w, err := c.wish(ctx, source)
	if w == nil || err != nil {
		return nil, err
	}
	return c.start(ctx, source, format, w)
}

// startLate starts what a manifest asks for that came after its file was converted, and tells so in the file's report.
func (c *Converter) startLate(ctx context.Context, manifest Source, file string) (Outcome, error) {
	attrs, err := c.Objects.Attrs(ctx, manifest.Bucket, file)
	if errors.Is(err, object.ErrNotFound) {
		return Waiting, nil
	}
	if err != nil {
		return "", err
	}
	name := outputs(file)
	text, err := c.output(ctx, name.text)
	if err != nil {
		return "", err
	}
	report, r, err := c.reported(ctx, name.report)
	switch {
	case err != nil:
		return "", err
	case r == nil || r.Source.Generation != attrs.Generation:
		// To be delivered again. The file's own event may have looked for a manifest before there was this one, and
		// may yet find that the file is refused.
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
	if r.Start.same(before) {
		return Started, nil // the file's own event has found the manifest, or this event came before
	}
	r.Start.after(before)
	return r.Start.outcome(), c.reports(ctx, r, text, report)
}

// start puts a start on record. What will not do however often it is tried is in the answer; the error is about what
// may heal.
func (c *Converter) start(ctx context.Context, source Source, format string, w *wish) (*Start, error) {
	s := &Start{}
	if w.manifest > 0 {
		s.Manifest = fmt.Sprintf("%s#%d", object.URI(source.Bucket, drop.ManifestOf(source.Name)), w.manifest)
	}
	job, err := c.enqueue(ctx, source, format, w)
	switch {
	case err == nil:
		s.JobID = job.ID
		return s, nil
	case fault.Heals(err):
		return nil, err
	}
	if w.manifest == 0 {
		err = drop.Keyed(err)
	}
	e := fault.Of(err)
	answer := e.Kind.HTTP()
	s.Error = &Refusal{Code: answer.Code, Status: answer.Status, Message: e.Message, Violations: e.Violations}
	var reasons []string // and no more: what is said of them can have words of the caller's
	for _, v := range e.Violations {
		reasons = append(reasons, v.Reason)
	}
	c.Log.InfoContext(ctx, "start refused", "object", object.URI(source.Bucket, source.Name), "generation", source.Generation,
		"manifest", w.manifest, "status", answer.Status, "reasons", reasons)
	return s, nil
}

// enqueue has the file itself trained on, and not the dataset that was made of it, which a newer file replaces. Each
// generation of a file starts once with its metadata, and once with each generation of its manifest.
func (c *Converter) enqueue(ctx context.Context, source Source, format string, w *wish) (tuning.Job, error) {
	if !c.Config.DropStarts {
		return tuning.Job{}, fault.New(fault.FailedPrecondition,
			"Files do not start jobs here: DROP_STARTS is false. POST /start with training_data starts one on the dataset.")
	}
	if w.err != nil {
		return tuning.Job{}, w.err
	}
	if dataset.IsPreference(format) {
		base, err := c.Starter.BaseModel(ctx, w.request)
		if err == nil {
			err = c.Facts.Current(ctx).NoPreferenceTuning(base)
		}
		return tuning.Job{}, err
	}
	uri, request := object.URI(source.Bucket, source.Name), w.request
	request.TrainingData, request.TrainingGeneration = uri, source.Generation
	return c.Starter.Enqueue(ctx, start.Order{Request: request, Caller: uri, Key: fmt.Sprintf("%d/%d", source.Generation, w.manifest)})
}

// same reports whether both tell of one job, which has one manifest or none.
func (s *Start) same(other *Start) bool {
	return other != nil && s.JobID != "" && s.JobID == other.JobID
}

// after keeps the jobs that were started before.
func (s *Start) after(before *Start) {
	if before == nil {
		return
	}
	s.Earlier = before.Earlier
	if before.JobID != "" && before.JobID != s.JobID {
		s.Earlier = append(slices.Clip(s.Earlier), before.JobID)
	}
}

func (s *Start) outcome() Outcome {
	if s.Error != nil {
		return NotStarted
	}
	return Started
}

// markdown says it to people, after text.
func (s *Start) markdown(text []byte) []byte {
	if s == nil {
		return text
	}
	if s.Error == nil {
		text = fmt.Appendf(text, "\nIts tuning job:\n\n    %s\n", s.JobID)
	} else {
		text = append(text, "\n## No tuning job was started\n\n"...)
		text = fmt.Appendf(text, "    %s\n", line(s.Error.Message))
		for _, v := range s.Error.Violations {
			text = fmt.Appendf(text, "    %s: %s\n", line(v.Field), line(v.Description))
		}
	}
	for _, id := range s.Earlier {
		text = fmt.Appendf(text, "\nA job that it started before:\n\n    %s\n", id)
	}
	return text
}

// line writes a text so that it stays one line of a block of code.
func line(text string) string { return dataset.Visible(strings.Join(strings.Fields(text), " ")) }
