// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
	"github.com/vertextune/vertextune/pkg/work/livecatalogue"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// Config is the function's configuration from its environment.
type Config struct {
	Vertex vertex.Config
	Start  jobs.Config
	Facts  livecatalogue.Config
	// Database is the Firestore database of messages, models and job records.
	Database string `env:"FIRESTORE_DATABASE" envDefault:"(default)" form:"database"`
	// InboxBucket is the bucket that a caller with a too large body is referred to.
	InboxBucket string `env:"INBOX_BUCKET,required,notEmpty" form:"bucket"`
	// BaseModel is the model to tune if neither the request nor its model names one.
	BaseModel string `env:"BASE_MODEL,required,notEmpty"`
	// Auth defines who may call.
	Auth auth.Config
	// StartsPerMinute is how many jobs each caller may start per minute, in each instance of the
	// function. 0 means no limit.
	StartsPerMinute uint `env:"START_RATE_PER_MINUTE" envDefault:"10"`
	// CancelOwnOnly allows callers to cancel only the jobs that they have started.
	CancelOwnOnly bool `env:"CANCEL_OWN_JOBS_ONLY" envDefault:"false"`
	// Origins are the origins of web pages that may call the API from a browser, such as
	// https://app.example.com. The default is none.
	Origins []string `env:"CORS_ORIGINS"`
	// StatusMaxAge is how old a record may be before job-status reads the job from Vertex AI.
	StatusMaxAge time.Duration `env:"STATUS_MAX_AGE" envDefault:"15s" sign:"not_negative"`
	// RequestTimeout limits the work on a request, because some of Google's clients retry a failing
	// call until their context ends. It is a little below 5 minutes, Cloud Run's default limit for
	// a request.
	RequestTimeout time.Duration `env:"REQUEST_TIMEOUT" envDefault:"4m50s" sign:"positive"`
}

// Open creates the function from its environment.
func Open(ctx context.Context, environment map[string]string) (*serve.Function, error) {
	config, err := serve.Config[Config](environment)
	checker, authErr := auth.New(config.Auth)
	if err := errors.Join(err, authErr, config.checkOrigins(), config.Start.Check("REQUEST_TIMEOUT", config.RequestTimeout)); err != nil {
		return nil, err
	}
	records, err := store.Open(ctx, config.Vertex.Project, config.Database)
	if err != nil {
		return nil, err
	}
	objects, err := gcs.Open(ctx)
	if err != nil {
		return nil, errors.Join(err, records.Close())
	}
	log := slog.Default()
	known, err := livecatalogue.Open(ctx, config.Facts, objects, time.Now, log)
	if err != nil {
		return nil, errors.Join(err, objects.Close(), records.Close())
	}
	client := vertex.New(config.Vertex)
	api := &API{
		Config: config, Auth: checker, Records: records, Objects: objects, Vertex: client, Catalogue: known, Now: time.Now, Log: log,
		Gate:      NewGate(debug.SetMemoryLimit(-1)), // the current GOMEMLIMIT
		Presenter: &jobview.Presenter{Objects: objects, Catalogue: known, Bucket: config.Start.DataBucket, RemedyContext: config.known(), Log: log},
		Jobs: &jobs.Service{
			Config: config.Start, Records: records, Vertex: client,
			Training: &trainset.Builder{Messages: records, Objects: objects, Catalogue: known, Bucket: config.Start.DataBucket},
			Project:  config.Vertex.Project, Location: config.Vertex.Location, Now: time.Now, Log: log,
		},
	}
	return &serve.Function{
		HTTP:  api,
		Close: func() error { return errors.Join(client.Close(), objects.Close(), records.Close()) },
	}, nil
}
