// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

const (
	// quantum is the unit in which a resumable upload is stored: before the end, its length is
	// always a multiple of it.
	quantum = 256 << 10
	// uploadLife is how long an upload can be resumed.
	uploadLife = 7 * 24 * time.Hour
)

// upload is a resumable upload. The exported fields are journalled.
type upload struct {
	ID      string    `json:"id"`
	Target  target    `json:"target"`
	Size    *int64    `json:"size,omitempty"` // of the whole content, if it was declared
	Started time.Time `json:"started"`
	Done    *Object   `json:"done,omitempty"` // the object it became; the store's lock guards it

	turn chan struct{} // taken by the request that works on the upload
	blob *blobWriter   // nil until the first such request of this process
}

func (up *upload) ready() *upload {
	up.turn = make(chan struct{}, 1)
	return up
}

func (up *upload) shut() error {
	if up.blob == nil {
		return nil
	}
	return up.blob.f.Close()
}

// startUpload opens a session and answers with its address.
func (a *api) startUpload(w http.ResponseWriter, c *call) error {
	t, err := c.target()
	if err != nil {
		return err
	}
	t.ContentType = c.Header.Get("X-Upload-Content-Type")
	in, err := readObjectInput(c.Body)
	if err != nil {
		return err
	}
	if err := c.describe(t, in); err != nil {
		return err
	}
	t.expectHashes(c.Header)
	size, err := parseInt("X-Upload-Content-Length", c.Header.Values("X-Upload-Content-Length"))
	if err != nil {
		return err
	}
	if err := a.store.admit(t); err != nil {
		return err
	}
	up := &upload{ID: rand.Text(), Target: *t, Size: size, Started: time.Now()}
	if err := a.store.addUpload(up); err != nil {
		return err
	}
	q := url.Values{"uploadType": {"resumable"}, "name": {t.Name}, "upload_id": {up.ID}}
	h := w.Header()
	h.Set("Location", fmt.Sprintf("%s/upload/storage/v1/b/%s/o?%s", baseURL(c.Request), t.Bucket, q.Encode()))
	h.Set("X-Guploader-Uploadid", up.ID)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// acquire finds the request's upload and waits for its turn on it. done is the object if the upload
// is finished. The caller must call release unless there is an error.
func (a *api) acquire(c *call) (up *upload, done *Object, release func(), err error) {
	up, _ = a.store.findUpload(c)
	if up == nil {
		return nil, nil, nil, errNoUpload
	}
	select {
	case up.turn <- struct{}{}:
	case <-c.Context().Done():
		return nil, nil, nil, fmt.Errorf("wait for the upload's turn: %w", c.Context().Err())
	}
	release = func() { <-up.turn }
	// It may have ended while this request waited.
	again, done := a.store.findUpload(c)
	if again != up {
		release()
		return nil, nil, nil, errNoUpload
	}
	return up, done, release, nil
}

// resume stores a chunk, or answers how far the upload is.
func (a *api) resume(w http.ResponseWriter, c *call) error {
	up, done, release, err := a.acquire(c)
	if err != nil {
		return err
	}
	defer release()
	if done == nil {
		done, err = a.store.advance(up, c)
	}
	if err != nil {
		return err
	}
	if done != nil {
		writeObject(w, c, done)
		return nil
	}
	h := w.Header()
	if up.blob.size > 0 {
		h.Set("Range", "bytes=0-"+strconv.FormatInt(up.blob.size-1, 10))
	}
	h.Set("X-Guploader-Uploadid", up.ID)
	h.Set("Content-Length", "0")
	if c.Header.Get("X-Guploader-No-308") == "yes" {
		h.Set("X-Http-Status-Code-Override", "308")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	w.WriteHeader(http.StatusPermanentRedirect)
	return nil
}

// advance reads the part of the content that the request has. It returns the object if that was the
// last part.
func (st *store) advance(up *upload, c *call) (*Object, error) {
	if up.blob == nil {
		blob, err := st.disk.openUpload(up.ID)
		if err != nil {
			return nil, err
		}
		up.blob = blob
	}
	ch, err := parseChunk(c.Header.Get("Content-Range"), c.ContentLength, up.blob.size)
	if err != nil {
		return nil, err
	}
	if err := ch.checkDeclared(up.Size); err != nil {
		return nil, err
	}
	if err := ch.store(up.blob, c.Body); err != nil {
		return nil, err
	}
	if !ch.final(up.blob.size) {
		return nil, nil
	}
	t := up.Target
	t.expectHashes(c.Header)
	o, err := st.finalize(&t, up.blob, up.ID)
	if _, ok := errors.AsType[*apiError](err); ok {
		// A refusal is final: the client must start again.
		return nil, errors.Join(err, st.dropUpload(up))
	}
	if err != nil {
		return nil, err
	}
	up.blob.discard()
	up.blob = nil
	return o, nil
}

func (st *store) addUpload(up *upload) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.commit(&record{Op: opUpload, Upload: up})
}

// findUpload returns the upload of the request and, if it is finished, its object.
func (st *store) findUpload(c *call) (*upload, *Object) {
	st.mu.Lock()
	defer st.mu.Unlock()
	up := st.uploads[c.query.Get("upload_id")]
	if up == nil || up.Target.Bucket != c.bucket {
		return nil, nil
	}
	return up, up.Done
}

func (st *store) dropUpload(up *upload) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.commit(&record{Op: opUploadEnd, Session: up.ID}); err != nil {
		return err
	}
	if up.blob != nil {
		_ = up.blob.f.Close() // its content is of no use
	}
	_ = os.Remove(st.disk.uploadPath(up.ID)) // or the next start does
	return nil
}

// expireUploads removes the uploads that are too old to continue.
func (st *store) expireUploads(now time.Time) {
	for id, up := range st.uploads {
		if now.Sub(up.Started) > uploadLife {
			delete(st.uploads, id)
		}
	}
}
