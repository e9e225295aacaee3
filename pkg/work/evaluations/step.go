// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	// pieceSize is how many examples a piece has.
	pieceSize = 10
	// maxTries is after how many attempts in a row a question that fails is given up. Attempts
	// without quota do not count.
	maxTries = 5
	// maxAge is how long an evaluation may take.
	maxAge = 24 * time.Hour
)

// lease is how long other processes leave an evaluation alone: 90 seconds with the default of
// START_LEASE. In the last third of it nothing is asked, so that the answers are written and
// recorded before it expires.
func (s *Service) lease() time.Duration { return 3 * s.Config.Lease }

// askTimeout is how long the questions of a piece may take: 60 seconds after the lease began.
func (s *Service) askTimeout(run evalrun.Run) time.Duration {
	return run.LeaseUntil.Sub(s.Now()) - s.Config.Lease
}

// writeTimeout limits a write after the context has ended: 10 seconds. A piece needs two writes,
// that of its object and that of the record.
func (s *Service) writeTimeout() time.Duration { return s.Config.Lease / 3 }

// Step does one piece of the work of an evaluation, unless another process does. It reports whether
// the next piece may follow at once. An error is transient: a later call tries again.
func (s *Service) Step(ctx context.Context, e store.Evaluation) (next store.Evaluation, more bool, err error) {
	if e.Finished || e.Leased(s.Now()) {
		return e, false, nil
	}
	if e, err = s.Records.UpdateEvaluation(ctx, e, e.Take(s.now().Add(s.lease()), s.now())); err != nil {
		return e, false, ignoreChanged(err)
	}
	done, more, err := s.work(ctx, e)
	// What was asked is billed, so it is recorded even if ctx has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.writeTimeout())
	defer cancel()
	written, writeErr := s.Records.UpdateEvaluation(ctx, e, done)
	if writeErr != nil {
		return e, false, errors.Join(err, ignoreChanged(writeErr))
	}
	if written.Finished {
		s.Log.InfoContext(ctx, "the evaluation ended", "evaluation", e.ID, "job_id", e.JobID, "state", written.State)
	}
	return written, more, err
}

// ignoreChanged returns nil if another process has written the record, because that process does
// the work.
func ignoreChanged(err error) error {
	if errors.Is(err, store.ErrChanged) {
		return nil
	}
	return err
}

// work returns the evaluation after one piece of its work, without a lease.
func (s *Service) work(ctx context.Context, e store.Evaluation) (evalrun.Run, bool, error) {
	run := e.Run
	switch {
	case s.Now().Sub(run.CreatedAt) > maxAge:
		return s.fail(run, fault.New(fault.DeadlineExceeded, "The evaluation did not end within %s. %s", maxAge, run.Detail)), false, nil
	case run.AllDone():
		return s.finish(ctx, run)
	}
	piece, err := s.pieceInTime(ctx, run)
	if err != nil {
		return s.delayed(ctx, run, err)
	}
	run = run.Bill(piece.usage)
	if len(piece.rows) > 0 {
		run = run.Advance(int64(len(piece.rows)), s.now())
	}
	err = piece.err
	isPermanent := fault.KindOf(err) == fault.NotFound || gcperr.Code(err) == codes.PermissionDenied && run.Tries >= maxTries
	switch {
	case err == nil:
		return run.Release(s.now()), true, nil
	case isPermanent && run.AllAsked(): // the judge cannot be asked, but the answers can be compared
		return run.WithoutJudge(fault.From(err).Message).Release(s.now()), true, nil
	case isPermanent:
		return s.fail(run, err), false, nil
	default:
		return s.delayed(ctx, run, err)
	}
}

// delayed returns the evaluation for a later call. The error is not returned if it is about quota
// or about our own time, which is no failure.
func (s *Service) delayed(ctx context.Context, run evalrun.Run, err error) (evalrun.Run, bool, error) {
	if errors.Is(err, gcs.ErrNotFound) {
		return s.fail(run, fault.New(fault.NotFound, "An object of the evaluation was deleted.")), false, nil
	}
	waits := fault.KindOf(err) == fault.ResourceExhausted || ctx.Err() != nil
	run = run.Delay(fault.From(err).Message, !waits, s.now())
	if waits {
		err = nil
	}
	return run, false, err
}

func (s *Service) fail(run evalrun.Run, err error) evalrun.Run {
	return run.Fail(jobs.FailureOf(err), s.now())
}

// askPiece is the result of asking the questions of some examples.
type piece struct {
	examples int              // examples, from the first one on
	rows     []evaluation.Row // of these examples, with the answers
	usage    evalrun.Usage    // of these and of further answers, which are lost
	err      error            // why there are no more rows
}

// pieceInTime does a piece, and asks only as long as the lease allows.
func (s *Service) pieceInTime(ctx context.Context, run evalrun.Run) (piece, error) {
	ctx, cancel := context.WithTimeout(ctx, s.askTimeout(run))
	defer cancel()
	return s.askPiece(ctx, run)
}

// askPiece asks the next questions and writes the answers. If an earlier process has written them
// but not recorded it, nothing is asked.
func (s *Service) askPiece(ctx context.Context, run evalrun.Run) (piece, error) {
	name := pieceName(run, run.Cursor)
	written, err := s.rows(ctx, gcs.URI(s.Config.DataBucket, folder(run.ID, name)))
	if err == nil {
		return piece{rows: written, usage: usageOf(run, written)}, nil
	}
	if !errors.Is(err, gcs.ErrNotFound) {
		return piece{}, err
	}
	asked, err := s.next(ctx, run)
	if err != nil || len(asked.rows) == 0 {
		return asked, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.writeTimeout())
	defer cancel()
	uri, err := s.write(ctx, run.ID, name, "application/jsonl", func(w io.Writer) error { return evaluation.WriteRows(w, asked.rows) })
	if errors.Is(err, gcs.ErrConflict) {
		asked.rows, err = s.rows(ctx, uri) // another process was faster
	}
	return asked, err
}

// next asks all sides the next questions or, after the last one, the judge about the next answers.
func (s *Service) next(ctx context.Context, run evalrun.Run) (piece, error) {
	if run.AllAsked() {
		rows, before, err := s.answered(ctx, run)
		if err != nil {
			return piece{}, err
		}
		return s.judge(ctx, run, nextOf(rows, run.Judged()-before)), nil
	}
	rows, err := s.rows(ctx, run.Questions)
	if err == nil && int64(len(rows)) < run.Examples {
		err = gcs.ErrNotFound
	}
	if err != nil {
		return piece{}, err
	}
	return s.ask(ctx, run, nextOf(rows[:run.Examples], run.Asked())), nil
}

// nextOf returns the rows of the next piece.
func nextOf(rows []evaluation.Row, from int64) []evaluation.Row {
	return rows[from:min(from+pieceSize, int64(len(rows)))]
}

// answered returns the rows that are judged next, with the answers of all sides. It reads only the
// pieces that have some of them. before is the number of rows in the pieces that come earlier.
func (s *Service) answered(ctx context.Context, run evalrun.Run) (rows []evaluation.Row, before int64, err error) {
	from := run.Judged()
	for _, cursor := range run.Pieces { // in order, and each begins where the one before it ends
		if cursor <= from {
			before = cursor
		}
	}
	rows, err = s.pieces(ctx, run, func(cursor int64) bool {
		return cursor >= before && cursor < min(from+pieceSize, run.Examples)
	})
	return rows, before, err
}

// pieces reads the chosen pieces.
func (s *Service) pieces(ctx context.Context, run evalrun.Run, chosen func(cursor int64) bool) (rows []evaluation.Row, err error) {
	for _, cursor := range run.Pieces {
		if !chosen(cursor) {
			continue
		}
		piece, err := s.rows(ctx, gcs.URI(s.Config.DataBucket, folder(run.ID, pieceName(run, cursor))))
		if err != nil {
			return nil, err
		}
		rows = append(rows, piece...)
	}
	return rows, nil
}

// pieceName returns the name of the object with the piece at a cursor.
func pieceName(run evalrun.Run, cursor int64) string {
	if cursor >= run.Examples {
		return fmt.Sprintf("judged-%04d.jsonl", cursor-run.Examples)
	}
	return fmt.Sprintf("rows-%04d.jsonl", cursor)
}

// usageOf returns the usage of a piece that was written.
func usageOf(run evalrun.Run, rows []evaluation.Row) (all evalrun.Usage) {
	for _, row := range rows {
		for _, side := range run.Sides {
			if a, j := row.Answers[side.Name], row.Judgements[side.Name]; run.AllAsked() {
				all = add(all, usage(*run.Judge, j.PromptTokens, j.OutputTokens))
			} else {
				all = add(all, usage(side, a.PromptTokens, a.OutputTokens))
			}
		}
	}
	return all
}

func usage(model evalrun.Side, promptTokens, outputTokens int64) evalrun.Usage {
	return evalrun.Usage{PromptTokens: promptTokens, OutputTokens: outputTokens, Price: model.Price(promptTokens, outputTokens)}
}

func add(a, b evalrun.Usage) evalrun.Usage {
	return evalrun.Usage{
		PromptTokens: a.PromptTokens + b.PromptTokens, OutputTokens: a.OutputTokens + b.OutputTokens, Price: a.Price + b.Price,
	}
}
