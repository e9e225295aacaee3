// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package vertex stands in for Vertex AI's tuning service on one machine: a gRPC server that implements
// google.cloud.aiplatform.v1.GenAiTuningService, and that of v1beta1 for open models, reached with the official
// clients by option.WithEndpoint.
//
// It reads datasets from Cloud Storage when a job starts, refuses what Vertex AI refuses with its words
// where they are known, and moves jobs to their end over a time that is set. No model is trained, and the
// output_uri of an open one stays empty. What it knows of Vertex AI (models, limits, defaults) is in models.json
// and service.json, with sources.
//
// A job's state is a pure function of the clock and of what was recorded: its creation, its slot, what its
// dataset held, its cancellation. With a directory these are journalled and survive kill -9.
package vertex

import (
	"errors"
	"time"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"cloud.google.com/go/storage"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
)

// Config is what Start needs. Only Storage is required.
type Config struct {
	// Addr is the TCP address to listen on; "" is 127.0.0.1 with a port of the system's choice.
	Addr string
	// Dir keeps the journal; "" keeps everything in memory.
	Dir string
	// Storage reads datasets. The caller closes it, after the server.
	Storage *storage.Client
	// Project is the only project served, by id or number; "" serves any.
	Project string
	// Locations are the regions served; nil is every region in which a model is tuned. The location global is
	// served in v1beta1, for open models.
	Locations []string
	// JobDuration is the time from a job's slot to success; 0 is 20 s. Jobs keep the one they began with.
	JobDuration time.Duration
	// ConcurrentJobs is the number of unfinished jobs a project may have on Gemini, and again on open models; 0 is
	// Vertex AI's default.
	ConcurrentJobs int
	// HoldOverQuota accepts a job over the quota and holds it in JOB_STATE_QUEUED until a slot is free,
	// instead of refusing it with RESOURCE_EXHAUSTED. Vertex AI has been seen to do either.
	HoldOverQuota bool
	// Now is the clock; nil is time.Now. The server never lets it step back.
	Now func() time.Time
	// UnaryInterceptor sees every call before the server does; for faults and counts.
	UnaryInterceptor grpc.UnaryServerInterceptor
	// Fail, when not nil, may end a job whose dataset is good: a status makes it JOB_STATE_FAILED at the
	// time it would have succeeded. It is asked once a job, from any goroutine.
	Fail func(*v1.TuningJob) *spb.Status
}

const defaultJobDuration = 20 * time.Second

func (c Config) withDefaults(facts *catalogue) (Config, error) {
	if c.Storage == nil {
		return c, errors.New("vertex stand-in: Config.Storage is nil")
	}
	if c.JobDuration < 0 || c.ConcurrentJobs < 0 {
		return c, errors.New("vertex stand-in: JobDuration and ConcurrentJobs must not be negative")
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Locations == nil {
		c.Locations = facts.regions()
	}
	if c.JobDuration == 0 {
		c.JobDuration = defaultJobDuration
	}
	if c.ConcurrentJobs == 0 {
		c.ConcurrentJobs = int(facts.service.ConcurrentJobs.Value)
	}
	return c, nil
}
