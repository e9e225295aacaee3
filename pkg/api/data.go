// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/fields"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// examples says what "data" must be.
const examples = "an array of training examples"

// validated is the answer of POST /validate-data.
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
	report, of, err := a.check(r, io.Discard, data, base)
	if err != nil {
		return nil, err
	}
	return validated{
		Message: "Data format is valid", Records: report.Records, LimitsOf: of, Warnings: report.Faults, LeftOut: report.LeftOut,
	}, nil
}

// converted is the answer of POST /convert-json.
type converted struct {
	Message  string           `json:"message"`
	JSONL    string           `json:"jsonl_content"`
	FilePath string           `json:"file_path"`
	Records  int64            `json:"records_count"`
	LimitsOf string           `json:"limits_of,omitempty"`
	Warnings []dataset.Fault  `json:"warnings,omitempty"`
	LeftOut  map[string]int64 `json:"left_out,omitempty"`
}

// convert writes the data as JSONL under the name that was asked for. A name is written once: the same data
// under it again is answered as before, other data are refused with 409.
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
	var lines bytes.Buffer
	report, of, err := a.check(r, &lines, data, base)
	if err != nil {
		return nil, err
	}
	_, err = a.Objects.Write(r.Context(), object.Spec{
		Bucket: a.Config.Start.DataBucket, Name: name, ContentType: "application/jsonl",
	}, func(w io.Writer) error {
		_, err := w.Write(lines.Bytes())
		return err
	})
	uri := object.URI(a.Config.Start.DataBucket, name)
	if errors.Is(err, object.ErrConflict) {
		e := fault.New(fault.AlreadyExists, "%s exists and holds other data. Choose another filename, or leave it out for a new one.", uri)
		e.Violations = []fault.Violation{{Field: "filename", Reason: "ALREADY_EXISTS", Description: "There is a file of this name with other data."}}
		return nil, e
	}
	if err != nil {
		return nil, fmt.Errorf("write the converted file: %w", err)
	}
	return converted{
		Message: "JSON converted to JSONL successfully", JSONL: lines.String(), FilePath: uri,
		Records: report.Examples, LimitsOf: of, Warnings: report.Faults, LeftOut: report.LeftOut,
	}, nil
}

// check checks the data array of a request and writes its examples to w. They are held against the limits of the base
// model that they are for, or else of ours, whose name is returned if it has any that are known.
func (a *API) check(r *http.Request, w io.Writer, data []byte, base string) (report *dataset.Report, limitsOf string, err error) {
	model := a.Facts.Current(r.Context()).Lookup(cmp.Or(base, a.Config.BaseModel))
	if model != nil {
		limitsOf = model.ID
	}
	report, err = dataset.Convert(r.Context(), w, bytes.NewReader(data), dataset.Options{Limits: model.Limits()})
	if err != nil {
		return nil, "", fmt.Errorf("check the data: %w", err)
	}
	switch {
	case report.Errors > 0:
		return nil, "", fault.Data(report, "data")
	case report.Examples == 0:
		return nil, "", fault.NoExamples(report, "data")
	}
	return report, limitsOf, nil
}

// nameLimit is how long a filename may be, in bytes.
const nameLimit = 255

// filename returns the object to write, in a folder of its own: the name that was asked for, with .jsonl, or
// a new one.
func (a *API) filename(f *fields.Reader) string {
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

// forbidden reports characters that make a path of a name, or do once they are decoded or normalized, that tools
// for Cloud Storage read as a pattern, or that cannot be seen.
func forbidden(r rune) bool {
	return !unicode.IsPrint(r) || strings.ContainsRune("/\\%⁄∕∖⧵／＼:*?\"<>|#[]", r)
}
