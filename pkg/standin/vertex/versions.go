// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"fmt"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// serviceV1 answers the calls of google.cloud.aiplatform.v1. The stand-in keeps everything as
// messages of v1beta1, which has every field of v1 under the same number, and some more. The
// answers of v1 leave out the fields that v1 does not have.
type serviceV1 struct {
	v1.UnimplementedGenAiTuningServiceServer
	service *service
}

// copyShared copies the fields that two versions of a message share.
func copyShared[M proto.Message](from proto.Message, to M) (M, error) {
	wire, err := proto.Marshal(from)
	if err == nil {
		err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(wire, to)
	}
	if err != nil {
		return to, status.Errorf(codes.Internal, "Internal error encountered: copy a %T to the other version: %v", from, err)
	}
	return to, nil
}

// jobV1 returns a job in the form of v1.
func jobV1(job *pb.TuningJob) *v1.TuningJob {
	out, err := copyShared(job, &v1.TuningJob{})
	if err != nil {
		panic(fmt.Sprintf("the versions of the API do not agree: %v", err)) // a test checks that they agree
	}
	return out
}

func (s *serviceV1) CreateTuningJob(ctx context.Context, req *v1.CreateTuningJobRequest) (*v1.TuningJob, error) {
	in, err := copyShared(req, &pb.CreateTuningJobRequest{})
	if err != nil {
		return nil, err
	}
	job, err := s.service.CreateTuningJob(ctx, in)
	if err != nil {
		return nil, err
	}
	return jobV1(job), nil
}

func (s *serviceV1) GetTuningJob(ctx context.Context, req *v1.GetTuningJobRequest) (*v1.TuningJob, error) {
	job, err := s.service.GetTuningJob(ctx, &pb.GetTuningJobRequest{Name: req.GetName()})
	if err != nil {
		return nil, err
	}
	return jobV1(job), nil
}

func (s *serviceV1) CancelTuningJob(ctx context.Context, req *v1.CancelTuningJobRequest) (*emptypb.Empty, error) {
	return s.service.CancelTuningJob(ctx, &pb.CancelTuningJobRequest{Name: req.GetName()})
}

func (s *serviceV1) ListTuningJobs(ctx context.Context, req *v1.ListTuningJobsRequest) (*v1.ListTuningJobsResponse, error) {
	page, err := s.service.ListTuningJobs(ctx, &pb.ListTuningJobsRequest{
		Parent: req.GetParent(), Filter: req.GetFilter(), PageSize: req.GetPageSize(), PageToken: req.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	out := &v1.ListTuningJobsResponse{NextPageToken: page.GetNextPageToken()}
	for _, job := range page.GetTuningJobs() {
		out.TuningJobs = append(out.TuningJobs, jobV1(job))
	}
	return out, nil
}
