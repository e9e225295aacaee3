// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// maxRequestBytes is the service's limit for a commit.
const maxRequestBytes = 11534336

// service answers the calls that change documents, and those about transactions.
type service struct {
	pb.UnimplementedFirestoreServer
	store   *store
	onQuery func(Shape)
}

func (s *service) Commit(_ context.Context, req *pb.CommitRequest) (*pb.CommitResponse, error) {
	database, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return nil, err
	}
	if proto.Size(req) > maxRequestBytes {
		return nil, invalid("Request payload size exceeds the limit: %d bytes.", maxRequestBytes)
	}
	writes := make([]*write, len(req.GetWrites()))
	for i, w := range req.GetWrites() {
		if writes[i], err = parseWrite(database, w); err != nil {
			return nil, err
		}
	}
	return s.store.commit(database, writes, req.GetTransaction())
}

// BatchWrite commits each write by itself and answers with a status for each.
func (s *service) BatchWrite(_ context.Context, req *pb.BatchWriteRequest) (*pb.BatchWriteResponse, error) {
	database, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return nil, err
	}
	targets := map[resource]bool{}
	writes := make([]*write, len(req.GetWrites()))
	for i, w := range req.GetWrites() {
		if writes[i], err = parseWrite(database, w); err != nil {
			return nil, err
		}
		if targets[writes[i].target] {
			return nil, invalid("the same document cannot be written more than once in a single request")
		}
		targets[writes[i].target] = true
	}
	resp := &pb.BatchWriteResponse{}
	for _, w := range writes {
		result := &pb.WriteResult{}
		done, err := s.store.commit(database, []*write{w}, nil)
		if err == nil {
			result = done.GetWriteResults()[0]
		}
		st := status.Convert(err)
		resp.WriteResults = append(resp.WriteResults, result)
		resp.Status = append(resp.Status, &rpcstatus.Status{Code: int32(st.Code()), Message: st.Message()})
	}
	return resp, nil
}

func (s *service) BeginTransaction(_ context.Context, req *pb.BeginTransactionRequest) (*pb.BeginTransactionResponse, error) {
	database, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return nil, err
	}
	id, err := s.store.begin(database, req.GetOptions())
	if err != nil {
		return nil, err
	}
	return &pb.BeginTransactionResponse{Transaction: id}, nil
}

func (s *service) Rollback(_ context.Context, req *pb.RollbackRequest) (*emptypb.Empty, error) {
	database, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, s.store.rollback(database, req.GetTransaction())
}
