// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobaccess

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// The forms of a name, in addition to that of a job.
var (
	versioned    = lazyregexp.New(`^(.+)#([0-9]+)$`)
	datasetName  = lazyregexp.New(`^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/[^\x00-\x1f\x7f]+$`)
	modelName    = lazyregexp.New(`^projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/models/[A-Za-z0-9_-]{1,128}(@[A-Za-z0-9_-]{1,128})?$`)
	endpointName = lazyregexp.New(`^projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/endpoints/[A-Za-z0-9_-]{1,128}$`)
)

// onDataset finds the jobs that train on a file, or on a dataset that was made from it. If the name
// ends in #GENERATION, as in reports, only the jobs that read this generation of the file are
// returned. The name of the dataset of a dropped file finds the jobs of the dropped file, because
// these jobs have the dropped file as their source.
func (s *Service) onDataset(ctx context.Context, name string) ([]store.Record, error) {
	records, err := s.Records.JobsOnDataset(ctx, name)
	if err != nil || len(records) > 0 {
		return records, err
	}
	if m := versioned.FindStringSubmatch(name); m != nil {
		records, err = s.Records.JobsOnDataset(ctx, m[1])
		return slices.DeleteFunc(records, func(r store.Record) bool {
			return !slices.ContainsFunc(r.Lineage.Sources, func(o tuning.SourceObject) bool {
				return o.URI == m[1] && strconv.FormatInt(o.Generation, 10) == m[2]
			})
		}), err
	}
	dropped, ok := strings.CutPrefix(name, gcs.URI(s.Config.DataBucket, "drops/"))
	if source, isData := strings.CutSuffix(dropped, "/dataset.jsonl"); ok && isData {
		return s.Records.JobsOnDataset(ctx, gcs.URI(s.Config.InboxBucket, source))
	}
	return nil, nil
}

// Related finds the jobs for the name of a job, a dataset, a model or an endpoint.
func (s *Service) Related(ctx context.Context, name string) ([]store.Record, error) {
	switch {
	case IsName(name):
		record, err := s.Find(ctx, name)
		return []store.Record{record}, err
	case datasetName.MatchString(name):
		return s.onDataset(ctx, name)
	case modelName.MatchString(name):
		return s.Records.JobsOfModel(ctx, name, s.Config.Project)
	case endpointName.MatchString(name):
		return s.Records.JobsOfEndpoint(ctx, name, s.Config.Project)
	}
	return nil, fault.Invalid(fault.Violation{
		Field: "name", Reason: "INVALID_NAME",
		Description: "must be the name of a job, the gs:// URI of a dataset or of a file that it was made of, with or without #GENERATION, projects/P/locations/L/models/M[@V] or " +
			"projects/P/locations/L/endpoints/E, percent-encoded.",
	})
}
