// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// filler writes the training examples of a start and counts them. It can be called again.
type filler func(ctx context.Context, w io.Writer, made *made) error

// facts puts what is known of a job's dataset into its record.
type facts func(tuning.Job) tuning.Job

// dataset writes the training data as the job's own object.
func (s *Starter) dataset(ctx context.Context, job tuning.Job, fill filler) (facts, error) {
	var m made
	name := datasetName(job)
	_, err := s.Objects.Write(ctx, object.Spec{
		Bucket: s.Config.DataBucket, Name: name, ContentType: "application/jsonl",
		Metadata: map[string]string{tuning.LabelKey: job.ID},
	}, func(w io.Writer) error {
		m = made{}
		if err := fill(ctx, w, &m); err != nil {
			return err
		}
		return m.usable()
	})
	if err != nil {
		// A start that died here may have written its dataset before, from messages that have changed since.
		if m, err = s.adopt(ctx, name, err); err != nil {
			return nil, err
		}
	}
	return func(j tuning.Job) tuning.Job {
		j.TrainingData = object.URI(s.Config.DataBucket, name)
		j.Pairs, j.Merged, j.LeftOut = m.Pairs, m.Merged, m.LeftOut
		j.Warnings = append(slices.Clip(j.Warnings), m.Warnings...)
		return j
	}, nil
}

// datasetName names the dataset of a job.
func datasetName(job tuning.Job) string { return fmt.Sprintf("datasets/%s.jsonl", job.ID) }

// adopt takes a dataset that is there already, whole, in the place of one that could not be written, or returns
// the cause. Its examples are counted anew.
func (s *Starter) adopt(ctx context.Context, name string, cause error) (m made, err error) {
	if passing(cause) {
		return m, cause
	}
	attrs, err := s.Objects.Attrs(ctx, s.Config.DataBucket, name)
	if err != nil && passing(err) {
		return m, err
	}
	if err != nil {
		return m, cause
	}
	in, err := s.Objects.Read(ctx, s.Config.DataBucket, name, attrs.Generation)
	if err != nil {
		return m, err
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	report, err := dataset.Convert(ctx, io.Discard, in, dataset.Options{MaxFaults: 1})
	if err != nil {
		return m, fmt.Errorf("count the examples of %s: %w", name, err)
	}
	m.Pairs = report.Examples
	m.Warnings = []string{"The data were changed while the start was made up for after a crash; the dataset is of the data as they were first."}
	return m, nil
}

// source finds out where the training data come from, and returns what writes them.
func (s *Starter) source(ctx context.Context, r tuning.Request) (filler, error) {
	var ids []string
	var err error
	switch {
	case r.TrainingData != "":
		return func(ctx context.Context, w io.Writer, m *made) error { return s.copyFile(ctx, w, r.TrainingData, m) }, nil
	case r.AllMessages:
		ids, err = s.Records.AllMessageIDs(ctx)
	case len(r.MessageIDs) > 0:
		ids = r.MessageIDs
	default:
		ids, err = s.Records.SessionIDs(ctx, r.SessionID)
		if err == nil && len(ids) == 0 {
			e := fault.New(fault.NotFound, "There are no messages of session %q.", r.SessionID)
			e.Violations = []fault.Violation{{Field: "session_id", Reason: "UNKNOWN_SESSION", Description: e.Message}}
			return nil, e
		}
	}
	return func(ctx context.Context, w io.Writer, m *made) error { return s.writePairs(ctx, w, r, ids, m) }, err
}

// writePairs streams the messages into training examples, one a pair. Texts are held a batch at a time.
func (s *Starter) writePairs(ctx context.Context, w io.Writer, r tuning.Request, ids []string, m *made) error {
	pairer := dataset.NewPairer()
	var wrong []fault.Violation
	var line []byte
	i := -1
	for message, err := range s.Records.MessagesByID(ctx, ids) {
		i++
		if err != nil {
			return err
		}
		if v, bad := misplaced(r, message, i); bad {
			wrong = append(wrong, v)
			continue
		}
		outcome, user, model := pair(pairer, message)
		if outcome != dataset.Paired {
			m.leaveOut(message.ID, outcome)
			continue
		}
		line = dataset.AppendPair(line[:0], user, model)
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("write training example %d: %w", m.Pairs+1, err)
		}
		m.Pairs++
	}
	return refuse(wrong)
}

func pair(pairer *dataset.Pairer, m store.Message) (outcome dataset.Outcome, user, model string) {
	switch {
	case m.Missing:
		return Deleted, "", ""
	case m.Malformed != "":
		return Malformed, "", ""
	}
	user, model, outcome = pairer.Pair(m.Message)
	return outcome, user, model
}

// misplaced reports a message that was asked for by its ID and does not exist, or is not of the session that
// was named beside it.
func misplaced(r tuning.Request, m store.Message, i int) (fault.Violation, bool) {
	v := fault.Violation{Field: fmt.Sprintf("message_ids[%d]", i)}
	switch {
	case len(r.MessageIDs) == 0:
		return v, false
	case m.Missing:
		v.Reason, v.Description = "UNKNOWN_MESSAGE", fmt.Sprintf("There is no message %q.", m.ID)
	case r.SessionID != "" && m.SessionID != r.SessionID:
		v.Reason, v.Description = "WRONG_SESSION", fmt.Sprintf("Message %q is not of session %q.", m.ID, r.SessionID)
	default:
		return v, false
	}
	return v, true
}

// listed is how many places of one kind an answer names; the others are counted.
const listed = 1000

func refuse(wrong []fault.Violation) error {
	if len(wrong) == 0 {
		return nil
	}
	e := fault.Invalid(wrong[:min(len(wrong), listed)]...)
	e.Message = fmt.Sprintf("%d of the message_ids cannot be used: %s", len(wrong), wrong[0].Description)
	if slices.ContainsFunc(wrong, func(v fault.Violation) bool { return v.Reason == "UNKNOWN_MESSAGE" }) {
		e.Kind = fault.NotFound
	}
	return e
}

// copyFile copies a dataset that is already in Cloud Storage: the job then trains on what was checked, even
// if the file is replaced while the job waits for its turn.
func (s *Starter) copyFile(ctx context.Context, w io.Writer, uri string, m *made) error {
	bucket, name, _ := tuning.ParseURI(uri)
	attrs, err := s.Objects.Attrs(ctx, bucket, name)
	if missing(err) {
		return noFile(uri)
	}
	if err != nil {
		return err
	}
	in, err := s.Objects.Read(ctx, bucket, name, attrs.Generation)
	if missing(err) {
		return noFile(uri)
	}
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	report, err := dataset.Convert(ctx, w, in, dataset.Options{MaxFaults: listed})
	if err != nil {
		return fmt.Errorf("copy %s: %w", uri, err)
	}
	m.Pairs, m.Merged, m.LeftOut, m.Warnings = report.Examples, report.MergedPairs, leftOutOf(report), warnings(report)
	if report.Errors == 0 {
		return nil
	}
	return fault.Data(report, "training_data")
}

// missing reports whether an object is not there, or is not ours to read. Cloud Storage says the latter also
// of an object that is not there, to whoever may not list the bucket.
func missing(err error) bool {
	return errors.Is(err, object.ErrNotFound) || gcp.Code(err) == codes.PermissionDenied
}

func noFile(uri string) error {
	return &fault.Error{
		Kind: fault.NotFound, Message: fmt.Sprintf("There is no object %s, or this service may not read it.", uri),
		Violations: []fault.Violation{{Field: "training_data", Reason: "UNKNOWN_OBJECT", Description: "There is no such object."}},
	}
}
