// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"errors"
	"fmt"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// pageSize is how many jobs one list call returns. The API documents no limit; 100 is what others use.
const pageSize = 100

// Create asks Vertex AI for the job and returns what it made of it. It is called once: there is no request
// id, so a second call makes, and bills, a second job. After an error that leaves open whether the call
// took effect, the job is to be looked for by its label. How long Vertex AI may take is the caller's to say, who holds
// the record that long: a create that is cut off sooner only leaves more open.
func (c *Client) Create(ctx context.Context, job tuning.Job) (tuning.Observation, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, createTimeout)
		defer cancel()
	}
	if job.Spec.APIVersion == beta {
		ctx = throughBeta(ctx)
	}
	client, err := c.region(ctx, job.Location)
	if err != nil {
		return tuning.Observation{}, err
	}
	made, err := client.CreateTuningJob(ctx, &aiplatformpb.CreateTuningJobRequest{
		Parent:    c.parent(job.Location),
		TuningJob: request(job),
	})
	if err != nil {
		return tuning.Observation{}, wrap(err, "create the tuning job")
	}
	return observe(made), nil
}

// Get returns what Vertex AI says of one job.
func (c *Client) Get(ctx context.Context, name string) (tuning.Observation, error) {
	location, ok := tuning.Location(name)
	if !ok {
		return tuning.Observation{}, fmt.Errorf("get tuning job: %q is not a job's resource name", name)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, err := c.region(ctx, location)
	if err != nil {
		return tuning.Observation{}, err
	}
	job, err := client.GetTuningJob(ctx, &aiplatformpb.GetTuningJobRequest{Name: name})
	if err != nil {
		return tuning.Observation{}, wrap(err, "get the tuning job "+name)
	}
	return observe(job), nil
}

// Cancel asks Vertex AI to end a job, best effort: the job may succeed all the same. It can be repeated.
func (c *Client) Cancel(ctx context.Context, name string) error {
	location, ok := tuning.Location(name)
	if !ok {
		return fmt.Errorf("cancel tuning job: %q is not a job's resource name", name)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, err := c.region(ctx, location)
	if err != nil {
		return err
	}
	if err := client.CancelTuningJob(ctx, &aiplatformpb.CancelTuningJobRequest{Name: name}); err != nil {
		return wrap(err, "cancel the tuning job "+name)
	}
	return nil
}

// Find looks for the job with our label in the first pages of a location's jobs. That it is not found does not
// mean that it is not there: the order of the list is not documented.
func (c *Client) Find(ctx context.Context, location, label string, maxPages int) (found tuning.Observation, ok bool, err error) {
	_, err = c.List(ctx, location, maxPages, func(page []tuning.Observation) bool {
		for _, o := range page {
			if o.Label == label {
				found, ok = o, true
			}
		}
		return !ok
	})
	return found, ok, err
}

// List calls visit for the jobs of a location, a page at a time, until it returns false, there are no more,
// or maxPages were read. It reports whether it came to the end. The order is Vertex AI's and not documented.
func (c *Client) List(ctx context.Context, location string, maxPages int, visit func([]tuning.Observation) bool) (bool, error) {
	client, err := c.region(ctx, location)
	if err != nil {
		return false, err
	}
	token := ""
	for range maxPages {
		jobs, next, err := c.page(ctx, client, location, token)
		if err != nil {
			return false, err
		}
		if !visit(jobs) || next == "" {
			return next == "", nil
		}
		token = next
	}
	return false, nil
}

func (c *Client) page(ctx context.Context, client *aiplatform.GenAiTuningClient, location, token string) ([]tuning.Observation, string, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	it := client.ListTuningJobs(ctx, &aiplatformpb.ListTuningJobsRequest{Parent: c.parent(location)})
	var jobs []*aiplatformpb.TuningJob
	next, err := iterator.NewPager(it, pageSize, token).NextPage(&jobs)
	if err != nil && !errors.Is(err, iterator.Done) {
		return nil, "", wrap(err, "list tuning jobs")
	}
	seen := make([]tuning.Observation, len(jobs))
	for i, job := range jobs {
		seen[i] = observe(job)
	}
	return seen, next, nil
}
