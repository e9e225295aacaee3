// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"errors"
	"slices"
	"sync"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/standin/grpcserver"
)

// Server is a running stand-in.
type Server struct {
	*grpcserver.Server
	engine    *engine
	pipelines *pipelines
	close     func() error
}

// Start listens and serves until Close. It fails when the configuration is incomplete, the address
// is taken, or the journal cannot be read.
func Start(cfg Config) (*Server, error) {
	facts, err := loadCatalogue()
	if err != nil {
		return nil, err
	}
	if cfg, err = cfg.withDefaults(facts); err != nil {
		return nil, err
	}
	engine, err := newEngine(cfg, facts)
	if err != nil {
		return nil, err
	}
	serviceV1 := &serviceV1{service: &service{engine: engine, facts: facts, cfg: cfg}}
	s := &Server{
		engine:    engine,
		pipelines: &pipelines{service: serviceV1.service, all: map[string]*v1.TrainingPipeline{}},
	}
	s.close = sync.OnceValue(s.shutDown)
	s.Server, err = grpcserver.Start(grpcserver.Config{
		Service: "Vertex AI", Addr: cfg.Addr, UnaryInterceptor: cfg.UnaryInterceptor,
	}, func(r grpc.ServiceRegistrar) {
		pb.RegisterGenAiTuningServiceServer(r, &service{engine: engine, facts: facts, cfg: cfg, beta: true})
		v1.RegisterGenAiTuningServiceServer(r, serviceV1)
		v1.RegisterPipelineServiceServer(r, s.pipelines)
		metricsService := &metrics{service: serviceV1.service}
		v1.RegisterMetadataServiceServer(r, metricsService)
		v1.RegisterTensorboardServiceServer(r, metricsService)
		v1.RegisterModelServiceServer(r, &models{service: serviceV1.service})
		predictionService := &prediction{service: serviceV1.service}
		v1.RegisterPredictionServiceServer(r, predictionService)
		v1.RegisterLlmUtilityServiceServer(r, &counter{models: predictionService})
	})
	if err != nil {
		return nil, errors.Join(err, engine.close())
	}
	return s, nil
}

// Close ends all calls immediately, as if the process were killed, and waits until no handler runs
// and no dataset is read. Further calls return the result of the first call.
func (s *Server) Close() error { return s.close() }

func (s *Server) shutDown() error { return errors.Join(s.Server.Close(), s.engine.close()) }

// HasActiveJobs reports whether a job has not ended.
func (s *Server) HasActiveJobs() bool {
	return slices.ContainsFunc(s.Jobs(), func(j *v1.TuningJob) bool { return j.GetEndTime() == nil })
}

// Jobs returns the current state of all jobs in all projects and locations, newest first, in the
// form of API version v1.
func (s *Server) Jobs() []*v1.TuningJob {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	now := s.engine.now()
	var out []*v1.TuningJob
	for _, j := range slices.Backward(s.engine.board.jobs) {
		out = append(out, jobV1(j.view(now)))
	}
	return out
}
