// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

const (
	uploadPrefix = "upload_"
	partPrefix   = "part_"

	pending   = "pending"
	completed = "completed"
	cancelled = "cancelled"
	expired   = "expired"

	// uploadLife is how long the parts of an upload may take to arrive.
	uploadLife = 24 * time.Hour
	// uploadLimit is the longest file, in bytes, and maxParts is how many parts it may have.
	uploadLimit = 8 << 30
	maxParts    = 1000
)

// uploadView is an upload in OpenAI's shape.
type uploadView struct {
	Object    string    `json:"object"`
	ID        string    `json:"id"`
	Bytes     int64     `json:"bytes"`
	CreatedAt int64     `json:"created_at"`
	ExpiresAt int64     `json:"expires_at"`
	Filename  string    `json:"filename"`
	Purpose   string    `json:"purpose"`
	Status    string    `json:"status"`
	File      *fileView `json:"file"`
}

func viewUpload(u store.Upload) uploadView {
	return uploadView{
		Object: "upload", ID: u.ID, Bytes: u.Bytes, CreatedAt: u.CreatedAt.Unix(), ExpiresAt: u.ExpiresAt.Unix(),
		Filename: u.Filename, Purpose: u.Purpose, Status: u.Status,
	}
}

// createUpload records a file that will be sent in parts.
func (s *Service) createUpload(r *http.Request, _ string) (any, error) {
	f, err := s.API.Fields(r)
	if err != nil {
		return nil, err
	}
	u := store.Upload{Filename: f.Text("filename"), Purpose: f.Text("purpose"), Status: pending, CreatedBy: s.API.Caller(r.Context())}
	size := f.Integer("bytes")
	f.Text("mime_type") // the content decides
	f.Refuse("expires_after", noExpiry)
	faults := f.Faults()
	checkPurpose(u.Purpose, &faults)
	checkFilename("filename", u.Filename, &faults)
	switch {
	case size != nil && *size > 0 && *size <= uploadLimit:
		u.Bytes = *size
	case !faults.Has("bytes"):
		faults.Add("bytes", "OUT_OF_RANGE", fmt.Sprintf("must be given: the size of the whole file, from 1 to %d. Put a larger file into a bucket.", int64(uploadLimit)))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	u.ID, u.CreatedAt = newID(uploadPrefix, s.Now())
	u.ExpiresAt = u.CreatedAt.Add(uploadLife)
	return viewUpload(u), s.Records.CreateUpload(r.Context(), u)
}

// upload returns the upload that a path names. Its status says if it has expired.
func (s *Service) upload(ctx context.Context, id string) (store.Upload, error) {
	if _, ok := idTime(uploadPrefix, id); !ok {
		return store.Upload{}, fault.New(fault.NotFound, "There is no upload %q.", id)
	}
	u, err := s.Records.Upload(ctx, id)
	if err == nil && u.Status == pending && !s.Now().Before(u.ExpiresAt) {
		u.Status = expired
	}
	return u, err
}

// notPending returns the error for an upload that is not pending.
func notPending(u store.Upload) error {
	return fault.New(fault.Conflict, "The upload %s is %s. Create another one.", u.ID, u.Status)
}

// partView is a part of an upload in OpenAI's shape.
type partView struct {
	Object    string `json:"object"`
	ID        string `json:"id"`
	CreatedAt int64  `json:"created_at"`
	UploadID  string `json:"upload_id"`
}

// createPart keeps a part of an upload. Parts may come at the same time and in any order, because
// each part is a separate object.
func (s *Service) createPart(r *http.Request, id string) (any, error) {
	u, err := s.upload(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if u.Status != pending {
		return nil, notPending(u)
	}
	part, at := newID(partPrefix, s.Now())
	if _, err := readForm(r, "data", func(_ string, in io.Reader) error {
		_, err := s.Objects.Write(r.Context(), gcs.Spec{
			Bucket: s.Bucket, Name: partsOf(u.ID) + part, ContentType: "application/octet-stream",
		}, func(w io.Writer) error {
			_, err := io.Copy(w, in)
			return err
		})
		return err
	}); err != nil {
		return nil, fmt.Errorf("keep a part: %w", err)
	}
	return partView{Object: "upload.part", ID: part, CreatedAt: at.Unix(), UploadID: u.ID}, nil
}

// partsOf returns the folder of an upload's parts. A rule of the bucket deletes them in the end.
func partsOf(uploadID string) string { return "uploads/" + uploadID + "/" }

// completeUpload makes the file of an upload from its parts, and checks it. The file's ID follows
// from that of the upload, so a repeated call makes the same file.
func (s *Service) completeUpload(r *http.Request, id string) (any, error) {
	ctx := r.Context()
	f, err := s.API.Fields(r)
	if err != nil {
		return nil, err
	}
	ids := f.Texts("part_ids", maxParts, "Send larger parts.")
	sum := f.Text("md5")
	faults := f.Faults()
	u, err := s.upload(ctx, id)
	if err != nil {
		return nil, err
	}
	fileID := filePrefix + strings.TrimPrefix(u.ID, uploadPrefix)
	switch u.Status {
	case pending:
	case completed:
		return s.completed(ctx, u, fileID)
	default:
		return nil, notPending(u)
	}
	if err := s.assemble(ctx, u, fileID, ids, strings.ToLower(sum), faults); err != nil {
		// A repeated call, which ran at the same time, may have completed the upload and deleted
		// the parts.
		if now, readErr := s.upload(ctx, id); readErr == nil && now.Status == completed {
			return s.completed(ctx, now, fileID)
		}
		return nil, err
	}
	if u, err = s.Records.EndUpload(ctx, u, completed); err != nil {
		return nil, err
	}
	if u.Status != completed {
		return nil, notPending(u)
	}
	s.deleteParts(ctx, u)
	return s.completed(ctx, u, fileID)
}

// assemble makes the file of an upload from its parts, checks it and records it. It is idempotent.
func (s *Service) assemble(ctx context.Context, u store.Upload, fileID string, ids []string, sum string, faults fault.Faults) error {
	parts, err := s.parts(ctx, u, ids, faults)
	if err != nil {
		return err
	}
	defer parts.close()
	parts.checksum = sum
	memory, err := s.Jobs.Training.Reserve(ctx, tuning.Request{}) // the memory for checking a file
	if err != nil {
		return err
	}
	defer memory.Release()
	file := store.File{ID: fileID, Filename: u.Filename, CreatedAt: u.CreatedAt, CreatedBy: u.CreatedBy}
	c, err := s.receive(ctx, file, parts)
	if errors.Is(err, gcs.ErrConflict) {
		return fault.Wrap(fault.Conflict, err, "An earlier call has completed the upload %s with other parts.", u.ID)
	}
	if err == nil {
		_, err = s.recordFile(ctx, file, c)
	}
	return err
}

// completed returns the response about a completed upload. Its file may be deleted by now.
func (s *Service) completed(ctx context.Context, u store.Upload, fileID string) (any, error) {
	v := viewUpload(u)
	file, err := s.Records.File(ctx, fileID)
	if err == nil {
		v.File = new(viewFile(file))
	} else if fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	return v, nil
}

// cancelUpload gives up an upload.
func (s *Service) cancelUpload(r *http.Request, id string) (any, error) {
	if err := s.API.NoFields(r); err != nil {
		return nil, err
	}
	u, err := s.upload(r.Context(), id)
	if err == nil && u.Status == pending {
		u, err = s.Records.EndUpload(r.Context(), u, cancelled)
	}
	if err != nil {
		return nil, err
	}
	if u.Status != cancelled {
		return nil, notPending(u)
	}
	s.deleteParts(r.Context(), u)
	return viewUpload(u), nil
}

// deleteParts deletes the parts of an upload that has ended.
func (s *Service) deleteParts(ctx context.Context, u store.Upload) {
	if err := s.Objects.DeleteFolder(ctx, s.Bucket, partsOf(u.ID)); err != nil {
		s.Log.WarnContext(ctx, "the parts of an upload were not deleted, a rule of the bucket will delete them", "upload_id", u.ID, "error", err)
	}
}
