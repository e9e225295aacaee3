// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"slices"
	"strings"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// service answers the calls: it checks requests and leaves the rest to the engine. The methods that
// it does not have answer Unimplemented.
type service struct {
	pb.UnimplementedGenAiTuningServiceServer
	engine *engine
	facts  *catalogue
	cfg    Config
	beta   bool // the call is one of v1beta1
}

func (s *service) CreateTuningJob(ctx context.Context, req *pb.CreateTuningJobRequest) (*pb.TuningJob, error) {
	where, err := s.parent(req.GetParent(), "aiplatform.tuningJobs.create")
	if err != nil {
		return nil, err
	}
	draft, err := s.draft(where, req.GetTuningJob())
	if err != nil {
		return nil, err
	}
	if err := s.checkDatasets(ctx, draft); err != nil {
		return nil, err
	}
	return s.engine.create(draft)
}

func (s *service) GetTuningJob(_ context.Context, req *pb.GetTuningJobRequest) (*pb.TuningJob, error) {
	where, id, err := s.jobName(req.GetName(), "aiplatform.tuningJobs.get")
	if err != nil {
		return nil, err
	}
	return s.engine.get(where, id)
}

func (s *service) CancelTuningJob(_ context.Context, req *pb.CancelTuningJobRequest) (*emptypb.Empty, error) {
	where, id, err := s.jobName(req.GetName(), "aiplatform.tuningJobs.cancel")
	if err != nil {
		return nil, err
	}
	if err := s.engine.cancelJob(where, id); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

func (s *service) ListTuningJobs(_ context.Context, req *pb.ListTuningJobsRequest) (*pb.ListTuningJobsResponse, error) {
	where, err := s.parent(req.GetParent(), "aiplatform.tuningJobs.list")
	if err != nil {
		return nil, err
	}
	if req.GetFilter() != "" {
		return nil, status.Error(codes.Unimplemented, "filter is not implemented by the local stand-in for Vertex AI")
	}
	size := int(req.GetPageSize())
	switch limit := int(s.facts.service.PageSizeMax.Value); {
	case size < 0:
		return nil, invalidField("page_size", "page_size must not be negative.")
	case size == 0:
		size = int(s.facts.service.PageSizeDefault.Value)
	default:
		size = min(size, limit)
	}
	before, err := parsePageToken(req.GetPageToken(), where)
	if err != nil {
		return nil, err
	}
	jobs, next := s.engine.list(where, before, size)
	return &pb.ListTuningJobsResponse{TuningJobs: jobs, NextPageToken: formatPageToken(next, where)}, nil
}

// parent parses the name of a location and checks that it is served here.
func (s *service) parent(name, permission string) (place, error) {
	m := parentPattern.FindStringSubmatch(name)
	if m == nil {
		return place{}, invalidField("parent", "Invalid resource name %q: the format is projects/{project}/locations/{location}.", name)
	}
	return s.place("parent", m[1], m[2], permission)
}

func (s *service) jobName(name, permission string) (place, string, error) {
	m := jobPattern.FindStringSubmatch(name)
	if m == nil {
		return place{}, "", invalidField("name", "Invalid resource name %q: the format is "+
			"projects/{project}/locations/{location}/tuningJobs/{tuning_job}.", name)
	}
	where, err := s.place("name", m[1], m[2], permission)
	return where, m[3], err
}

func (s *service) place(field, project, location, permission string) (place, error) {
	where := place{project: project, location: location}
	// A project is the same by its number.
	if s.cfg.Project != "" && project == projectNumber(s.cfg.Project) {
		where.project = s.cfg.Project
	}
	if s.cfg.Project != "" && where.project != s.cfg.Project {
		return place{}, permissionDenied(permission, where)
	}
	// Open models alone are tuned there, and v1beta1 alone takes them.
	if location == "global" && s.beta {
		return where, nil
	}
	if location == "global" {
		return place{}, globalRefused()
	}
	if locations := s.facts.regions(); !slices.Contains(locations, location) {
		return place{}, invalidField(field, "The provided location ID doesn't match the endpoint. The valid location ID is `%s`.",
			strings.Join(locations, "`, `"))
	}
	return where, nil
}
