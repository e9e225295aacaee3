// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// BatchGetDocuments returns each document once, even if the request names it several times.
func (s *service) BatchGetDocuments(req *pb.BatchGetDocumentsRequest, stream pb.Firestore_BatchGetDocumentsServer) error {
	database, err := parseDatabase(req.GetDatabase())
	if err != nil {
		return err
	}
	mask, err := parseMask(req.GetMask())
	if err != nil {
		return err
	}
	targets := make([]resource, len(req.GetDocuments()))
	for i, name := range req.GetDocuments() {
		if targets[i], err = parseDocument("Document", name); err != nil {
			return err
		}
		if targets[i].database != database {
			return invalid("Document name %q is not in the database %q of the request.", name, database)
		}
	}
	v, err := s.store.view(database, consistency{req.GetTransaction(), req.GetNewTransaction(), req.GetReadTime()})
	if err != nil {
		return err
	}
	answered := map[resource]bool{}
	for _, target := range targets {
		if answered[target] {
			continue
		}
		answered[target] = true
		resp := &pb.BatchGetDocumentsResponse{ReadTime: v.at}
		if doc := v.lookup(target); doc != nil {
			resp.Result = &pb.BatchGetDocumentsResponse_Found{Found: mask.apply(doc)}
		} else {
			resp.Result = &pb.BatchGetDocumentsResponse_Missing{Missing: target.name()}
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
	return nil
}

// mask names the fields of a document that a request asks for; nil means all.
type mask []fieldPath

func parseMask(m *pb.DocumentMask) (mask, error) {
	if m == nil {
		return nil, nil
	}
	return parseFieldPaths(m.GetFieldPaths()) // never nil: an empty mask hides every field
}

func (m mask) apply(doc *pb.Document) *pb.Document {
	if m == nil {
		return doc
	}
	return project(doc, m)
}

// RunQuery streams the documents of the result from one snapshot.
func (s *service) RunQuery(req *pb.RunQueryRequest, stream pb.Firestore_RunQueryServer) error {
	q, v, err := s.query(req.GetParent(), req.GetStructuredQuery(), req.GetExplainOptions(),
		consistency{req.GetTransaction(), req.GetNewTransaction(), req.GetReadTime()})
	if err != nil {
		return err
	}
	// Each document is sent when the next one is known, so that the last one can be marked.
	last := &pb.RunQueryResponse{ReadTime: v.at}
	for doc := range q.page(v.state) {
		if last.Document != nil {
			if err := stream.Send(last); err != nil {
				return err
			}
		}
		last = &pb.RunQueryResponse{Document: q.mask.apply(doc), ReadTime: v.at}
	}
	last.ContinuationSelector = &pb.RunQueryResponse_Done{Done: true}
	return stream.Send(last)
}

// RunAggregationQuery counts the documents that a query finds.
func (s *service) RunAggregationQuery(req *pb.RunAggregationQueryRequest, stream pb.Firestore_RunAggregationQueryServer) error {
	aliases, err := parseCounts(req.GetStructuredAggregationQuery().GetAggregations())
	if err != nil {
		return err
	}
	q, v, err := s.query(req.GetParent(), req.GetStructuredAggregationQuery().GetStructuredQuery(), req.GetExplainOptions(),
		consistency{req.GetTransaction(), req.GetNewTransaction(), req.GetReadTime()})
	if err != nil {
		return err
	}
	var count int64
	for range q.page(v.state) {
		count++
	}
	fields := map[string]*pb.Value{}
	for _, alias := range aliases {
		fields[alias] = intValue(count)
	}
	return stream.Send(&pb.RunAggregationQueryResponse{
		Result:   &pb.AggregationResult{AggregateFields: fields},
		ReadTime: v.at,
	})
}

// query checks a query and opens the snapshot that it reads from.
func (s *service) query(
	parent string, structured *pb.StructuredQuery, explain *pb.ExplainOptions, c consistency,
) (*query, view, error) {
	if structured == nil {
		return nil, view{}, invalid("only structured queries are supported")
	}
	if explain != nil {
		return nil, view{}, unimplemented("explain_options")
	}
	q, err := parseQuery(parent, structured)
	if err != nil {
		return nil, view{}, err
	}
	v, err := s.store.view(q.parent.database, c)
	if err != nil {
		return nil, view{}, err
	}
	if s.onQuery != nil {
		s.onQuery(q.shape)
	}
	v.note(q)
	return q, v, nil
}
