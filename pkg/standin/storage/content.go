// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// serveContent answers a read with the object's content as it is stored, or with a range of it.
// Cloud Storage unpacks gzip for clients that do not accept it, which is not implemented.
func serveContent(w http.ResponseWriter, r *http.Request, o *Object, f *os.File, etag string) error {
	if err := refuseHeaders(r.Header); err != nil {
		return err
	}
	if o.ContentEncoding == "gzip" && !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return errUnimplemented("Unpacking gzip content, without gzip in the header Accept-Encoding,")
	}
	setContentHeaders(w.Header(), o, etag)
	first, length, partial, err := parseRange(r.Header.Get("Range"), o.Size)
	if err != nil {
		clear(w.Header())
		if errors.Is(err, errRange) {
			w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(o.Size, 10))
		}
		return err
	}
	h := w.Header()
	if o.ContentEncoding != "" {
		h.Set("Content-Encoding", o.ContentEncoding)
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	status := http.StatusOK
	if partial {
		status = http.StatusPartialContent
		h.Set("Content-Range", "bytes "+strconv.FormatInt(first, 10)+"-"+
			strconv.FormatInt(first+length-1, 10)+"/"+strconv.FormatInt(o.Size, 10))
	}
	if _, err := f.Seek(first, io.SeekStart); err != nil {
		return err
	}
	w.WriteHeader(status)
	if _, err := io.CopyN(w, f, length); err != nil {
		// It is too late for an error: only ending the connection is left.
		panic(http.ErrAbortHandler)
	}
	return nil
}

func setContentHeaders(h http.Header, o *Object, etag string) {
	h.Set("Etag", etag)
	h.Set("X-Goog-Generation", strconv.FormatInt(o.Generation, 10))
	h.Set("X-Goog-Metageneration", strconv.FormatInt(o.Metageneration, 10))
	h.Set("X-Goog-Storage-Class", o.StorageClass)
	h.Set("X-Goog-Stored-Content-Length", strconv.FormatInt(o.Size, 10))
	h.Set("X-Goog-Stored-Content-Encoding", "identity")
	h.Set("X-Goog-Hash", "crc32c="+o.CRC32C+",md5="+o.MD5Hash)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "private, max-age=0")
	for name, value := range map[string]string{
		"X-Goog-Stored-Content-Encoding": o.ContentEncoding,
		"Content-Type":                   o.ContentType,
		"Content-Disposition":            o.ContentDisposition,
		"Content-Language":               o.ContentLanguage,
		"Cache-Control":                  o.CacheControl,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	for k, v := range o.Metadata {
		h.Set("X-Goog-Meta-"+k, v)
	}
	if t, err := time.Parse(timeFormat, o.Updated); err == nil {
		h.Set("Last-Modified", t.UTC().Format(http.TimeFormat))
	}
}

// parseRange reads a Range header for content of size bytes. It takes "bytes=first-last", where
// last may be missing, and no other form.
func parseRange(header string, size int64) (first, length int64, partial bool, err error) {
	if header == "" {
		return 0, size, false, nil
	}
	from, to, _ := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	first, err = strconv.ParseInt(from, 10, 64)
	last := size - 1
	if err == nil && to != "" {
		last, err = strconv.ParseInt(to, 10, 64)
	}
	switch {
	case err != nil || to != "" && last < first:
		return 0, 0, false, errUnimplemented("The range %q", header)
	case first >= size:
		return 0, 0, false, errRange
	}
	return first, min(last, size-1) - first + 1, true, nil
}
