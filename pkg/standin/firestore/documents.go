// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"crypto/rand"
	"iter"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	defaultPageSize = 300
	autoIDLength    = 20
)

func (s *service) GetDocument(_ context.Context, req *pb.GetDocumentRequest) (*pb.Document, error) {
	target, err := parseDocument("Document", req.GetName())
	if err != nil {
		return nil, err
	}
	mask, err := parseMask(req.GetMask())
	if err != nil {
		return nil, err
	}
	v, _, err := s.store.view(target.database, consistency{transaction: req.GetTransaction(), readTime: req.GetReadTime()})
	if err != nil {
		return nil, err
	}
	doc := v.lookup(target)
	if doc == nil {
		return nil, status.Errorf(codes.NotFound, "Document %q not found.", req.GetName())
	}
	return mask.apply(doc), nil
}

func (s *service) CreateDocument(_ context.Context, req *pb.CreateDocumentRequest) (*pb.Document, error) {
	parent, err := parseParent("Document parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkID("Collection", req.GetCollectionId()); err != nil {
		return nil, err
	}
	if req.GetDocument().GetName() != "" {
		return nil, invalid("document.name must not be set")
	}
	id := req.GetDocumentId()
	if id == "" {
		id = rand.Text()[:autoIDLength]
	}
	if err := checkID("Resource", id); err != nil {
		return nil, err
	}
	doc := &pb.Document{Name: parent.name() + "/" + req.GetCollectionId() + "/" + id, Fields: req.GetDocument().GetFields()}
	return s.update(&pb.Write{
		Operation:       &pb.Write_Update{Update: doc},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}},
	}, req.GetMask())
}

func (s *service) UpdateDocument(_ context.Context, req *pb.UpdateDocumentRequest) (*pb.Document, error) {
	return s.update(&pb.Write{
		Operation:       &pb.Write_Update{Update: req.GetDocument()},
		UpdateMask:      req.GetUpdateMask(),
		CurrentDocument: req.GetCurrentDocument(),
	}, req.GetMask())
}

// update commits one write and answers the document as it is then.
func (s *service) update(w *pb.Write, responseMask *pb.DocumentMask) (*pb.Document, error) {
	mask, err := parseMask(responseMask)
	if err != nil {
		return nil, err
	}
	target, err := parseDocument("Document", w.GetUpdate().GetName())
	if err != nil {
		return nil, err
	}
	parsed, err := parseWrite(target.database, w)
	if err != nil {
		return nil, err
	}
	_, after, err := s.store.commit(target.database, []*write{parsed}, nil)
	if err != nil {
		return nil, err
	}
	return mask.apply(after.document(target)), nil
}

func (s *service) DeleteDocument(_ context.Context, req *pb.DeleteDocumentRequest) (*emptypb.Empty, error) {
	target, err := parseDocument("Document", req.GetName())
	if err != nil {
		return nil, err
	}
	w, err := parseWrite(target.database, &pb.Write{
		Operation:       &pb.Write_Delete{Delete: req.GetName()},
		CurrentDocument: req.GetCurrentDocument(),
	})
	if err != nil {
		return nil, err
	}
	if _, _, err := s.store.commit(target.database, []*write{w}, nil); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

// ListDocuments pages through one collection by id. A page token is the id of
// the last document of the page before.
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
	case len(req.GetTransaction()) > 0:
		return nil, unimplemented("a transaction in ListDocuments")
	}
	v, _, err := s.store.view(parent.database, consistency{readTime: req.GetReadTime()})
	if err != nil {
		return nil, err
	}
	list := resource{database: parent.database, path: (&query{parent: parent, collection: req.GetCollectionId()}).collectionPath()}
	resp := &pb.ListDocumentsResponse{}
	last := ""
	for id, doc := range v.listed(list, req.GetPageToken(), req.GetShowMissing()) {
		if len(resp.Documents) == size {
			resp.NextPageToken = last
			break
		}
		last = id
		resp.Documents = append(resp.Documents, mask.apply(doc))
	}
	return resp, nil
}

// listed yields a collection's documents after an id. With missing it yields,
// by name only, also those that do not exist but have collections.
func (s state) listed(list resource, after string, missing bool) iter.Seq2[string, *pb.Document] {
	c := s.collection(list.path)
	var ids []string
	for id := range c.from(after + separator) {
		ids = append(ids, id)
	}
	if missing {
		for id := range s.children(list.path) {
			if id > after {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	return func(yield func(string, *pb.Document) bool) {
		for _, id := range ids {
			doc, ok := c.get(id)
			if !ok {
				doc = &pb.Document{Name: list.name() + "/" + id}
			}
			if !yield(id, doc) {
				return
			}
		}
	}
}

// ListCollectionIds pages through the ids of the collections below a document
// or the root. A page token is the last id of the page before.
func (s *service) ListCollectionIds(_ context.Context, req *pb.ListCollectionIdsRequest) (*pb.ListCollectionIdsResponse, error) {
	parent, err := parseParent("Document parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	v, _, err := s.store.view(parent.database, consistency{readTime: req.GetReadTime()})
	if err != nil {
		return nil, err
	}
	resp := &pb.ListCollectionIdsResponse{}
	for id := range v.children(parent.path) {
		if id <= req.GetPageToken() {
			continue
		}
		if len(resp.CollectionIds) == size {
			resp.NextPageToken = resp.CollectionIds[size-1]
			break
		}
		resp.CollectionIds = append(resp.CollectionIds, id)
	}
	return resp, nil
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
