// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/openai"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// Config is the function's configuration from its environment.
type Config struct {
	backend.Config
	Vertex vertex.Config
	// InboxBucket is the bucket to which a caller should upload data that are too large for a body.
	InboxBucket string `env:"INBOX_BUCKET,required,notEmpty" form:"bucket"`
	// Auth defines who may call.
	Auth auth.Config
	// StartsPerMinute is how many jobs each caller may start per minute, in each instance of the
	// function. 0 means no limit.
	StartsPerMinute uint `env:"START_RATE_PER_MINUTE" envDefault:"10"`
	// CancelOwnOnly allows callers to cancel only the jobs that they have started.
	CancelOwnOnly bool `env:"CANCEL_OWN_JOBS_ONLY" envDefault:"false"`
	// OpenAI configures the endpoints for OpenAI's clients.
	OpenAI openai.Config
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

// Access returns the settings of the access to jobs.
func (c Config) Access() jobaccess.Config {
	return jobaccess.Config{InboxBucket: c.InboxBucket, StatusMaxAge: c.StatusMaxAge, CancelOwnOnly: c.CancelOwnOnly}
}

// Open creates the function from its environment.
func Open(ctx context.Context, environment map[string]string) (*serve.Function, error) {
	config, err := serve.Config[Config](environment)
	checker, authErr := auth.New(config.Auth)
	if err := errors.Join(err, authErr, config.checkOrigins(), config.OpenAI.Check(), config.Jobs.Check("REQUEST_TIMEOUT", config.RequestTimeout)); err != nil {
		return nil, err
	}
	back, err := backend.Open(ctx, config.Config)
	if err != nil {
		return nil, err
	}
	client := vertex.New(config.Project, config.Vertex)
	back.OnClose(client.Close)
	back.Jobs.Vertex = client
	a := &API{
		Config: config, Auth: checker, Records: back.Records, Objects: back.Objects, Vertex: client, Jobs: back.Jobs,
		Catalogue: back.Catalogue, Presenter: back.Presenter(), Now: time.Now, Log: back.Log,
		Evaluations: evaluations.New(back, client), Access: jobaccess.New(config.Access(), back, client),
		Promotions: promotions.New(back, client),
		Gate:       NewGate(debug.SetMemoryLimit(-1)), // the current GOMEMLIMIT
	}
	a.Console = a.NewConsole()
	return &serve.Function{HTTP: a, Close: back.Close}, nil
}
