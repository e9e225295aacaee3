// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"sort"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// draft is a job that was checked but does not exist yet.
type draft struct {
	place   place
	spec    *pb.TuningJob // without a name
	facts   *modelFacts
	modelID string // of the model to add a version to; "" for a new one
}

// create turns a draft into a job, if the quota allows it.
func (e *engine) create(d draft) (*pb.TuningJob, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	created := e.now()
	p := pool{d.place.project, d.facts.open()}
	if e.board.full(p) {
		return nil, quotaError(p, e.board.limit)
	}
	id := randomID()
	for e.board.byID[id] != nil {
		id = randomID()
	}
	j := &job{
		id: id, place: d.place, spec: d.spec, facts: d.facts, modelID: d.modelID,
		duration: e.cfg.JobDuration, created: created,
	}
	if j.modelID == "" {
		j.modelID = derivedID(id, "model")
	}
	j.spec.Name = d.place.job(id)
	if err := e.append(creation(j)); err != nil {
		return nil, status.Errorf(codes.Internal, "Internal error encountered: %v", err)
	}
	e.board.add(j)
	return j.view(created), nil
}

// find looks up a job. The caller holds the lock.
func (e *engine) find(where place, id string) (*job, error) {
	j := e.board.byID[id]
	if j == nil || !samePlace(j.place, where) {
		return nil, status.Errorf(codes.NotFound, "The TuningJob %s does not exist.", where.job(id))
	}
	return j, nil
}

// samePlace treats a project's number and its id as equal.
func samePlace(a, b place) bool {
	return a.location == b.location && projectNumber(a.project) == projectNumber(b.project)
}

func (e *engine) get(where place, id string) (*pb.TuningJob, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	j, err := e.find(where, id)
	if err != nil {
		return nil, err
	}
	return j.view(now), nil
}

// cancelJob asks a job to stop. Asking again while it stops changes nothing.
func (e *engine) cancelJob(where place, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	j, err := e.find(where, id)
	if err != nil {
		return err
	}
	if _, state, over := j.ended(now); over {
		return status.Errorf(codes.FailedPrecondition, "The TuningJob %s can not be cancelled: its state is %s.", j.spec.GetName(), state)
	}
	if !j.cancelled.IsZero() {
		return nil
	}
	at := e.moment(j)
	if err := e.append(record{Kind: recordCancel, ID: j.id, At: at}); err != nil {
		return status.Errorf(codes.Internal, "Internal error encountered: %v", err)
	}
	if j.stop != nil {
		j.stop()
	}
	e.board.cancel(j, at)
	return nil
}

// list returns up to size jobs older than the one with the sequence number before, newest first,
// and the number to continue with; -1 if there are no more.
func (e *engine) list(where place, before, size int) ([]*pb.TuningJob, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	jobs := e.board.byPlace[where]
	var out []*pb.TuningJob
	last := -1
	for i := sort.Search(len(jobs), func(i int) bool { return jobs[i].seq >= before }) - 1; i >= 0; i-- {
		j := jobs[i]
		if len(out) == size {
			return out, last
		}
		out = append(out, j.view(now))
		last = j.seq
	}
	return out, -1
}
