// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// chunk is what one request of a resumable upload says that it holds: the bytes from first on, of a
// content of total bytes.
type chunk struct {
	first  int64
	length int64 // -1: as many as the body has
	total  int64 // -1: not known yet
	query  bool  // no bytes, only the question how far the upload is
}

// parseChunk reads the Content-Range header. Without one the request has the whole content. stored
// is how much of the upload is stored already.
func parseChunk(header string, contentLength, stored int64) (ch chunk, err error) {
	if header == "" {
		return chunk{length: contentLength, total: contentLength}, nil
	}
	spec, ok := strings.CutPrefix(header, "bytes ")
	span, total, ok2 := strings.Cut(spec, "/")
	if !ok || !ok2 {
		return ch, errContentRange(header)
	}
	ch.total = -1
	if total != "*" {
		if ch.total, err = strconv.ParseInt(total, 10, 64); err != nil || ch.total < 0 {
			return ch, errContentRange(header)
		}
	}
	if span == "*" {
		ch.query, ch.first = true, stored
		return ch, nil
	}
	from, to, ok := strings.Cut(span, "-")
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	if !ok || err1 != nil || err2 != nil || first < 0 || last < first || ch.total >= 0 && last >= ch.total {
		return ch, errContentRange(header)
	}
	ch.first, ch.length = first, last-first+1
	if contentLength >= 0 && contentLength != ch.length {
		return ch, errInvalid("The Content-Range header names %d bytes, but the request has %d.", ch.length, contentLength)
	}
	if first > stored {
		return ch, &apiError{
			status: http.StatusServiceUnavailable, plainText: true,
			message: "Invalid request.  According to the Content-Range header, the upload offset is " +
				strconv.FormatInt(first, 10) + " byte(s), which exceeds already uploaded size of " +
				strconv.FormatInt(stored, 10) + " byte(s).",
		}
	}
	return ch, ch.checkLength()
}

func errContentRange(header string) error {
	return errInvalid("Failed to parse Content-Range header: %q", header)
}

// checkLength refuses a chunk that is too short, unless it is the last.
func (ch chunk) checkLength() error {
	if ch.first+ch.length == ch.total || ch.length >= quantum {
		return nil
	}
	return errInvalid("Invalid request.  The number of bytes uploaded is required to be equal or greater than %d, "+
		"except for the final request (it's recommended to be the exact multiple of %d).  "+
		"The received request contained %d bytes, which does not meet this requirement.", quantum, quantum, ch.length)
}

// checkDeclared compares the chunk with the size declared when the upload began.
func (ch chunk) checkDeclared(declared *int64) error {
	if declared != nil && ch.total >= 0 && ch.total != *declared {
		return errInvalid("The upload was declared to have %d bytes, but the request says %d.", *declared, ch.total)
	}
	return nil
}

// final reports whether the upload is complete when it has size bytes.
func (ch chunk) final(size int64) bool { return size == ch.total }

// alreadyStored is how many of the chunk's bytes an upload of size bytes has already.
func (ch chunk) alreadyStored(size int64) int64 {
	if ch.length < 0 {
		return size - ch.first
	}
	return min(size-ch.first, ch.length)
}

var quanta = sync.Pool{New: func() any { return new([quantum]byte) }}

// store appends the body to the upload, in whole quanta until the last byte of the content. It
// skips what is stored already, and leaves what does not fill a quantum for the client to send
// again.
func (ch *chunk) store(blob *blobWriter, body io.Reader) error {
	if ch.query {
		return nil
	}
	in := &faultReader{r: body}
	if _, err := io.CopyN(io.Discard, in, ch.alreadyStored(blob.size)); err != nil {
		return errInvalid("The request body ended early: %v", err)
	}
	buf := quanta.Get().(*[quantum]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer quanta.Put(buf)
	for {
		n, err := io.ReadFull(in, buf[:])
		if in.err != nil {
			return errInvalid("The request body ended early: %v", in.err)
		}
		ended := err != nil
		if ended && ch.length < 0 {
			ch.total = blob.size + int64(n) // a body of unknown length is the whole content
		}
		if ended && blob.size+int64(n) != ch.total {
			return nil
		}
		if _, err := blob.Write(buf[:n]); err != nil {
			return err
		}
		if ended {
			return nil
		}
	}
}
