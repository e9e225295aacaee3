// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"errors"
	"log/slog"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
	"github.com/vertextune/vertextune/pkg/work/jobmetrics"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// published is the type of the Eventarc event for a Pub/Sub message.
const published = "google.cloud.pubsub.topic.v1.messagePublished"

// Config holds the function's settings from its environment.
type Config struct {
	backend.Config
	Vertex vertex.Config
	// EventsTopic is the ID of the Pub/Sub topic to which the events of jobs are published.
	EventsTopic string `env:"EVENTS_TOPIC,required,notEmpty" form:"topic"`
	// StalledAfter is how long a job may run without any change before it counts as stalled; 0
	// means no limit.
	StalledAfter time.Duration `env:"STALLED_AFTER" envDefault:"2h" sign:"not_negative"`
	// TickTimeout must be less than Cloud Run's timeout of the call, so that the events of a tick
	// are published before the call ends.
	TickTimeout time.Duration `env:"TICK_TIMEOUT" envDefault:"8m50s" sign:"positive"`
	// Events configures who may deliver events to the function.
	Events auth.EventConfig
}

// Open creates the function from its environment.
func Open(ctx context.Context, environment map[string]string) (*serve.Function, error) {
	config, err := serve.Config[Config](environment)
	admit, eventErr := config.Events.Admit()
	if err := errors.Join(err, eventErr, config.Jobs.Check("TICK_TIMEOUT", config.TickTimeout)); err != nil {
		return nil, err
	}
	back, err := backend.Open(ctx, config.Config)
	if err != nil {
		return nil, err
	}
	client := vertex.New(config.Project, config.Vertex)
	back.OnClose(client.Close)
	back.Jobs.Vertex = client
	events, err := jobevents.Open(ctx, config.Project, config.EventsTopic)
	if err != nil {
		return nil, errors.Join(err, back.Close())
	}
	back.OnClose(events.Close)
	poller := &Poller{
		Records: back.Records, Vertex: client, Events: events, Jobs: back.Jobs, Reports: back.Presenter(),
		Metrics:      &jobmetrics.Keeper{Vertex: client, Objects: back.Objects, Bucket: config.Jobs.DataBucket},
		Evaluations:  evaluations.New(back, client),
		Promotions:   promotions.New(back, client),
		StalledAfter: config.StalledAfter, Timeout: config.TickTimeout, Now: time.Now, Log: back.Log,
	}
	return &serve.Function{Event: poller.Handle, Admit: admit, Project: config.Project, Close: back.Close}, nil
}

// Handle runs a tick for each Pub/Sub message; the content of the message does not matter.
func (p *Poller) Handle(ctx context.Context, event cloudevents.Event) error {
	ctx = serve.LogWith(ctx, slog.String("event_id", event.ID()))
	if event.Type() != published {
		// The event is acknowledged, because a redelivery would change nothing: the trigger is
		// configured wrongly.
		p.Log.ErrorContext(ctx, "the event is no Pub/Sub message and is ignored", "event_type", event.Type())
		return nil
	}
	if p.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Timeout)
		defer cancel()
	}
	if err := p.Tick(ctx); err != nil {
		// The error is returned so that the event is delivered again: Firestore or Vertex AI may
		// answer then.
		p.Log.Log(ctx, serve.FailureLevel(ctx), "the tick failed", "error", err)
		return errors.New("the tick failed, see the log")
	}
	return nil
}
