// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

const defaultPageSize = 300

// ListDocuments pages through the names in one collection by id. With show_missing it answers also
// those that do not exist but have collections. A page token is the last id of the page before.
func (s *service) ListDocuments(_ context.Context, req *pb.ListDocumentsRequest) (*pb.ListDocumentsResponse, error) {
	parent, err := parseParent("Document parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkID("Collection", req.GetCollectionId()); err != nil {
		return nil, err
	}
	mask, err := parseMask(req.GetMask())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	switch {
	case err != nil:
		return nil, err
	case req.GetOrderBy() != "":
		return nil, unimplemented("order_by in ListDocuments")
	case req.GetConsistencySelector() != nil:
		return nil, unimplemented("a transaction or a read time in ListDocuments")
	}
	v, err := s.store.view(parent.database, consistency{})
	if err != nil {
		return nil, err
	}
	list := resource{database: parent.database, path: (&query{parent: parent, collection: req.GetCollectionId()}).collectionPath()}
	c := v.collection(list.path)
	resp := &pb.ListDocumentsResponse{}
	ids, next := page(v.ids(list.path, req.GetShowMissing()), size, req.GetPageToken())
	for _, id := range ids {
		doc, ok := c.get(id)
		if !ok {
			doc = &pb.Document{Name: list.name() + "/" + id}
		}
		resp.Documents = append(resp.Documents, mask.apply(doc))
	}
	resp.NextPageToken = next
	return resp, nil
}

// ids are the ids of the documents in a collection, in order; with missing, also of those that do
// not exist but have collections.
func (s state) ids(path string, missing bool) []string {
	var ids []string
	for id := range s.collection(path).from("") {
		ids = append(ids, id)
	}
	if missing {
		ids = slices.AppendSeq(ids, s.children(path))
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	return ids
}

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
