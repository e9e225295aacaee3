// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package object

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"maps"

	"cloud.google.com/go/storage"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
)

// chunk is how much of an upload the client holds in memory, to send it again after a fault.
const chunk = 4 << 20

// Spec describes an object to write.
type Spec struct {
	Bucket, Name string
	ContentType  string
	Metadata     map[string]string
	// Replaces is the generation that the new one takes the place of; 0 means that there must be none.
	Replaces int64
}

// Write streams what fill writes into an object and returns its generation. An error of fill leaves no
// object. If the precondition does not hold, but the object that is there has the same size, checksum and
// metadata, then it is this very write, done before, and no error. Otherwise it is ErrConflict.
func (s *Store) Write(ctx context.Context, spec Spec, fill func(io.Writer) error) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // an upload that was not closed is given up
	handle := s.object(ctx, spec.Bucket, spec.Name)
	upload := handle.If(condition(spec.Replaces)).NewWriter(ctx)
	upload.ContentType, upload.Metadata, upload.ChunkSize = spec.ContentType, spec.Metadata, chunk

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
		return upload.Attrs().Generation, nil
	case isPrecondition(err):
		return already(ctx, handle, spec, body)
	default:
		return 0, notWritten(err, spec)
	}
}

// notWritten says why an object could not be written. A new object cannot be missing, so it is its bucket that is:
// nothing that the caller could mend.
func notWritten(err error, spec Spec) error {
	if gcp.Code(err) == codes.NotFound {
		out := fault.Wrap(fault.UpstreamFailed, err,
			"There is no bucket gs://%s to write to. Whoever runs this service must create it, or name another.", spec.Bucket)
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

// already decides, after a precondition failed, whether what is there is what was to be written.
func already(ctx context.Context, handle *storage.ObjectHandle, spec Spec, body *summer) (int64, error) {
	attrs, err := handle.Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return 0, ErrConflict // what was to be replaced is gone
	}
	if err != nil {
		return 0, wrap(err, "look at", handle.BucketName(), handle.ObjectName())
	}
	if attrs.Size == body.size && attrs.CRC32C == body.crc && maps.Equal(attrs.Metadata, spec.Metadata) {
		return attrs.Generation, nil
	}
	return 0, ErrConflict
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// summer counts and sums what goes to the upload. A precondition can fail before all is written; then the
// rest is summed without being sent, so that it can be compared with what is there.
type summer struct {
	to   io.Writer
	size int64
	crc  uint32
	err  error // of the upload
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
