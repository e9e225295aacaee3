// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// JobsOnDataset returns the jobs that train on a file, that are validated with it, or whose dataset
// was made from it. The oldest is first, as in all results of this file.
func (s *Store) JobsOnDataset(ctx context.Context, uri string) ([]Record, error) {
	all := s.client.Collection(jobs)
	return s.queryAll(ctx, "find the jobs on", uri, all.Where("training_data", "==", uri),
		all.Where("spec.validation_data", "==", uri), all.Where("lineage.source_uris", "array-contains", uri))
}

// JobsOfEndpoint returns the jobs whose tuned model is served by an endpoint,
// projects/P/locations/L/endpoints/E.
func (s *Store) JobsOfEndpoint(ctx context.Context, name, project string) ([]Record, error) {
	names, err := s.nameVariants(ctx, "tuned_endpoint", name, project)
	if err != nil {
		return nil, err
	}
	return s.queryAll(ctx, "find the jobs of", name, s.client.Collection(jobs).Where("tuned_endpoint", "in", names))
}

// JobsOfModel returns the jobs that made a version of a model, projects/P/locations/L/models/M@V,
// or all jobs of the model if the name has no version.
func (s *Store) JobsOfModel(ctx context.Context, name, project string) ([]Record, error) {
	names, err := s.nameVariants(ctx, "tuned_model", name, project)
	if err != nil {
		return nil, err
	}
	all := s.client.Collection(jobs)
	queries := []firestore.Query{all.Where("tuned_model", "in", names)}
	if !strings.Contains(name, "@") {
		for _, n := range names {
			queries = append(queries, all.Where("tuned_model", ">=", n+"@").Where("tuned_model", "<", n+"A")) // A follows @
		}
	}
	return s.queryAll(ctx, "find the jobs of", name, queries...)
}

var projectPattern = lazyregexp.New(`^projects/([^/]+)/`)

// nameVariants returns the name and, if its project is ours, the other form in which a record may
// have it: Vertex AI writes a project either as its ID or as its number. The number is taken from
// any record, because all records belong to our project.
func (s *Store) nameVariants(ctx context.Context, field, name, project string) ([]string, error) {
	docs, err := s.client.Collection(jobs).Where(field, ">", "projects/").OrderBy(field, firestore.Asc).Limit(1).
		Select(field).Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "find the project of", name)
	}
	names := []string{name}
	for _, doc := range docs {
		text, _ := doc.Data()[field].(string)
		ours, asked := projectPattern.FindStringSubmatch(text), projectPattern.FindStringSubmatch(name)
		if ours != nil && asked != nil && asked[1] == project {
			names = append(names, ours[0]+strings.TrimPrefix(name, asked[0]))
		}
		if ours != nil && asked != nil && asked[1] == ours[1] {
			names = append(names, "projects/"+project+"/"+strings.TrimPrefix(name, asked[0]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// queryAll returns the jobs that any of the queries finds, each of them once.
func (s *Store) queryAll(ctx context.Context, doing, name string, queries ...firestore.Query) ([]Record, error) {
	var found []Record
	for _, query := range queries {
		docs, err := query.Documents(ctx).GetAll()
		if err != nil {
			return nil, wrap(err, doing, name)
		}
		found = append(found, s.records(ctx, docs)...)
	}
	slices.SortFunc(found, func(a, b Record) int {
		if by := a.CreatedAt.Compare(b.CreatedAt); by != 0 {
			return by
		}
		return strings.Compare(a.ID, b.ID)
	})
	found = slices.DeleteFunc(found, func(r Record) bool { return r.Tentative })
	return slices.CompactFunc(found, func(a, b Record) bool { return a.ID == b.ID }), nil
}
