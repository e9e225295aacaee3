// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

// headBytes is how much of a text is inspected to determine its type.
const headBytes = 16 << 10

var byteOrderMark = []byte("\xef\xbb\xbf")

// errUnpack marks faults of compressed data. They are faults of the file, not of the reader.
var errUnpack = errors.New("unpack")

// source is the decompressed text of a file without its byte-order mark.
type source struct {
	text             io.Reader
	raw              *countingReader
	head             []byte // the start of the text; valid until the first read
	compression      string
	hadByteOrderMark bool // a byte-order mark was removed
	ended            bool
}

// openSource inspects the first bytes of r for compression and a byte-order mark. If the error is
// an errUnpack, the source is valid, and its text ends where the compressed data are broken.
func openSource(ctx context.Context, r io.Reader) (*source, error) {
	s := &source{raw: &countingReader{ctx: ctx, r: r}}
	head := bufio.NewReaderSize(s.raw, headBytes)
	s.text = head
	if magic, _ := head.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		s.compression = CompressionGzip
		unpacked, err := gzip.NewReader(head)
		if err != nil {
			s.text = bytes.NewReader(nil)
			return s, s.wrapReadError(err)
		}
		s.text = unpacked
	}
	text := bufio.NewReaderSize(s.text, headBytes) // the same reader if the file is not compressed
	var err error
	s.text = text
	s.head, err = text.Peek(headBytes)
	s.hadByteOrderMark = bytes.HasPrefix(s.head, byteOrderMark)
	if s.hadByteOrderMark {
		s.head = s.head[len(byteOrderMark):]
		_, _ = text.Discard(len(byteOrderMark)) // these bytes are buffered
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.text = bytes.NewReader(s.head)
		return s, s.wrapReadError(err)
	}
	return s, nil
}

// start returns the offset of the text after a byte-order mark.
func (s *source) start() int64 {
	if s.hadByteOrderMark {
		return int64(len(byteOrderMark))
	}
	return 0
}

// fill reads until buf is full or the text ends. eof reports that the text has ended.
func (s *source) fill(buf []byte) (n int, eof bool, err error) {
	if s.ended {
		return 0, true, nil
	}
	n, err = io.ReadFull(s.text, buf)
	s.ended = err != nil
	switch {
	case err == nil:
		return n, false, nil
	case s.raw.err == nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && !s.isTruncated(err):
		return n, true, nil
	}
	return n, true, s.wrapReadError(err)
}

// isTruncated reports whether the compressed data ended too early. It must check that, because
// io.ReadFull returns io.ErrUnexpectedEOF also for a complete text that is shorter than the buffer.
func (s *source) isTruncated(err error) bool {
	if s.compression == "" || !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	var one [1]byte
	_, err = s.text.Read(one[:])
	return !errors.Is(err, io.EOF)
}

// wrapReadError separates an error of the reader from an error in the compressed data.
func (s *source) wrapReadError(err error) error {
	if s.raw.err != nil {
		return fmt.Errorf("read data: %w", s.raw.err)
	}
	return fmt.Errorf("%w: %w", errUnpack, err)
}

// countingReader counts the bytes that are read, keeps the error that ended the reading, and stops
// when the context ends.
type countingReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no context parameter
	r   io.Reader
	n   int64
	err error // other than io.EOF
}

func (c *countingReader) Read(p []byte) (int, error) {
	if c.err = c.ctx.Err(); c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err //nolint:wrapcheck // readers must return io.EOF as it is
}
