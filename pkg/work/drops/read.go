// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// These are the keys of a report's metadata. A list shows the metadata, because it does not read
// the reports.
const (
	outcomeKey  = "outcome"
	recordsKey  = "records"
	examplesKey = "examples"
	errorsKey   = "errors"
	warningsKey = "warnings"
)

// Metadata returns what a list shows of a report.
func (r *Report) Metadata() map[string]string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return map[string]string{
		outcomeKey: string(r.Outcome), recordsKey: number(r.Result.Records), examplesKey: number(r.Result.Examples),
		errorsKey: number(r.Result.Errors), warningsKey: number(r.Result.Warnings),
	}
}

// Entry is a dropped file in a list. If the report has no metadata, Outcome is empty, and only the
// content of the report has the outcome.
type Entry struct {
	Name             string // of the folder with its outputs, without the prefix
	Outcome          Outcome
	Records          int64
	Examples         int64
	Errors, Warnings int64
	At               time.Time // of the report
}

// maxListed is how many objects are read for a list.
const maxListed = 6000

// List returns the dropped files of a data bucket, the newest report first, and whether there are
// more than were read.
func List(ctx context.Context, objects *gcs.Store, bucket string) (all []Entry, more bool, err error) {
	listed, more, err := objects.List(ctx, bucket, prefix, reportName, maxListed)
	if err != nil {
		return nil, false, err
	}
	for _, o := range listed {
		number := func(key string) int64 { n, _ := strconv.ParseInt(o.Metadata[key], 10, 64); return n } // 0 if it is not known
		all = append(all, Entry{
			Name: strings.TrimSuffix(strings.TrimPrefix(o.Name, prefix), reportName), Outcome: Outcome(o.Metadata[outcomeKey]), At: o.Updated,
			Records: number(recordsKey), Examples: number(examplesKey), Errors: number(errorsKey), Warnings: number(warningsKey),
		})
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return b.At.Compare(a.At) })
	return all, more, nil
}

// Read returns the report on the file of an entry.
func Read(ctx context.Context, objects *gcs.Store, bucket, name string) (*Report, error) {
	in, err := objects.ReadLive(ctx, bucket, prefix+name+reportName)
	if errors.Is(err, gcs.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "There is no report on this file.")
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // after reading, an error of Close loses nothing
	var r Report
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return nil, fmt.Errorf("decode the report on a dropped file: %w", err)
	}
	if r.Result == nil {
		return nil, errors.New("decode the report on a dropped file: it has no result")
	}
	return &r, nil
}

// longestExample is the length of the longest line that Examples reads, in bytes.
const longestExample = 256 << 10

// Examples returns the first lines of a dataset, at most limit. A line that is longer than
// longestExample ends the reading.
func Examples(ctx context.Context, objects *gcs.Store, bucket, name string, limit int) (lines [][]byte, err error) {
	in, err := objects.ReadLive(ctx, bucket, name)
	if errors.Is(err, gcs.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // after reading, an error of Close loses nothing
	reader := bufio.NewReaderSize(in, longestExample)
	for len(lines) < limit {
		line, err := reader.ReadSlice('\n')
		switch {
		case len(line) > 0 && (err == nil || errors.Is(err, io.EOF)):
			lines = append(lines, bytes.Clone(line))
		case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull):
			return lines, nil
		case err != nil:
			return lines, fmt.Errorf("read the examples of %s: %w", gcs.URI(bucket, name), err)
		}
		if err != nil {
			return lines, nil // the last line does not end with a newline
		}
	}
	return lines, nil
}
