// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package convert checks each JSON file that is dropped into the inbox bucket and writes it as JSONL, with a
// report, to the data bucket. A file that asks for it has a tuning job put on record, which the poller goes on with.
// It is called by Eventarc for every finalized object.
//
// Events come at least once and in any order. The source's generation decides: for every source there is one
// dataset and one report, those of the newest generation that was seen; an older one changes nothing.
package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/auth"
	"github.com/vertextune/vertextune/pkg/facts"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/serve"
	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/trainset"
)

// finalized is the type of Eventarc's event for a new generation of an object.
const finalized = "google.cloud.storage.object.v1.finalized"

// Config is what the function reads from its environment.
type Config struct {
	// InboxBucket is where files are dropped; Start.DataBucket is where datasets and reports go. They are two
	// buckets, as a dataset written to the inbox would be converted again, for ever.
	InboxBucket string `env:"INBOX_BUCKET,required,notEmpty" form:"bucket"`
	Start       start.Config
	Facts       facts.Config
	// DropStarts lets files start jobs that ask for it.
	DropStarts bool `env:"DROP_STARTS" envDefault:"true"`
	// Project has the records of jobs, in Database; Location is where its jobs run.
	Project  string `env:"GOOGLE_CLOUD_PROJECT,required,notEmpty" form:"project"`
	Location string `env:"GOOGLE_CLOUD_LOCATION,required,notEmpty" form:"location"`
	Database string `env:"FIRESTORE_DATABASE" envDefault:"(default)" form:"database"`
	// BaseModel is tuned where a file does not say another one, and every other file is held against its limits.
	BaseModel string `env:"BASE_MODEL,required,notEmpty"`
	// Events says who may deliver them.
	Events auth.EventConfig
}

// Open makes the function from its environment.
func Open(ctx context.Context, environment map[string]string) (*serve.Function, error) {
	config, err := serve.Config[Config](environment)
	admit, eventErr := config.Events.Admit()
	if err := errors.Join(err, eventErr, config.Start.Check("", 0)); err != nil {
		return nil, err
	}
	if config.InboxBucket == config.Start.DataBucket {
		return nil, fmt.Errorf("INBOX_BUCKET and DATA_BUCKET are both %q: they must be two buckets", config.InboxBucket)
	}
	objects, err := object.Open(ctx)
	if err != nil {
		return nil, err
	}
	log := slog.Default()
	known, err := facts.Open(ctx, config.Facts, objects, time.Now, log)
	if err != nil {
		return nil, errors.Join(err, objects.Close())
	}
	records, err := store.Open(ctx, config.Project, config.Database)
	if err != nil {
		return nil, errors.Join(err, objects.Close())
	}
	converter := &Converter{
		Config: config, Objects: objects, Facts: known, Log: log,
		// It sends nothing to Vertex AI: that is left to the poller, and the client of Vertex AI to its binary.
		Starter: &start.Starter{
			Config: config.Start, Records: records, Objects: objects, Facts: known, Project: config.Project,
			Training: &trainset.Builder{Messages: records, Objects: objects, Catalogue: known, Bucket: config.Start.DataBucket},
			Location: config.Location, Now: time.Now, Log: log,
		},
	}
	return &serve.Function{
		Event: converter.Handle, Admit: admit, Project: config.Project,
		Close: func() error { return errors.Join(records.Close(), objects.Close()) },
	}, nil
}

// Handle converts the object that the event tells of.
func (c *Converter) Handle(ctx context.Context, event cloudevents.Event) error {
	ctx, log := serve.LogWith(ctx, slog.String("event_id", event.ID())), c.Log
	if event.Type() != finalized {
		// Acknowledged: the trigger sends something else than was set up, and sending it again changes nothing.
		log.ErrorContext(ctx, "not a finalized object, ignored", "event_type", event.Type())
		return nil
	}
	source, err := decode(event)
	if err != nil {
		// Acknowledged: an event that cannot be read now cannot be read later.
		log.ErrorContext(ctx, "unreadable event, ignored", "error", err)
		return nil
	}
	log = log.With("object", object.URI(source.Bucket, source.Name), "generation", source.Generation)
	if source.Bucket != c.Config.InboxBucket {
		// Acknowledged: the trigger's filter is wrong, and only whoever set it up can mend that.
		log.ErrorContext(ctx, "not in the inbox bucket, ignored")
		return nil
	}
	outcome, err := c.Convert(ctx, source)
	switch {
	case err == nil:
		log.InfoContext(ctx, "done", "outcome", outcome)
		return nil
	case fault.Heals(err):
		// Returned, so that it is delivered again.
		log.ErrorContext(ctx, "failed, to be delivered again", "error", err)
		return errors.New("the conversion failed, see the log")
	default:
		// Acknowledged: Cloud Storage refused for good (a bucket that is not there, a name that is too long).
		log.ErrorContext(ctx, "failed for good", "error", err)
		return nil
	}
}

// Source is one generation of an object in the inbox.
type Source struct {
	Bucket     string `json:"bucket"`
	Name       string `json:"name"`
	Generation int64  `json:"generation,string"`
	Size       int64  `json:"size,string"`
}

func decode(event cloudevents.Event) (Source, error) {
	var s Source
	if err := json.Unmarshal(event.Data(), &s); err != nil {
		return s, fmt.Errorf("decode the event's data as an object of Cloud Storage: %w", err)
	}
	if s.Bucket == "" || s.Name == "" || s.Generation <= 0 {
		return s, errors.New("the event's data lack a bucket, a name or a generation")
	}
	return s, nil
}
