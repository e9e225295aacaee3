// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package vertex stands in for Vertex AI's tuning service on one machine: a gRPC server that
// implements google.cloud.aiplatform.v1.GenAiTuningService, and that of v1beta1 for open models,
// reached with the official clients by option.WithEndpoint.
//
// It reads datasets from Cloud Storage when a job starts, refuses what Vertex AI refuses, with the
// same words where they are known, and moves jobs to their end in the configured time. It trains no
// model, and the output_uri of an open model stays empty. What it knows of Vertex AI (models,
// limits, defaults) is in models.json and service.json, with sources. The metrics of a job that has
// ended are in MetadataService and TensorboardService: no loss is measured, but the curves follow
// from the data. Base models and tuned endpoints answer in PredictionService: a tuned model gives
// the answer of the training data to the most similar question.
//
// A job's state is a pure function of the clock and of what was recorded: its creation, what its
// dataset held, its cancellation. With a folder these are journalled and survive kill -9.
package vertex

import (
	"errors"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
)

// Config is what Start needs. Only Storage is required.
type Config struct {
	// Addr is the TCP address to listen on; "" is 127.0.0.1 with a port of the system's choice.
	Addr string
	// Dir keeps the journal; "" keeps everything in memory.
	Dir string
	// Storage are the options of the client that reads datasets.
	Storage []option.ClientOption
	// Project is the only project served, by id or number; "" serves any.
	Project string
	// JobDuration is the time from a job's creation to success; 0 is 20 s. Jobs keep the one they
	// began with.
	JobDuration time.Duration
	// ConcurrentJobs is the number of unfinished jobs a project may have on Gemini, and again on
	// open models; 0 is Vertex AI's default.
	ConcurrentJobs int
	// Now is the clock; nil is time.Now. The server never lets it step back.
	Now func() time.Time
	// UnaryInterceptor sees every call before it is served, to count calls and to inject faults.
	UnaryInterceptor grpc.UnaryServerInterceptor
}

const defaultJobDuration = 20 * time.Second

func (c Config) withDefaults(facts *catalogue) (Config, error) {
	if len(c.Storage) == 0 {
		return c, errors.New("vertex stand-in: Config.Storage is empty")
	}
	if c.JobDuration < 0 || c.ConcurrentJobs < 0 {
		return c, errors.New("vertex stand-in: JobDuration and ConcurrentJobs must not be negative")
	}
	if c.JobDuration == 0 {
		c.JobDuration = defaultJobDuration
	}
	if c.ConcurrentJobs == 0 {
		c.ConcurrentJobs = int(facts.service.ConcurrentJobs.Value)
	}
	return c, nil
}
