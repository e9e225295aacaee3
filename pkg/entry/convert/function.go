// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package convert checks each JSON file that is dropped into the inbox bucket, and writes it as
// JSONL, with a report, to the data bucket. If a file asks for a tuning job, the package records
// the start of the job, and the poller continues it. Eventarc calls it for every finalized object.
//
// Events arrive at least once and in any order. The generation of the source decides: each source
// has one dataset and one report, from the newest generation that was seen; an older generation
// changes nothing.
package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/backend"
)

// finalized is the type of the Eventarc event for a new generation of an object.
const finalized = "google.cloud.storage.object.v1.finalized"

// Config holds the function's settings from its environment.
type Config struct {
	backend.Config
	// InboxBucket is the bucket into which files are dropped. Datasets and reports are written to
	// Jobs.DataBucket. They must be two buckets, because a dataset in the inbox would be converted
	// again, without end.
	InboxBucket string `env:"INBOX_BUCKET,required,notEmpty" form:"bucket"`
	// DropStarts allows files to start jobs.
	DropStarts bool `env:"DROP_STARTS" envDefault:"true"`
	// Events configures who may deliver events to the function.
	Events auth.EventConfig
}

// Open creates the function from its environment.
func Open(ctx context.Context, environment map[string]string) (*serve.Function, error) {
	config, err := serve.Config[Config](environment)
	admit, eventErr := config.Events.Admit()
	if err := errors.Join(err, eventErr, config.Jobs.Check("", 0)); err != nil {
		return nil, err
	}
	if config.InboxBucket == config.Jobs.DataBucket {
		return nil, fmt.Errorf("INBOX_BUCKET and DATA_BUCKET are both %q: they must be two buckets", config.InboxBucket)
	}
	back, err := backend.Open(ctx, config.Config)
	if err != nil {
		return nil, err
	}
	converter := &Converter{Config: config, Objects: back.Objects, Catalogue: back.Catalogue, Jobs: back.Jobs, Log: back.Log}
	return &serve.Function{Event: converter.Handle, Admit: admit, Project: config.Project, Close: back.Close}, nil
}

// Handle converts the object of the event.
func (c *Converter) Handle(ctx context.Context, event cloudevents.Event) error {
	ctx, log := serve.LogWith(ctx, slog.String("event_id", event.ID())), c.Log
	if event.Type() != finalized {
		// The event is acknowledged, because a redelivery would change nothing: the trigger is
		// configured wrongly.
		log.ErrorContext(ctx, "the event is no finalized object and is ignored", "event_type", event.Type())
		return nil
	}
	source, err := decode(event)
	if err != nil {
		// The event is acknowledged, because it cannot be decoded later either.
		log.ErrorContext(ctx, "the event cannot be decoded and is ignored", "error", err)
		return nil
	}
	log = log.With("object", gcs.URI(source.Bucket, source.Name), "generation", source.Generation)
	if source.Bucket != c.Config.InboxBucket {
		// The event is acknowledged: the trigger's filter is wrong, and only the operator can
		// repair it.
		log.ErrorContext(ctx, "the object is not in the inbox bucket and is ignored")
		return nil
	}
	outcome, err := c.Convert(ctx, source)
	switch {
	case err == nil:
		log.InfoContext(ctx, "the file was handled", "outcome", outcome)
		return nil
	case fault.ShouldRedeliver(err):
		// The error is returned so that the event is delivered again.
		log.Log(ctx, serve.FailureLevel(ctx), "the conversion failed and will be retried", "error", err)
		return errors.New("the conversion failed, see the log")
	default:
		// The event is acknowledged, because Cloud Storage refused permanently, such as for a
		// missing bucket or a name that is too long.
		log.ErrorContext(ctx, "the conversion failed permanently", "error", err)
		return nil
	}
}

func decode(event cloudevents.Event) (Source, error) {
	var s Source
	if err := json.Unmarshal(event.Data(), &s); err != nil {
		return s, fmt.Errorf("decode the event's data as a Cloud Storage object: %w", err)
	}
	if s.Bucket == "" || s.Name == "" || s.Generation <= 0 {
		return s, errors.New("the event's data lack a bucket, a name or a generation")
	}
	return s, nil
}
