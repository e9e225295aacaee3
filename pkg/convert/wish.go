// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/drop"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// wish is a start that a file asks for.
type wish struct {
	request  tuning.Request
	manifest int64 // generation of the manifest that says so; 0 is the file's metadata
	err      error // why it cannot be understood
}

// wish returns what a generation of a file asks for, or nil. A manifest wins over metadata. A generation that is not
// there any more asks for nothing: whoever replaced or deleted it wants something else.
func (c *Converter) wish(ctx context.Context, source Source) (*wish, error) {
	attrs, err := c.Objects.Attrs(ctx, source.Bucket, source.Name)
	if errors.Is(err, object.ErrNotFound) || err == nil && attrs.Generation != source.Generation {
		return nil, nil //nolint:nilnil // no file, no wish
	}
	if err != nil {
		return nil, err
	}
	if w, err := c.manifest(ctx, source); w != nil || err != nil {
		return w, err
	}
	request, asked, err := drop.FromMetadata(attrs.Metadata)
	if !asked {
		return nil, nil //nolint:nilnil // none is an answer like another
	}
	return &wish{request: request, err: err}, nil
}

// manifestLimit is how long a manifest may be, in bytes: it has room for the longest system instruction.
const manifestLimit = 1 << 20

// manifest returns the wish of the manifest beside a file, or nil.
func (c *Converter) manifest(ctx context.Context, source Source) (*wish, error) {
	name := drop.ManifestOf(source.Name)
	if len(name) > nameLimit {
		return nil, nil //nolint:nilnil // Cloud Storage has no such object
	}
	attrs, err := c.Objects.Attrs(ctx, source.Bucket, name)
	if errors.Is(err, object.ErrNotFound) {
		return nil, nil //nolint:nilnil // none is an answer like another
	}
	if err != nil {
		return nil, err
	}
	w := &wish{manifest: attrs.Generation}
	if attrs.Size > manifestLimit {
		w.err = fault.New(fault.InvalidArgument, "The manifest has %d bytes, and may have at most %d.", attrs.Size, manifestLimit)
		return w, nil
	}
	in, err := c.Objects.Read(ctx, source.Bucket, name, attrs.Generation)
	if errors.Is(err, object.ErrNotFound) {
		return nil, fmt.Errorf("read %s: %w", name, object.ErrConflict) // another one was written
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", object.URI(source.Bucket, name), err)
	}
	w.request, w.err = drop.FromManifest(text)
	return w, nil
}

// model returns the base model that a file is for, whose limits it is held against; nil is one that nothing is known
// of. A wish that is found later may be for another one: what it is trained on is held against that once more.
func (c *Converter) model(ctx context.Context, source Source) (*catalogue.Model, error) {
	known := c.Facts.Current(ctx)
	if !c.Config.DropStarts {
		return known.Lookup(c.Config.BaseModel), nil
	}
	w, err := c.wish(ctx, source)
	if err != nil {
		return nil, err
	}
	if w == nil || w.err != nil {
		return known.Lookup(c.Config.BaseModel), nil //nolint:nilerr // the start will be refused for it, and say so
	}
	base, err := c.Starter.BaseModel(ctx, w.request)
	switch {
	case err == nil:
		return known.Lookup(base), nil
	case fault.Heals(err):
		return nil, err
	default:
		return known.Lookup(c.Config.BaseModel), nil // likewise
	}
}
