// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// checked is the result of checking a file.
type checked struct {
	bytes    int64
	report   *dataset.Report
	limitsOf string // the base model whose limits were applied
}

// receive writes a file to its object and checks it in the same pass, by the rules for a dropped
// file. A faulty file is kept too. If in fails, there is no object.
func (s *Service) receive(ctx context.Context, file store.File, in io.Reader) (c checked, err error) {
	model := s.Catalogue.Current(ctx).Lookup(s.BaseModel)
	if model != nil {
		c.limitsOf = model.ID
	}
	_, err = s.Objects.Write(ctx, gcs.Spec{
		Bucket: s.Bucket, Name: objectOf(file.ID), ContentType: "application/octet-stream",
	}, func(w io.Writer) error {
		all := io.TeeReader(in, io.MultiWriter(w, (*byteCount)(&c.bytes)))
		report, err := dataset.Check(ctx, all, dataset.Options{Name: file.Filename, Limits: model.Limits()})
		if err != nil {
			return fmt.Errorf("check the file: %w", err)
		}
		c.report = report
		// The check ends early if the file is of another type.
		if _, err := io.Copy(io.Discard, all); err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		return nil
	})
	if err != nil {
		c.report = nil
		return c, fmt.Errorf("keep the file: %w", err)
	}
	return c, nil
}

// byteCount counts the bytes that are written to it.
type byteCount int64

func (b *byteCount) Write(p []byte) (int, error) {
	*b += byteCount(len(p))
	return len(p), nil
}

// fileReport is the content of the report on a file.
type fileReport struct {
	File     string          `json:"file"`
	LimitsOf string          `json:"limits_of,omitempty"`
	Result   *dataset.Report `json:"result"`
}

// recordFile records a file that was received, with the report on it as a second file. It is
// idempotent.
func (s *Service) recordFile(ctx context.Context, file store.File, c checked) (store.File, error) {
	report := file
	report.ID, report.Filename, report.Purpose, report.Status = file.ID+reportSuffix, file.ID+reportSuffix+".json", fineTuneResults, processed
	_, err := s.Objects.Write(ctx, gcs.Spec{
		Bucket: s.Bucket, Name: objectOf(report.ID), ContentType: "application/json",
	}, func(w io.Writer) error {
		encoder := json.NewEncoder(io.MultiWriter(w, (*byteCount)(&report.Bytes)))
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(fileReport{File: file.ID, LimitsOf: c.limitsOf, Result: c.report})
	})
	if err != nil && !errors.Is(err, gcs.ErrConflict) { // the first report is never replaced
		return file, fmt.Errorf("write the report on a file: %w", err)
	}
	file.Bytes, file.Purpose, file.Status = c.bytes, fineTune, processed
	if c.report.Errors > 0 || c.report.Examples == 0 {
		file.Status = fileFailed
		file.Details = c.report.Err("file").Message + " The whole report is the file " + report.ID + "."
	}
	return file, s.Records.CreateFiles(ctx, file, report)
}
