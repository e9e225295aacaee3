// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package evaluations compares tuned models with their base, or with each other: it asks all of
// them the same held-out questions and judges the answers with package evaluation.
//
// Start records an evaluation, with its selected questions in Cloud Storage, and reserves its bill.
// Step does one piece of the work under a lease: it asks all sides some questions, writes the
// answers as an object that nothing else overwrites, and moves the record's cursor. A process that
// crashes repeats at most one piece, and no piece that was written. When all questions were asked,
// Step writes the report and the verdict.
package evaluations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// Service starts evaluations and does their work.
type Service struct {
	Config    jobs.Config
	Records   *store.Store
	Objects   *gcs.Store
	Vertex    *vertex.Client
	Catalogue catalogue.Provider
	Training  *trainset.Builder // shares the memory for data
	Now       func() time.Time
	Log       *slog.Logger
}

// New returns a service that works with what a function has opened.
func New(b *backend.Backend, client *vertex.Client) *Service {
	return &Service{
		Config: b.Config.Jobs, Records: b.Records, Objects: b.Objects, Vertex: client, Catalogue: b.Catalogue, Now: time.Now, Log: b.Log,
		Training: b.Jobs.Training,
	}
}

// folder returns the name of an object of an evaluation.
func folder(id, name string) string { return "evaluations/" + id + "/" + name }

// write writes an object of an evaluation and returns its gs:// URI. The error is gcs.ErrConflict
// if another object has the name.
func (s *Service) write(ctx context.Context, id, name, contentType string, fill func(io.Writer) error) (string, error) {
	spec := gcs.Spec{Bucket: s.Config.DataBucket, Name: folder(id, name), ContentType: contentType}
	_, err := s.Objects.Write(ctx, spec, fill)
	if err != nil && !errors.Is(err, gcs.ErrConflict) {
		return "", fmt.Errorf("write %s of evaluation %s: %w", name, id, err)
	}
	return gcs.URI(spec.Bucket, spec.Name), err
}

// rows reads an object with rows. The error is gcs.ErrNotFound if there is none.
func (s *Service) rows(ctx context.Context, uri string) (rows []evaluation.Row, err error) {
	bucket, name, ok := tuning.ParseURI(uri)
	if !ok {
		return nil, fmt.Errorf("read the rows of an evaluation: %q is no object", uri)
	}
	attrs, err := s.Objects.Attrs(ctx, bucket, name)
	if err != nil {
		return nil, err
	}
	object, err := s.Objects.Read(ctx, bucket, name, attrs.Generation)
	if err != nil {
		return nil, err
	}
	defer func() { _ = object.Close() }() // nothing is lost by a failing close after reading
	return evaluation.ReadRows(object)
}

// Answers returns the answers of an evaluation that has succeeded.
func (s *Service) Answers(ctx context.Context, run evalrun.Run) ([]evaluation.Row, error) {
	rows, err := s.rows(ctx, run.Result.Answers)
	if errors.Is(err, gcs.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "The object with the answers of evaluation %s was deleted.", run.ID)
	}
	return rows, err
}
