// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs

import (
	"context"
	"errors"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

// Listed is an object in a list.
type Listed struct {
	Name string
	Attrs
	Updated time.Time
}

// List returns the objects whose names begin with a prefix and end with a suffix, by name. It reads
// at most limit objects, and reports whether there are more.
func (s *Store) List(ctx context.Context, bucket, prefix, suffix string, limit int) (found []Listed, more bool, err error) {
	query := &storage.Query{Prefix: prefix}
	if err := query.SetAttrSelection([]string{"Name", "Generation", "Size", "Metadata", "Updated"}); err != nil {
		return nil, false, wrap(err, "list", bucket, prefix)
	}
	all := bucketOf(s, bucket).Objects(ctx, query)
	for range limit {
		a, err := all.Next()
		switch {
		case errors.Is(err, iterator.Done):
			return found, false, nil
		case err != nil:
			return nil, false, wrap(err, "list", bucket, prefix)
		case strings.HasSuffix(a.Name, suffix):
			found = append(found, Listed{Name: a.Name, Attrs: Attrs{Generation: a.Generation, Size: a.Size, Metadata: a.Metadata}, Updated: a.Updated})
		}
	}
	return found, true, nil
}
