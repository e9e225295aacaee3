// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"context"
	"crypto/md5" //nolint:gosec // the client names this checksum, and it protects against mistakes alone
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// parts returns a reader of the parts of an upload, in the given order. Together they must have
// the size that was announced.
func (s *Service) parts(ctx context.Context, u store.Upload, ids []string, faults fault.Faults) (*partReader, error) {
	p := &partReader{sum: md5.New()} //nolint:gosec // see the import
	var size int64
	seen := map[string]bool{}
	for i, id := range ids {
		attrs, err := gcs.Attrs{}, gcs.ErrNotFound
		if _, ok := idTime(partPrefix, id); ok && !seen[id] {
			attrs, err = s.Objects.Attrs(ctx, s.Bucket, partsOf(u.ID)+id)
		}
		seen[id] = true
		switch {
		case errors.Is(err, gcs.ErrNotFound):
			faults.Add(fmt.Sprintf("part_ids[%d]", i), "UNKNOWN_PART", "must be the id of a part of this upload, and be given once.")
			continue
		case err != nil:
			return nil, fmt.Errorf("read a part: %w", err)
		}
		size += attrs.Size
		p.open = append(p.open, func() (io.ReadCloser, error) {
			return s.Objects.Read(ctx, s.Bucket, partsOf(u.ID)+id, attrs.Generation)
		})
	}
	switch {
	case len(ids) == 0 && !faults.Has("part_ids"):
		faults.Add("part_ids", "REQUIRED", "must be given: the ids of the parts, in the order of the file.")
	case faults.Count == 0 && size != u.Bytes:
		faults.Add("part_ids", "BYTES_DIFFER", fmt.Sprintf("have %d bytes together, and the upload was created with %d.", size, u.Bytes))
	}
	return p, faults.Err()
}

// partReader reads parts one after the other. At the end, it compares their checksum.
type partReader struct {
	open     []func() (io.ReadCloser, error) // the parts that follow
	now      io.ReadCloser
	sum      hash.Hash
	checksum string // the checksum in hexadecimal, or ""
}

func (p *partReader) Read(buf []byte) (int, error) {
	for {
		if p.now == nil {
			if len(p.open) == 0 {
				return 0, p.end()
			}
			next, err := p.open[0]()
			if err != nil {
				return 0, fmt.Errorf("read a part: %w", err)
			}
			p.now, p.open = next, p.open[1:]
		}
		n, err := p.now.Read(buf)
		_, _ = p.sum.Write(buf[:n]) // a hash never fails
		switch {
		case errors.Is(err, io.EOF):
			p.close()
		case err != nil:
			return n, err //nolint:wrapcheck // Read of package gcs has wrapped it
		}
		if n > 0 {
			return n, nil
		}
	}
}

func (p *partReader) end() error {
	if p.checksum == "" || p.checksum == hex.EncodeToString(p.sum.Sum(nil)) {
		return io.EOF
	}
	return refuse("md5", "CHECKSUM_DIFFERS", "must be the MD5 checksum of the whole file in hexadecimal. The parts have another one.")
}

func (p *partReader) close() {
	if p.now != nil {
		_ = p.now.Close() // nothing is lost by a failing close after reading
		p.now = nil
	}
}
