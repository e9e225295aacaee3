// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// examples describes the required type of "data", for error messages.
const examples = "an array of training examples"

// validated is the response of POST /validate-data.
type validated struct {
	Message  string           `json:"message"`
	Records  int64            `json:"records_count"`
	LimitsOf string           `json:"limits_of,omitempty"`
	Warnings []dataset.Fault  `json:"warnings,omitempty"`
	LeftOut  map[string]int64 `json:"left_out,omitempty"`
}

func (a *API) validate(r *http.Request) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	data, base := f.Array("data", examples), f.Text("base_model")
	if err := f.Err(); err != nil {
		return nil, err
	}
	report, limits, err := a.check(r, io.Discard, data, base)
	if err != nil {
		return nil, err
	}
	return validated{
		Message: "Data format is valid", Records: report.Records, LimitsOf: limits.of, Warnings: report.Faults, LeftOut: report.LeftOut,
	}, nil
}

// converted is the response of POST /convert-json.
type converted struct {
	Message  string           `json:"message"`
	JSONL    string           `json:"jsonl_content"`
	FilePath string           `json:"file_path"`
	Records  int64            `json:"records_count"`
	LimitsOf string           `json:"limits_of,omitempty"`
	Warnings []dataset.Fault  `json:"warnings,omitempty"`
	LeftOut  map[string]int64 `json:"left_out,omitempty"`

	lines func(io.Writer) error // writes the text of the field JSONL
}

// convert writes the data as a JSONL object with the requested name. An object is written only
// once: a repeated request with the same data gets the same response, and a request with other data
// is refused with 409. The JSONL can be several times as long as the data, so it is never kept in
// memory. It is generated twice: first for the object, which is not created if the data are
// refused, and then for the response.
func (a *API) convert(r *http.Request) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	data, base := f.Array("data", examples), f.Text("base_model")
	name := a.filename(f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	var report *dataset.Report
	var limits modelLimits
	_, err = a.Objects.Write(r.Context(), gcs.Spec{
		Bucket: a.Config.Jobs.DataBucket, Name: name, ContentType: "application/jsonl",
	}, func(w io.Writer) (err error) {
		report, limits, err = a.check(r, w, data, base)
		return err
	})
	uri := gcs.URI(a.Config.Jobs.DataBucket, name)
	if errors.Is(err, gcs.ErrConflict) {
		e := fault.New(fault.AlreadyExists, "%s exists and contains other data. Choose another filename, or omit it to get a new one.", uri)
		e.Violations = []fault.Violation{{Field: "filename", Reason: "ALREADY_EXISTS", Description: "There is a file of this name with other data."}}
		return nil, e
	}
	if err != nil {
		return nil, fmt.Errorf("convert the data: %w", err)
	}
	return converted{
		Message: "JSON converted to JSONL successfully", FilePath: uri,
		Records: report.Examples, LimitsOf: limits.of, Warnings: report.Faults, LeftOut: report.LeftOut,
		lines: func(w io.Writer) error {
			// The request's context has ended by now. If the client has disconnected, writing
			// fails, and this ends the conversion.
			_, err := dataset.Convert(context.WithoutCancel(r.Context()), w, bytes.NewReader(data), limits.options)
			return err //nolint:wrapcheck // the caller wraps it
		},
	}, nil
}

// modelLimits are the limits of the base model for which the data are meant. The field named "of"
// holds the model's ID. It is empty if the catalogue does not have the model.
type modelLimits struct {
	of      string
	options dataset.Options
}

// check checks the data array of a request and writes its examples to w. It applies the limits of
// the base model that the request names, or else of the default base model.
func (a *API) check(r *http.Request, w io.Writer, data []byte, base string) (*dataset.Report, modelLimits, error) {
	model := a.Catalogue.Current(r.Context()).Lookup(cmp.Or(base, a.Config.Jobs.BaseModel))
	l := modelLimits{options: dataset.Options{Limits: model.Limits()}}
	if model != nil {
		l.of = model.ID
	}
	report, err := dataset.Convert(r.Context(), w, bytes.NewReader(data), l.options)
	if err != nil {
		return nil, modelLimits{}, fmt.Errorf("check the data: %w", err)
	}
	if report.Errors > 0 {
		return nil, modelLimits{}, report.Err("data")
	}
	return report, l, nil
}

// nameLimit is the maximum length of a filename in bytes.
const nameLimit = 255

// filename returns the name of the object to write, in the folder converted/: the requested name
// with the suffix .jsonl, or a new name.
func (a *API) filename(f *requestfields.Reader) string {
	const folder, suffix = "converted/", ".jsonl"
	name := f.Text("filename")
	if name == "" {
		return folder + "data_" + strings.TrimPrefix(tuning.NewID(a.Now()), "vt-") + suffix
	}
	if !strings.HasSuffix(name, suffix) {
		name += suffix
	}
	switch {
	case len(name) > nameLimit:
		f.Add("filename", "TOO_LONG", fmt.Sprintf("must be at most %d bytes, .jsonl included.", nameLimit))
	case strings.HasPrefix(name, "."), !utf8.ValidString(name), strings.ContainsFunc(name, forbidden):
		f.Add("filename", "INVALID_FILENAME",
			"must be a plain file name: printable characters, none of / \\ % : * ? \" < > | # [ ], and no dot at its start.")
	}
	return folder + name
}

// forbidden reports whether a character is not allowed in a filename. Characters that form a path
// (also after decoding or Unicode normalization), characters that tools for Cloud Storage read as a
// pattern, and invisible characters are not allowed.
func forbidden(r rune) bool {
	return !unicode.IsPrint(r) || strings.ContainsRune("/\\%⁄∕∖⧵／＼:*?\"<>|#[]", r)
}
