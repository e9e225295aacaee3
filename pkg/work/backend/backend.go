// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package backend opens what every function works with: the records in Firestore, the objects in
// Cloud Storage, the catalogue of models, and the service that starts jobs. It does not open Vertex
// AI, because function convert, which submits no jobs, must not link that client.
package backend

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/remedy"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
	"github.com/vertextune/vertextune/pkg/work/livecatalogue"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// Config holds the settings that all functions share.
type Config struct {
	// Project has the records and the jobs.
	Project string `env:"GOOGLE_CLOUD_PROJECT,required,notEmpty" form:"project"`
	// Location is the region in which jobs are created, such as us-central1.
	Location string `env:"GOOGLE_CLOUD_LOCATION,required,notEmpty" form:"location"`
	// Database is the Firestore database of messages, models and job records.
	Database  string `env:"FIRESTORE_DATABASE" envDefault:"(default)" form:"database"`
	Jobs      jobs.Config
	Catalogue livecatalogue.Config
}

// Remedy returns the values that are filled into the commands of a remedy.
func (c Config) Remedy() remedy.Context {
	return remedy.Context{Project: c.Project, Location: c.Location, Database: c.Database}
}

// Backend holds the opened clients and the service that uses them.
type Backend struct {
	Config    Config
	Records   *store.Store
	Objects   *gcs.Store
	Catalogue catalogue.Provider
	Jobs      *jobs.Service // without Vertex AI
	Log       *slog.Logger

	closers []func() error
}

// New returns a backend of clients that are already open. Close does not close them.
func New(config Config, records *store.Store, objects *gcs.Store, known catalogue.Provider, log *slog.Logger) *Backend {
	return &Backend{
		Config: config, Records: records, Objects: objects, Catalogue: known, Log: log,
		Jobs: &jobs.Service{
			Config: config.Jobs, Records: records, Project: config.Project, Location: config.Location,
			Training: &trainset.Builder{
				Messages: records, Objects: objects, Catalogue: known, Bucket: config.Jobs.DataBucket, SampleTokens: config.Jobs.CountTokens,
			},
			Now: time.Now, Log: log,
		},
	}
}

// Open opens the clients. If one of them cannot be opened, it closes the others.
func Open(ctx context.Context, config Config) (*Backend, error) {
	log := slog.Default()
	records, err := store.Open(ctx, config.Project, config.Database)
	if err != nil {
		return nil, err
	}
	objects, err := gcs.Open(ctx)
	if err != nil {
		return nil, errors.Join(err, records.Close())
	}
	known, err := livecatalogue.Open(ctx, config.Catalogue, objects, time.Now, log)
	if err != nil {
		return nil, errors.Join(err, objects.Close(), records.Close())
	}
	b := New(config, records, objects, known, log)
	b.OnClose(records.Close)
	b.OnClose(objects.Close)
	return b, nil
}

// OnClose adds a client that Close closes.
func (b *Backend) OnClose(closeClient func() error) { b.closers = append(b.closers, closeClient) }

// Close closes the clients. The one that was opened last is closed first.
func (b *Backend) Close() error {
	var all []error
	for _, closeClient := range slices.Backward(b.closers) {
		all = append(all, closeClient())
	}
	return errors.Join(all...)
}

// Presenter returns what writes the public view of a job.
func (b *Backend) Presenter() *jobview.Presenter {
	return &jobview.Presenter{
		Objects: b.Objects, Catalogue: b.Catalogue, Bucket: b.Config.Jobs.DataBucket, RemedyContext: b.Config.Remedy(), Log: b.Log,
		Now: time.Now,
	}
}
