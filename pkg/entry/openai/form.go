// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"errors"
	"io"
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// valueLimit is the longest value of a form other than its file, in bytes.
const valueLimit = 1024

// readForm reads a body of multipart/form-data. It passes the part with this name to store as it
// arrives, and returns the values of the others. OpenAI's clients send the file before the values.
func readForm(r *http.Request, file string, store func(filename string, in io.Reader) error) (map[string]string, error) {
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, fault.Wrap(fault.UnsupportedMedia, err, "The body must be multipart/form-data with the file as its part %q.", file)
	}
	values, stored := map[string]string{}, false
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF) && !stored:
			return nil, refuse(file, "REQUIRED", "must be given: the content of the file.")
		case errors.Is(err, io.EOF):
			return values, nil
		case err != nil:
			return nil, unreadableForm(err)
		case part.FormName() == "":
			return nil, fault.New(fault.InvalidArgument, "A part of the form has no name, or a header Content-Disposition that is not valid.")
		case part.FormName() != file:
			text, err := io.ReadAll(io.LimitReader(part, valueLimit+1))
			if err != nil {
				return nil, unreadableForm(err)
			}
			if _, twice := values[part.FormName()]; twice || len(text) > valueLimit {
				return nil, refuse(part.FormName(), "INVALID_VALUE", "must be given once, and be short.")
			}
			values[part.FormName()] = string(text)
		case stored:
			return nil, refuse(file, "REPEATED", "must be given once.")
		default:
			stored = true
			if err := store(part.FileName(), formReader{part}); err != nil {
				return nil, err
			}
		}
	}
}

// formReader returns an error of our own for a form that is cut off.
type formReader struct{ io.Reader }

func (f formReader) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err //nolint:wrapcheck // io.EOF is no error
	}
	return n, unreadableForm(err)
}

// unreadableForm returns the error of a form that cannot be read to its end.
func unreadableForm(err error) error {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e
	}
	return fault.Wrap(fault.InvalidArgument, err, "The body is cut off, or is not valid multipart/form-data.")
}
