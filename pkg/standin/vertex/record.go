// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

type recordKind string

const (
	recordCreate  recordKind = "create"
	recordDataset recordKind = "dataset"
	recordCancel  recordKind = "cancel"
	recordDefault recordKind = "default" // of a tuned model: another default checkpoint
	recordDelete  recordKind = "delete"  // of a tuned model
)

// record is one entry of the journal: something that happened to a job and does not follow from the
// clock.
type record struct {
	Kind recordKind `json:"kind"`
	ID   string     `json:"id"`
	At   time.Time  `json:"at"`

	// Of a creation.
	Project   string        `json:"project,omitempty"`
	Location  string        `json:"location,omitempty"`
	BaseModel string        `json:"base_model,omitempty"`
	ModelID   string        `json:"model_id,omitempty"`
	Duration  time.Duration `json:"duration,omitempty"`
	Job       *message      `json:"job,omitempty"`

	// Of a dataset that was read.
	Stats       *message   `json:"stats,omitempty"`
	Hyper       *message   `json:"hyper,omitempty"`
	Checkpoints []*message `json:"checkpoints,omitempty"`
	Failure     *message   `json:"failure,omitempty"`
	Measure     *measure   `json:"measure,omitempty"`
	Lessons     lessons    `json:"lessons,omitempty"`

	Checkpoint string `json:"checkpoint,omitempty"` // of a default
}

// message puts a protocol buffer into the journal in its own JSON form.
type message struct {
	proto.Message
	raw json.RawMessage
}

func (m *message) MarshalJSON() ([]byte, error)    { return protojson.Marshal(m.Message) }
func (m *message) UnmarshalJSON(data []byte) error { m.raw = bytes.Clone(data); return nil }

// wrap keeps an absent message absent: a typed nil would be written as an empty one.
func wrap[M interface {
	comparable
	proto.Message
}](m M) *message {
	var none M
	if m == none {
		return nil
	}
	return &message{Message: m}
}

// unwrap reads a message into a new T; nil stays nil.
func unwrap[T any, M interface {
	*T
	proto.Message
}](m *message) (M, error) {
	if m == nil {
		return nil, nil
	}
	out := M(new(T))
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(m.raw, out); err != nil {
		return nil, err
	}
	return out, nil
}

// creation is the record of a new job.
func creation(j *job) record {
	return record{
		Kind: recordCreate, ID: j.id, At: j.created,
		Project: j.place.project, Location: j.place.location,
		BaseModel: j.facts.ID, ModelID: j.modelID, Duration: j.duration,
		Job: wrap(j.spec),
	}
}

func (r record) job(facts *catalogue) (*job, error) {
	spec, err := unwrap[pb.TuningJob](r.Job)
	if err != nil {
		return nil, err
	}
	model := facts.models[r.BaseModel]
	if model == nil {
		return nil, fmt.Errorf("base model %q is not in the catalogue any more", r.BaseModel)
	}
	return &job{
		id: r.ID, place: place{r.Project, r.Location}, spec: spec, facts: model,
		modelID: r.ModelID, duration: r.Duration, created: r.At,
	}, nil
}

// reading is the record of a dataset that was read.
func reading(j *job, o *outcome) record {
	r := record{
		Kind: recordDataset, ID: j.id, At: o.at,
		Stats: wrap(o.stats), Hyper: wrap(o.hyper), Failure: wrap(o.failure),
		Measure: &o.measure, Lessons: o.lessons,
	}
	for _, c := range o.checkpoints {
		r.Checkpoints = append(r.Checkpoints, wrap(c))
	}
	return r
}

func (r record) outcome() (*outcome, error) {
	var errs [3]error
	o := &outcome{at: r.At, measure: measure{Novelty: -1}, lessons: r.Lessons}
	if r.Measure != nil {
		o.measure = *r.Measure
	}
	o.stats, errs[0] = unwrap[pb.SupervisedTuningDataStats](r.Stats)
	o.hyper, errs[1] = unwrap[pb.SupervisedHyperParameters](r.Hyper)
	o.failure, errs[2] = unwrap[spb.Status](r.Failure)
	for _, m := range r.Checkpoints {
		c, err := unwrap[pb.TunedModelCheckpoint](m)
		if err != nil {
			return nil, err
		}
		o.checkpoints = append(o.checkpoints, c)
	}
	return o, errors.Join(errs[:]...)
}
