// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

var pipelinePattern = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/trainingPipelines/([^/]+)$`)

// pipelines is the part of PipelineService that shows what was there before tuning jobs were.
// Nothing makes any: they are put there. The other methods answer Unimplemented.
type pipelines struct {
	pb.UnimplementedPipelineServiceServer
	service *service

	mu  sync.Mutex
	all map[string]*pb.TrainingPipeline // by place and id
}

// AddPipeline puts a TrainingPipeline where its name says. It is not kept across restarts.
func (s *Server) AddPipeline(p *pb.TrainingPipeline) error {
	m := pipelinePattern.FindStringSubmatch(p.GetName())
	if m == nil {
		return fmt.Errorf("add pipeline: %q is not projects/P/locations/L/trainingPipelines/N", p.GetName())
	}
	s.pipelines.mu.Lock()
	defer s.pipelines.mu.Unlock()
	s.pipelines.all[m[1]+"/"+m[2]+"/"+m[3]] = proto.CloneOf(p)
	return nil
}

func (p *pipelines) GetTrainingPipeline(_ context.Context, req *pb.GetTrainingPipelineRequest) (*pb.TrainingPipeline, error) {
	m := pipelinePattern.FindStringSubmatch(req.GetName())
	if m == nil {
		return nil, invalidField("name", "Invalid resource name %q: the format is "+
			"projects/{project}/locations/{location}/trainingPipelines/{training_pipeline}.", req.GetName())
	}
	where, err := p.service.place("name", m[1], m[2], "aiplatform.trainingPipelines.get")
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.all[where.project+"/"+where.location+"/"+m[3]]
	if found == nil {
		return nil, status.Errorf(codes.NotFound, "The TrainingPipeline %q was not found.", req.GetName())
	}
	out := proto.CloneOf(found)
	// Vertex AI names what it has by the project's number.
	out.Name = "projects/" + projectNumber(where.project) + "/locations/" + where.location + "/trainingPipelines/" + m[3]
	return out, nil
}
