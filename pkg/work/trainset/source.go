// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package trainset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/split"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Source reads the training data of a start. It passes each example to take, and records in the
// result which messages were left out. It can be read more than once.
type Source func(ctx context.Context, m *Result, take func(split.Example) error) error

// Source returns the source that a request names. It keeps messages in the memory that is reserved
// for the request. An unknown session is a NotFound.
func (b *Builder) Source(ctx context.Context, r tuning.Request, held *Reservation) (Source, error) {
	var list []store.Listed
	var err error
	switch {
	case r.TrainingData != "":
		return func(ctx context.Context, m *Result, take func(split.Example) error) error {
			return b.generation(ctx, "training_data", r.TrainingData, r.TrainingGeneration, m, take)
		}, nil
	case r.AllMessages:
		list, err = b.Messages.ListAll(ctx, held.keep)
	case len(r.MessageIDs) > 0:
		list = store.ListIDs(r.MessageIDs)
	default:
		list, err = b.Messages.ListSession(ctx, r.SessionID, held.keep)
		if err == nil && len(list) == 0 {
			return nil, fault.Refuse(fault.NotFound, "session_id", "UNKNOWN_SESSION", "There are no messages of session %q.", r.SessionID)
		}
	}
	return func(ctx context.Context, m *Result, take func(split.Example) error) error {
		return b.messages(ctx, r, list, m, take)
	}, err
}

// messages makes one example of each pair.
func (b *Builder) messages(ctx context.Context, r tuning.Request, list []store.Listed, m *Result, add func(split.Example) error) error {
	pairer := dataset.NewPairer()
	var wrong misplaced
	var line []byte
	i := -1
	for message, err := range b.Messages.Messages(ctx, list) {
		i++
		if err != nil {
			return err
		}
		if wrong.includes(r, message, i) {
			continue
		}
		outcome, user, model := pair(pairer, message)
		if outcome != dataset.Paired {
			m.leaveOut(message.ID, outcome)
			continue
		}
		line = dataset.AppendPair(line[:0], user, model)
		if err := add(split.Example{Line: line, Group: message.SessionID, Source: sourceindex.Source{Message: message.ID}}); err != nil {
			return err
		}
	}
	return wrong.err()
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

// misplaced counts the requested messages that do not exist, or do not belong to the session of the
// request.
type misplaced struct {
	fault.Faults
	unknown bool
}

// includes reports whether the i-th message is misplaced, and counts it.
func (w *misplaced) includes(r tuning.Request, m store.Message, i int) bool {
	switch field := "message_ids[" + strconv.Itoa(i) + "]"; {
	case len(r.MessageIDs) == 0:
		return false
	case m.Missing:
		w.unknown = true
		w.Add(field, "UNKNOWN_MESSAGE", fmt.Sprintf("There is no message %q.", m.ID))
	case r.SessionID != "" && m.SessionID != r.SessionID:
		w.Add(field, "WRONG_SESSION", fmt.Sprintf("Message %q is not of session %q.", m.ID, r.SessionID))
	default:
		return false
	}
	return true
}

func (w *misplaced) err() error {
	if w.Count == 0 {
		return nil
	}
	e := fault.Invalid(w.Kept...)
	e.Count = w.Count
	e.Message = fmt.Sprintf("%d of the message_ids cannot be used: %s", w.Count, w.Kept[0].Description)
	if w.unknown {
		e.Kind = fault.NotFound
	}
	return e
}

// maxFaults is how many faults of one kind an answer lists. The others are only counted.
const maxFaults = 1000

// file reads the current generation of a file in Cloud Storage.
func (b *Builder) file(ctx context.Context, field, uri string, m *Result, take func(split.Example) error) error {
	return b.generation(ctx, field, uri, 0, m, take)
}

// generation reads one generation of a file in Cloud Storage; 0 is the current one. The examples
// are copied, so that the job trains on what was checked even if the file is replaced while the job
// is queued.
func (b *Builder) generation(ctx context.Context, field, uri string, generation int64, m *Result, add func(split.Example) error) error {
	in, read, err := b.open(ctx, uri, generation)
	switch {
	case generation > 0 && errors.Is(err, gcs.ErrNotFound):
		return replaced(field, uri, generation)
	case missing(err):
		return noFile(field, uri)
	case err != nil:
		return err
	}
	defer func() { _ = in.Close() }() // after reading, an error of Close loses nothing
	sum := sha256.New()
	report, err := dataset.Convert(ctx, io.Discard, io.TeeReader(in, sum), dataset.Options{
		MaxFaults: maxFaults,
		Example: func(e dataset.Example) error {
			return add(split.Example{
				Line: e.Text, Group: e.Session, Source: sourceindex.Source{Object: uri, Generation: read, Line: e.Line},
			})
		},
	})
	if err != nil {
		return fmt.Errorf("read the training data: %w", err)
	}
	m.Sources = append(m.Sources, tuning.SourceObject{URI: uri, Generation: read, SHA256: hex.EncodeToString(sum.Sum(nil))})
	m.warn(field, report)
	if report.Errors > 0 && report.Counts[dataset.CodeNoExamples] == 0 { // Result.usable reports an empty file better
		return report.Err(field)
	}
	if field == "training_data" {
		m.Merged, m.LeftOut = report.MergedPairs, leftOutOf(report)
	}
	return nil
}

// open opens a generation of an object, or the current one for 0, and returns its number.
func (b *Builder) open(ctx context.Context, uri string, generation int64) (io.ReadCloser, int64, error) {
	bucket, name, _ := tuning.ParseURI(uri)
	if generation == 0 {
		attrs, err := b.Objects.Attrs(ctx, bucket, name)
		if err != nil {
			return nil, 0, err
		}
		generation = attrs.Generation
	}
	in, err := b.Objects.Read(ctx, bucket, name, generation)
	return in, generation, err
}

// missing reports whether an object does not exist, or this service may not read it. Cloud Storage
// answers PermissionDenied in both cases if the caller may not list the bucket.
func missing(err error) bool {
	return errors.Is(err, gcs.ErrNotFound) || gcperr.Code(err) == codes.PermissionDenied
}

// replaced is the error for a dropped file whose generation no longer exists.
func replaced(field, uri string, generation int64) error {
	e := fault.New(fault.FailedPrecondition,
		"Generation %d of %s was replaced or deleted before it could be read. A newer file starts a job of its own, if it asks for one.", generation, uri)
	e.Violations = []fault.Violation{{Field: field, Reason: "OBJECT_REPLACED", Description: "This generation of the object no longer exists."}}
	return e
}

func noFile(field, uri string) error {
	return &fault.Error{
		Kind: fault.NotFound, Message: fmt.Sprintf("There is no object %s, or this service may not read it.", uri),
		Violations: []fault.Violation{{Field: field, Reason: "UNKNOWN_OBJECT", Description: "There is no such object."}},
	}
}
