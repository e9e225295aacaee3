// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

var uploadParams = []string{"uploadType", "upload_id", "name", "contentEncoding", "ifGenerationMatch"}

// insertObject begins an upload, or continues one.
func (a *api) insertObject(w http.ResponseWriter, c *call) error {
	if c.query.Has("upload_id") {
		return a.resume(w, c)
	}
	o, err := a.insertWhole(w, c)
	if err != nil || o == nil {
		return err
	}
	writeObject(w, c, o)
	return nil
}

// insertWhole performs an upload of one request and returns the new object. For a resumable upload
// it answers with the session, and returns no object.
func (a *api) insertWhole(w http.ResponseWriter, c *call) (*Object, error) {
	switch kind := c.query.Get("uploadType"); kind {
	case "media":
		return a.insertMedia(c)
	case "multipart":
		return a.insertMultipart(c)
	case "resumable":
		return nil, a.startUpload(w, c)
	default:
		return nil, errInvalid("Invalid value for: uploadType: %q is not media, multipart or resumable.", kind)
	}
}

// target reads what the upload is to become from everything but the body.
func (c *call) target() (*target, error) {
	t := &target{Bucket: c.bucket, Name: c.query.Get("name")}
	t.ContentEncoding = c.query.Get("contentEncoding")
	var err error
	t.Condition, err = parseCondition(c.query)
	return t, err
}

// describe adds to t what a resource in the request says. The query has priority.
func (c *call) describe(t *target, in objectInput) error {
	if err := in.target(t); err != nil {
		return err
	}
	if enc := c.query.Get("contentEncoding"); enc != "" {
		t.ContentEncoding = enc
	}
	if t.Name == "" {
		var err error
		if t.Name, err = in.text("name"); err != nil {
			return err
		}
	}
	return nil
}

// expectHashes stores the hashes in the request's headers.
func (t *target) expectHashes(h http.Header) {
	for _, list := range h.Values("X-Goog-Hash") {
		for item := range strings.SplitSeq(list, ",") {
			switch kind, value, _ := strings.Cut(strings.TrimSpace(item), "="); kind {
			case "crc32c":
				t.CRC32C = value
			case "md5":
				t.MD5Hash = value
			}
		}
	}
}

func (a *api) insertMedia(c *call) (*Object, error) {
	t, err := c.target()
	if err != nil {
		return nil, err
	}
	t.ContentType = c.Header.Get("Content-Type")
	t.expectHashes(c.Header)
	if err := a.store.admit(t); err != nil {
		return nil, err
	}
	return a.store.ingest(t, c.Body)
}

func (a *api) insertMultipart(c *call) (*Object, error) {
	boundary := multipartBoundary(c.Header.Get("Content-Type"))
	if boundary == "" {
		return nil, errInvalid("A multipart upload needs the Content-Type multipart/related with a boundary.")
	}
	parts := multipart.NewReader(c.Body, boundary)
	first, err := parts.NextRawPart()
	if err != nil {
		return nil, errMultipart(err)
	}
	in, err := readObjectInput(first)
	if err != nil {
		return nil, err
	}
	second, err := parts.NextRawPart()
	if err != nil {
		return nil, errMultipart(err)
	}
	t, err := c.target()
	if err != nil {
		return nil, err
	}
	t.ContentType = second.Header.Get("Content-Type")
	if err := c.describe(t, in); err != nil {
		return nil, err
	}
	t.expectHashes(c.Header)
	if err := a.store.admit(t); err != nil {
		return nil, err
	}
	return a.store.ingest(t, &lastPart{part: second, rest: parts})
}

// multipartBoundary reads the boundary from a Content-Type.
func multipartBoundary(contentType string) string {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/related" {
		return ""
	}
	return params["boundary"]
}

func errMultipart(err error) error {
	return errInvalid("Malformed multipart body: it needs metadata, then media: %v", err)
}

// lastPart reads a part to its end, and makes sure that the body ends with it: a body that was cut
// short must not become a shorter object.
type lastPart struct {
	part io.Reader
	rest *multipart.Reader
}

func (p *lastPart) Read(b []byte) (int, error) {
	n, err := p.part.Read(b)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	switch _, after := p.rest.NextRawPart(); {
	case errors.Is(after, io.EOF):
		return n, io.EOF
	case after == nil:
		return n, errors.New("there is a third part")
	default:
		return n, after
	}
}

// ingest reads the whole content and makes it t's object.
func (st *store) ingest(t *target, content io.Reader) (*Object, error) {
	blob, err := st.disk.create()
	if err != nil {
		return nil, err
	}
	defer blob.discard()
	in := &faultReader{r: content}
	if _, err := copyBuffered(blob, in); err != nil {
		if in.err != nil {
			return nil, errInvalid("The content could not be read to its end: %v", in.err)
		}
		return nil, err
	}
	return st.finalize(t, blob, "")
}

// faultReader remembers how reading failed, to distinguish the client's errors from those of the
// disk.
type faultReader struct {
	r   io.Reader
	err error
}

func (f *faultReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}
