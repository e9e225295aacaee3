// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"maps"

	"cloud.google.com/go/storage"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

// Spec describes an object to write.
type Spec struct {
	Bucket, Name string
	ContentType  string
	Metadata     map[string]string
	// Replaces is the generation that the write replaces; 0 means that no object may exist.
	Replaces int64
}

// Write writes the output of fill to an object and returns the object's generation. If fill fails,
// there is no object. If the precondition fails, but the existing object has the same size,
// checksum and metadata, then an earlier try of this write has succeeded, and that is no error.
// Otherwise the error is ErrConflict. If a new object was refused and there is none, the error is
// transient: a caller to whom ErrConflict means that the object exists would name a missing one.
func (s *Store) Write(ctx context.Context, spec Spec, fill func(io.Writer) error) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	handle := objectOf(ctx, s, spec.Bucket, spec.Name)
	to := handle.If(condition(spec.Replaces)).NewWriter(ctx)
	to.ContentType, to.Metadata = spec.ContentType, spec.Metadata
	upload := &upload{to: to}
	defer upload.stop()
	defer cancel() // an upload that was not closed is cancelled

	body := &summer{to: upload}
	if err := fill(body); err != nil {
		if body.err != nil && !isPrecondition(body.err) {
			return 0, notWritten(body.err, spec)
		}
		return 0, err
	}
	err := body.err
	if err == nil {
		err = upload.Close()
	}
	switch {
	case err == nil:
		return to.Attrs().Generation, nil
	case isPrecondition(err):
		return earlierWrite(ctx, handle, spec, body)
	default:
		return 0, notWritten(err, spec)
	}
}

// notWritten returns the error of a failed write. NotFound can only mean that the bucket is
// missing, which the caller cannot repair.
func notWritten(err error, spec Spec) error {
	if gcperr.Code(err) == codes.NotFound {
		out := fault.Wrap(fault.UpstreamFailed, err,
			"The bucket gs://%s does not exist. The operator of this service must create it, or configure another one.", spec.Bucket)
		out.Log = out.Message
		return out
	}
	return wrap(err, "write", spec.Bucket, spec.Name)
}

func condition(replaces int64) storage.Conditions {
	if replaces == 0 {
		return storage.Conditions{DoesNotExist: true}
	}
	return storage.Conditions{GenerationMatch: replaces}
}

// earlierWrite checks, after a failed precondition, whether the existing object is the result of an
// earlier try of this write.
func earlierWrite(ctx context.Context, handle *storage.ObjectHandle, spec Spec, body *summer) (int64, error) {
	attrs, err := handle.Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		if spec.Replaces == 0 { // nothing has the name, so no other process has written it
			return 0, fault.New(fault.Unavailable, "Cloud Storage refused to write %s and has no object of this name. Try again.", URI(spec.Bucket, spec.Name))
		}
		return 0, ErrConflict // the object to be replaced was deleted
	}
	if err != nil {
		return 0, wrap(err, "read the attributes of", handle.BucketName(), handle.ObjectName())
	}
	if attrs.Size == body.size && attrs.CRC32C == body.crc && maps.Equal(attrs.Metadata, spec.Metadata) {
		return attrs.Generation, nil
	}
	return 0, ErrConflict
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// summer computes the size and the checksum of an upload. If the precondition fails before the end,
// the rest is not sent, but still counted, for the comparison with the existing object.
type summer struct {
	to   io.Writer
	size int64
	crc  uint32
	err  error // the error of the upload
}

func (s *summer) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.crc = crc32.Update(s.crc, castagnoli, p)
	if s.err == nil {
		_, s.err = s.to.Write(p)
	}
	if s.err != nil && !isPrecondition(s.err) {
		return 0, s.err
	}
	return len(p), nil
}
