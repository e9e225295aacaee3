// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// serveContent answers a read with the object's content, or a range of it. Content that is stored
// as gzip is unpacked for clients that do not accept gzip; ranges do not apply to it then, and its
// length is not known.
func serveContent(w http.ResponseWriter, r *http.Request, o *Object, f *os.File, etag string) error {
	if err := refuseHeaders(r.Header); err != nil {
		return err
	}
	setContentHeaders(w.Header(), o, etag)
	if o.ContentEncoding == "gzip" {
		w.Header().Set("Vary", "Accept-Encoding")
		if !acceptsGzip(r.Header) && !strings.Contains(o.CacheControl, "no-transform") {
			if unpacked, err := gzip.NewReader(f); err == nil {
				return serveUnpacked(w, r, unpacked)
			}
			// It is not gzip, whatever its metadata says: it is served as it is.
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
	}
	first, length, partial, err := parseRange(r.Header.Get("Range"), o.Size)
	if err != nil {
		clear(w.Header())
		w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(o.Size, 10))
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
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.CopyN(w, f, length); err != nil {
		// It is too late for an error: only ending the connection is left.
		panic(http.ErrAbortHandler)
	}
	return nil
}

func serveUnpacked(w http.ResponseWriter, r *http.Request, unpacked io.Reader) error {
	w.Header().Set("Warning", "214 UploadServer gunzipped")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := copyBuffered(w, unpacked); err != nil {
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

// acceptsGzip reads the Accept-Encoding header.
func acceptsGzip(h http.Header) bool {
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		if coding = strings.TrimSpace(coding); coding != "gzip" && coding != "*" {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !ok || err != nil || weight > 0
	}
	return false
}

// parseRange reads a Range header for content of size bytes. Like Cloud Storage it serves one
// range, and the whole content for anything else.
func parseRange(header string, size int64) (first, length int64, partial bool, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	from, to, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || !dash || strings.Contains(spec, ",") {
		return 0, size, false, nil
	}
	if from == "" {
		n, err := strconv.ParseInt(to, 10, 64)
		switch {
		case err != nil || n < 0:
			return 0, size, false, nil
		case n == 0 || size == 0:
			return 0, 0, false, errRange
		}
		n = min(n, size)
		return size - n, n, true, nil
	}
	if first, err = strconv.ParseInt(from, 10, 64); err != nil || first < 0 {
		return 0, size, false, nil
	}
	last := size - 1
	if to != "" {
		n, err := strconv.ParseInt(to, 10, 64)
		if err != nil || n < first {
			return 0, size, false, nil
		}
		last = min(last, n)
	}
	if first >= size {
		return 0, 0, false, errRange
	}
	return first, last - first + 1, true, nil
}
