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

// Config is what the function reads from its environment.
type Config struct {
	Vertex vertex.Config
	Start  jobs.Config
	Facts  livecatalogue.Config
	// Database is the Firestore database of messages, models and job records.
	Database string `env:"FIRESTORE_DATABASE" envDefault:"(default)" form:"database"`
	// InboxBucket is named to callers whose body is too large.
	InboxBucket string `env:"INBOX_BUCKET,required,notEmpty" form:"bucket"`
	// BaseModel is tuned where neither the request nor its model names one.
	BaseModel string `env:"BASE_MODEL,required,notEmpty"`
	// Auth says who may call.
	Auth auth.Config
	// StartsPerMinute is how often each caller may start a job, in each instance of the function; 0 is as often
	// as they like.
	StartsPerMinute uint `env:"START_RATE_PER_MINUTE" envDefault:"10"`
	// CancelOwnOnly lets callers cancel only the jobs that they have started.
	CancelOwnOnly bool `env:"CANCEL_OWN_JOBS_ONLY" envDefault:"false"`
	// Origins are whose pages may call from a browser: https://app.example.com. None unless set.
	Origins []string `env:"CORS_ORIGINS"`
	// StatusMaxAge is how old a record may be before job-status asks Vertex AI again.
	StatusMaxAge time.Duration `env:"STATUS_MAX_AGE" envDefault:"15s" sign:"not_negative"`
	// RequestTimeout bounds the work on a request. It is a little below the 5 minutes after which Cloud Run
	// gives up by default, as some of Google's clients repeat a failing call until they are told to stop.
	RequestTimeout time.Duration `env:"REQUEST_TIMEOUT" envDefault:"4m50s" sign:"positive"`
}

// Open makes the function from its environment.
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
		Gate:      NewGate(debug.SetMemoryLimit(-1)), // what GOMEMLIMIT says
		Presenter: &jobview.Presenter{Objects: objects, Catalogue: known, Bucket: config.Start.DataBucket, RemedyContext: config.known(), Log: log},
		Jobs: &jobs.Service{
			Config: config.Start, Records: records, Objects: objects, Vertex: client, Catalogue: known,
			Training: &trainset.Builder{Messages: records, Objects: objects, Catalogue: known, Bucket: config.Start.DataBucket},
			Project:  config.Vertex.Project, Location: config.Vertex.Location, Now: time.Now, Log: log,
		},
	}
	return &serve.Function{
		HTTP:  api,
		Close: func() error { return errors.Join(client.Close(), objects.Close(), records.Close()) },
	}, nil
}
