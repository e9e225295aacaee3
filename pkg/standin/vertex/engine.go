// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/standin/journal"
)

// concurrentReads is how many datasets are read at the same time at most, even if more jobs begin
// at that time.
const concurrentReads = 4

// engine owns the jobs: it updates them by the clock and the journal, and reads datasets
// when jobs begin to run. All its methods may be called from any goroutine.
type engine struct {
	cfg     Config
	facts   *catalogue
	objects io.Closer // the client of Cloud Storage, which objectOf uses

	mu      sync.Mutex
	board   *board
	journal *journal.Journal // of records in JSON; nil keeps nothing
	last    time.Time        // the latest time that was used

	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	readers chan struct{}
}

func newEngine(cfg Config, facts *catalogue) (*engine, error) {
	e := &engine{cfg: cfg, facts: facts, board: newBoard(cfg.ConcurrentJobs), readers: make(chan struct{}, concurrentReads)}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	client, err := storage.NewClient(e.ctx, cfg.Storage...)
	if err != nil {
		return nil, fmt.Errorf("connect to Cloud Storage: %w", err)
	}
	e.objects = client
	if e.journal, err = journal.Open(cfg.Dir, e.replay); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	e.work.Go(e.tick)
	return e, nil
}

// objectOf returns a handle of a gs:// URI. It is not a method, and no field has the client's type,
// so that packages which use a Server do not compile that type: see gcs.Store.
func objectOf(e *engine, uri string) *storage.ObjectHandle {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(uri, "gs://"), "/")
	client, _ := e.objects.(*storage.Client) // newEngine has put it there
	return client.Bucket(bucket).Object(object)
}

func (e *engine) replay(encoded []byte) error {
	var r record
	if err := json.Unmarshal(encoded, &r); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if err := e.apply(r); err != nil {
		return fmt.Errorf("apply %s of %s: %w", r.Kind, r.ID, err)
	}
	e.last = later(e.last, r.At)
	return nil
}

func (e *engine) apply(r record) error {
	if r.Kind == recordCreate {
		j, err := r.job(e.facts)
		if err != nil {
			return err
		}
		e.board.add(j)
		return nil
	}
	j := e.board.byID[r.ID]
	if j == nil {
		return errors.New("no such job")
	}
	switch r.Kind {
	case recordDataset:
		o, err := r.outcome()
		if err != nil {
			return err
		}
		e.board.finishReading(j, o)
	case recordCancel:
		e.board.cancel(j, r.At)
	case recordDefault:
		j.chosen = r.Checkpoint
	case recordDelete:
		j.deleted = true
	default:
		return errors.New("unknown kind of record")
	}
	return nil
}

// tick advances jobs while no call comes, so that a dataset is read when its job begins to run. The
// clock of the configuration may jump, so tick reads it often.
func (e *engine) tick() {
	pace := min(max(e.cfg.JobDuration/100, 5*time.Millisecond), 250*time.Millisecond)
	if e.cfg.Now != nil {
		pace = 5 * time.Millisecond
	}
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		e.mu.Lock()
		e.now()
		e.mu.Unlock()
		select {
		case <-ticker.C:
		case <-e.ctx.Done():
			return
		}
	}
}

// now advances every job to the present time, and returns that time. After close, the time does not
// change any more. The caller holds the lock.
func (e *engine) now() time.Time {
	if e.ctx.Err() != nil {
		return e.last
	}
	clock := time.Now
	if e.cfg.Now != nil {
		clock = e.cfg.Now
	}
	e.last = later(e.last, clock().UTC().Truncate(time.Microsecond))
	for _, j := range e.board.advance(e.last) {
		e.startReading(j)
	}
	return e.last
}

// clock does the same as now, for callers that do not hold the lock.
func (e *engine) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now()
}

// moment returns the time for a change of a job that happens now. It is later than the job's last
// update, so that the update time shows the change even if the clock has not moved. The caller
// holds the lock.
func (e *engine) moment(j *job) time.Time {
	now := e.now()
	e.last = later(now, j.updated(now).Add(time.Microsecond))
	return e.last
}

// record writes a change to the journal that has already happened. It only logs an error, because
// the change cannot be refused any more.
func (e *engine) record(r record) {
	if err := e.append(r); err != nil {
		slog.Error("the stand-in for Vertex AI could not write its journal", "kind", r.Kind, "job_id", r.ID, "error", err)
	}
}

func (e *engine) append(r record) error {
	encoded, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode journal record: %w", err)
	}
	return e.journal.Append(encoded)
}

func (e *engine) startReading(j *job) {
	var ctx context.Context
	ctx, j.stop = context.WithCancel(e.ctx)
	e.work.Go(func() {
		defer j.stop()
		select {
		case e.readers <- struct{}{}:
			defer func() { <-e.readers }()
		case <-ctx.Done():
			return
		}
		o := e.readDataset(ctx, j)
		e.mu.Lock()
		defer e.mu.Unlock()
		// A reader that was stopped may not have read the whole dataset.
		if ctx.Err() != nil {
			return
		}
		o.at = e.moment(j)
		e.board.finishReading(j, o)
		e.record(reading(j, o))
	})
}

// close stops the readers and waits for their end. Jobs whose datasets were being read begin again
// at the next start.
func (e *engine) close() error {
	e.cancel()
	e.work.Wait()
	return errors.Join(e.journal.Close(), e.objects.Close())
}
