// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/drops"
)

// startRequest is a start for which a file asks.
type startRequest struct {
	request  tuning.Request
	manifest int64 // generation of the manifest; 0 means the file's metadata
	err      error // why the manifest or the metadata are invalid
}

// startRequest returns the start for which a generation of a file asks, or nil. A manifest takes
// precedence over metadata. A generation that no longer exists asks for nothing, because a user who
// replaces or deletes a file does not want its job.
func (c *Converter) startRequest(ctx context.Context, source Source) (*startRequest, error) {
	attrs, err := c.Objects.Attrs(ctx, source.Bucket, source.Name)
	if errors.Is(err, gcs.ErrNotFound) || err == nil && attrs.Generation != source.Generation {
		return nil, nil //nolint:nilnil // no file asks for a start
	}
	if err != nil {
		return nil, err
	}
	if w, err := c.manifest(ctx, source); w != nil || err != nil {
		return w, err
	}
	request, requested, err := manifest.FromMetadata(attrs.Metadata)
	if !requested {
		return nil, nil //nolint:nilnil // none is an answer like another
	}
	return &startRequest{request: request, err: err}, nil
}

// manifestLimit is the longest manifest, in bytes. The longest system instruction fits.
const manifestLimit = 1 << 20

// manifest returns the start for which the manifest of a file asks, or nil.
func (c *Converter) manifest(ctx context.Context, source Source) (*startRequest, error) {
	name := manifest.NameOf(source.Name)
	if len(name) > drops.NameLimit {
		return nil, nil //nolint:nilnil // no object can have such a long name
	}
	attrs, err := c.Objects.Attrs(ctx, source.Bucket, name)
	if errors.Is(err, gcs.ErrNotFound) {
		return nil, nil //nolint:nilnil // none is an answer like another
	}
	if err != nil {
		return nil, err
	}
	w := &startRequest{manifest: attrs.Generation}
	if attrs.Size > manifestLimit {
		w.err = fault.New(fault.InvalidArgument, "The manifest has %d bytes, but may have at most %d.", attrs.Size, manifestLimit)
		return w, nil
	}
	in, err := c.Objects.Read(ctx, source.Bucket, name, attrs.Generation)
	if errors.Is(err, gcs.ErrNotFound) {
		return nil, fmt.Errorf("read %s: %w", name, gcs.ErrConflict) // another manifest was written
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", gcs.URI(source.Bucket, name), err)
	}
	w.request, w.err = manifest.FromManifest(text)
	return w, nil
}

// model returns the base model against whose limits a file is checked; nil means that the catalogue
// does not know the model. A start that is found later may be for another model; its data are then
// checked against that model too.
func (c *Converter) model(ctx context.Context, source Source) (*catalogue.Model, error) {
	models := c.Catalogue.Current(ctx)
	if !c.Config.DropStarts {
		return models.Lookup(c.Config.Jobs.BaseModel), nil
	}
	w, err := c.startRequest(ctx, source)
	if err != nil {
		return nil, err
	}
	if w == nil || w.err != nil {
		return models.Lookup(c.Config.Jobs.BaseModel), nil //nolint:nilerr // the start is refused with this error later
	}
	base, err := c.Jobs.BaseModel(ctx, w.request)
	switch {
	case err == nil:
		return models.Lookup(base), nil
	case fault.ShouldRedeliver(err):
		return nil, err
	default:
		return models.Lookup(c.Config.Jobs.BaseModel), nil // the start is refused with this error later
	}
}
