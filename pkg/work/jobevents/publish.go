// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2"
	cloudevent "github.com/cloudevents/sdk-go/v2/event"

	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Publisher publishes the events of jobs to a topic.
type Publisher struct {
	client  *pubsub.Client
	topic   *pubsub.Publisher
	project string
}

// Open connects to the topic of a project. The client honours PUBSUB_EMULATOR_HOST.
func Open(ctx context.Context, project, topic string) (*Publisher, error) {
	client, err := pubsub.NewClient(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("open Pub/Sub in project %s: %w", project, err)
	}
	return New(client, project, topic), nil
}

// New returns a publisher that uses the client and closes it.
func New(client *pubsub.Client, project, topic string) *Publisher {
	publisher := client.Publisher(topic)
	publisher.EnableMessageOrdering = true
	return &Publisher{client: client, topic: publisher, project: project}
}

// Close sends the messages that are still in the client, and then closes it.
func (p *Publisher) Close() error {
	p.topic.Stop()
	return p.client.Close()
}

// Publish publishes the unpublished events of the jobs, and returns the jobs whose events have all
// arrived. The events of a job arrive in their order. Events of a job that is not returned may have
// arrived too, and will be published again.
func (p *Publisher) Publish(ctx context.Context, jobs []store.Record) (published []store.Record, err error) {
	results := make([][]*pubsub.PublishResult, len(jobs))
	var all []error
	for i, job := range jobs {
		for _, e := range job.Unpublished() {
			event, err := CloudEvent(p.project, job.Job, e)
			if err != nil {
				all = append(all, err)
				break
			}
			results[i] = append(results[i], p.topic.Publish(ctx, message(event, job.ID)))
		}
	}
	for i, job := range jobs {
		if err := p.arrived(ctx, job, results[i]); err != nil {
			all = append(all, err)
			continue
		}
		published = append(published, job)
	}
	return published, errors.Join(all...)
}

// arrived waits until Pub/Sub has acknowledged or refused each message about a job. The error is
// that of the first message that failed.
func (p *Publisher) arrived(ctx context.Context, job store.Record, results []*pubsub.PublishResult) error {
	var failed error
	for _, result := range results {
		if _, err := result.Get(ctx); failed == nil {
			failed = err
		}
	}
	switch {
	case failed == nil && len(results) < len(job.Unpublished()):
		return fmt.Errorf("publish the events of job %s: not all could be encoded", job.ID)
	case failed != nil && ctx.Err() == nil:
		// After an error, the client holds back the later messages of a job until ResumePublish is
		// called. All messages before that call must have failed, or the client would send the rest
		// of them out of order.
		p.topic.ResumePublish(job.ID)
	}
	return gcperr.Fault(failed, "Pub/Sub", "publish the events of job "+job.ID)
}

// message converts an event to a Pub/Sub message, in the binary mode of the CloudEvents binding for
// Pub/Sub. The ordering key is the job's ID.
func message(e cloudevent.Event, key string) *pubsub.Message {
	return &pubsub.Message{
		Data:        e.Data(),
		OrderingKey: key,
		Attributes: map[string]string{
			"ce-specversion": e.SpecVersion(),
			"ce-id":          e.ID(),
			"ce-source":      e.Source(),
			"ce-type":        e.Type(),
			"ce-subject":     e.Subject(),
			"ce-time":        e.Time().UTC().Format(time.RFC3339Nano),
			"content-type":   e.DataContentType(),
		},
	}
}
