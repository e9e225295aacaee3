// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

const defaultPageSize = 300

// ListCollectionIds pages through the ids of the collections below a document or the root.
func (s *service) ListCollectionIds(_ context.Context, req *pb.ListCollectionIdsRequest) (*pb.ListCollectionIdsResponse, error) {
	parent, err := parseParent("Document parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	v, err := s.store.view(parent.database, consistency{readTime: req.GetReadTime()})
	if err != nil {
		return nil, err
	}
	ids, next := page(slices.Collect(v.children(parent.path)), size, req.GetPageToken())
	return &pb.ListCollectionIdsResponse{CollectionIds: ids, NextPageToken: next}, nil
}

// page returns up to size ids that come after a token, and the token of the next page.
func page(ids []string, size int, token string) (part []string, next string) {
	for len(ids) > 0 && ids[0] <= token {
		ids = ids[1:]
	}
	if len(ids) > size {
		return ids[:size], ids[size-1]
	}
	return ids, ""
}

func pageSize(asked int32) (int, error) {
	if asked < 0 {
		return 0, invalid("page_size is negative")
	}
	if asked == 0 {
		return defaultPageSize, nil
	}
	return int(asked), nil
}
