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

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// pageSize is how many jobs one list call returns. The API documents no limit; 100 is what other
// clients use.
const pageSize = 100

// Create creates the job on Vertex AI and returns its description. It is never retried: the call
// has no request ID, so a second call creates, and bills, a second job. If the error is ambiguous,
// search for the job's label. The caller chooses the deadline, because it holds the job's lease
// that long: an earlier deadline only makes more errors ambiguous.
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

// Get returns Vertex AI's description of a job. The error is a NotFound if there is no such job.
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

// Cancel asks Vertex AI to cancel a job, which may still succeed. It is idempotent.
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

// Find searches the first pages of a location's jobs for the job with our label. A job that it does
// not find may exist nevertheless, because the order of the list is not documented.
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

// List calls visit for each page of a location's jobs, until visit returns false, the list ends, or
// maxPages were read. It reports whether it reached the end. Vertex AI does not document the order
// of the jobs.
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
