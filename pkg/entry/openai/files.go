// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

const (
	filePrefix = "file-"
	// reportSuffix follows the ID of a file in the ID of the report on it.
	reportSuffix = "-report"

	fineTune        = "fine-tune"
	fineTuneResults = "fine-tune-results"

	processed  = "processed"
	fileFailed = "error"

	// maxFiles is the maximum and the default number of files on a page.
	maxFiles = 1000
	// filenameLimit is the longest name of a file, in bytes.
	filenameLimit = 1024
)

// fileView is a file in OpenAI's shape.
type fileView struct {
	Object        string  `json:"object"`
	ID            string  `json:"id"`
	Bytes         int64   `json:"bytes"`
	CreatedAt     int64   `json:"created_at"`
	Filename      string  `json:"filename"`
	Purpose       string  `json:"purpose"`
	Status        string  `json:"status"`
	StatusDetails *string `json:"status_details"`
}

func viewFile(f store.File) fileView {
	v := fileView{
		Object: "file", ID: f.ID, Bytes: f.Bytes, CreatedAt: f.CreatedAt.Unix(), Filename: f.Filename, Purpose: f.Purpose, Status: f.Status,
	}
	if f.Details != "" {
		v.StatusDetails = &f.Details
	}
	return v
}

// fileTime returns the time in the ID of a file or of a report, and whether it is one.
func fileTime(id string) (time.Time, bool) {
	return idTime(filePrefix, strings.TrimSuffix(id, reportSuffix))
}

// objectOf returns the name of the object with the content of a file. A start takes only files
// whose name ends in .jsonl, in any format.
func objectOf(fileID string) string {
	if strings.HasSuffix(fileID, reportSuffix) {
		return "files/" + fileID + ".json"
	}
	return "files/" + fileID + ".jsonl"
}

// createFile keeps a file and checks it. The file is written to its object while it arrives,
// because its purpose may come after it.
func (s *Service) createFile(r *http.Request, _ string) (any, error) {
	id, at := newID(filePrefix, s.Now())
	file := store.File{ID: id, CreatedAt: at, CreatedBy: s.API.Caller(r.Context())}
	var c checked
	values, err := readForm(r, "file", func(filename string, in io.Reader) (err error) {
		file.Filename = filename
		c, err = s.receive(r.Context(), file, in)
		return err
	})
	if err == nil {
		err = checkFile(values, file.Filename)
	}
	if err != nil {
		return nil, errors.Join(err, s.discard(r.Context(), c, id))
	}
	file, err = s.recordFile(r.Context(), file, c)
	if err != nil {
		return nil, err
	}
	return viewFile(file), nil
}

// discard deletes the object of a file that is refused, if it was written.
func (s *Service) discard(ctx context.Context, c checked, id string) error {
	if c.report == nil {
		return nil
	}
	// The file may be refused because the client has closed the connection.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	return s.Objects.DeleteLive(ctx, s.Bucket, objectOf(id))
}

// discardTimeout limits the deletion of the object of a refused file.
const discardTimeout = 10 * time.Second

// checkFile checks the values of a form other than its file.
func checkFile(values map[string]string, filename string) error {
	var faults fault.Faults
	checkPurpose(values["purpose"], &faults)
	checkFilename("file", filename, &faults)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case name == "purpose":
		case strings.HasPrefix(name, "expires_after"):
			faults.Add(name, "UNSUPPORTED", noExpiry)
		default:
			faults.Add(name, "UNKNOWN_FIELD", "There is no such field. The fields are: file, purpose.")
		}
	}
	return faults.Err()
}

const noExpiry = "is not supported: a file is kept until it is deleted. Leave the field out."

func checkPurpose(purpose string, faults *fault.Faults) {
	if purpose != fineTune {
		faults.Add("purpose", "INVALID_PURPOSE", requestfields.OneOf(fineTune)+" This service keeps files only for fine-tuning.")
	}
}

func checkFilename(field, name string, faults *fault.Faults) {
	if name == "" || len(name) > filenameLimit || !utf8.ValidString(name) {
		faults.Add(field, "INVALID_FILENAME", fmt.Sprintf("must have a filename of at most %d bytes of UTF-8.", filenameLimit))
	}
}

// file returns the record of a file.
func (s *Service) file(r *http.Request, id string) (any, error) {
	f, err := s.findFile(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return viewFile(f), nil
}

func (s *Service) findFile(ctx context.Context, id string) (store.File, error) {
	if _, ok := fileTime(id); !ok {
		return store.File{}, fault.New(fault.NotFound, "There is no file %q.", id)
	}
	return s.Records.File(ctx, id)
}

// filesQuery are the parameters of GET /v1/files.
var filesQuery = []string{"limit", "after", "order", "purpose"}

// listFiles returns a page of files. The position of a page is in the ID, so a client may delete
// each file of a page before it asks for the next page.
func (s *Service) listFiles(r *http.Request, _ string) (any, error) {
	p := parameters(r.URL.Query(), filesQuery)
	page := store.FilePage{Size: limitOf(p, maxFiles, maxFiles), Purpose: p.Some("purpose")}
	switch order, given := p.Text("order"); {
	case order == "asc":
		page.Oldest = true
	case given && order != "desc":
		p.Add("order", "INVALID_ORDER", requestfields.OneOf("asc", "desc"))
	}
	if after, given := p.Text("after"); given {
		at, ok := fileTime(after)
		if !ok {
			unknownAfter(p)
		}
		page.After = &store.Position{At: at, ID: after}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	files, more, err := s.Records.ListFiles(r.Context(), page)
	if err != nil {
		return nil, err
	}
	views := make([]fileView, len(files))
	for i, f := range files {
		views[i] = viewFile(f)
	}
	return newPage(views, more, func(v fileView) string { return v.ID }), nil
}

// deleted is the response of a deletion.
type deleted struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

// deleteFile deletes a file and the report on it. Jobs have copies of their training data. The
// record is deleted last, so that a deletion that failed can be repeated.
func (s *Service) deleteFile(r *http.Request, id string) (any, error) {
	ctx := r.Context()
	if _, err := s.findFile(ctx, id); err != nil {
		return nil, err
	}
	ids := []string{id}
	if !strings.HasSuffix(id, reportSuffix) {
		ids = []string{id + reportSuffix, id}
	}
	for _, id := range ids {
		if err := s.Objects.DeleteLive(ctx, s.Bucket, objectOf(id)); err != nil {
			return nil, fmt.Errorf("delete a file: %w", err)
		}
	}
	return deleted{ID: id, Object: "file", Deleted: true}, s.Records.DeleteFiles(ctx, ids...)
}

// content returns the bytes of a file, as they were sent.
func (s *Service) content(r *http.Request, id string) (any, error) {
	f, err := s.findFile(r.Context(), id)
	if err != nil {
		return nil, err
	}
	// The request's context ends before the response is written. If the client has gone, writing
	// fails and ends the reading.
	ctx := context.WithoutCancel(r.Context())
	attrs, err := s.Objects.Attrs(r.Context(), s.Bucket, objectOf(f.ID))
	if err == nil {
		var in io.ReadCloser
		if r.Method == http.MethodHead {
			return download{http.NoBody}, nil
		}
		if in, err = s.Objects.Read(ctx, s.Bucket, objectOf(f.ID), attrs.Generation); err == nil {
			return download{in}, nil
		}
	}
	if errors.Is(err, gcs.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "The content of file %q was deleted.", id)
	}
	return nil, err
}

// download is a response with the bytes of a file.
type download struct{ from io.ReadCloser }

// WriteResponse writes the bytes without a length, so that they are sent in chunks: Cloud Run
// limits an HTTP/1 response to 32 MiB otherwise.
func (d download) WriteResponse(w http.ResponseWriter) error {
	defer func() { _ = d.from.Close() }() // nothing is lost by a failing close after reading
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if _, err := io.Copy(w, d.from); err != nil {
		return fmt.Errorf("write the content: %w", err)
	}
	return nil
}
