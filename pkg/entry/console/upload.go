// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// uploadLimit is the maximum length of a form with a file. It is also Cloud Run's limit for HTTP/1.
const uploadLimit = 32 << 20

// uploadFolder is the folder of the inbox for the files that come from here. Each has its own
// folder in it, so that no other file decides what becomes of it.
const uploadFolder = "console/"

// upload takes a file that is dropped onto the page: to check it, which keeps nothing, or to
// convert it, as if it was dropped into the inbox.
func (c *call) upload() error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, uploadLimit)
	reader, err := c.r.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.InvalidArgument, err, "The form could not be read. Choose a file, and send it again.")
	}
	values := map[string]string{}
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return fault.New(fault.InvalidArgument, "There was no file. Choose one, and send it again.")
		case err != nil:
			return c.cutOff(err)
		case part.FormName() == "file":
			name := plainName(part.FileName())
			if name == "" {
				return fault.New(fault.InvalidArgument, "There was no file. Choose one, and send it again.")
			}
			if values["do"] == "convert" {
				return c.drop(name, part)
			}
			return c.validate(name, values["base_model"], part)
		}
		const maxSize = 256
		text, err := io.ReadAll(io.LimitReader(part, maxSize))
		if err != nil {
			return c.cutOff(err)
		}
		values[part.FormName()] = string(text)
	}
}

// cutOff returns the error of a form that did not arrive whole.
func (c *call) cutOff(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return fault.New(fault.TooLarge, "The file is larger than %d MiB. Copy it into the bucket gs://%s instead: there it can have any size.", uploadLimit>>20, c.Config.Inbox)
	}
	return fault.Wrap(fault.InvalidArgument, err, "The file did not arrive whole. Send it again.")
}

// plainName returns the name of a file without its folder, and without characters that are
// invisible or mean something in the name of an object.
func plainName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError || strings.ContainsRune("#[]*?", r) {
			return '_'
		}
		return r
	}, name)
	const maxLength = 200
	for len(name) > maxLength {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // the end says which format it has
	}
	if name == "." || name == "/" {
		return ""
	}
	return name
}

// partReader keeps the error of a form that did not arrive whole apart from faults of the file.
type partReader struct {
	io.Reader
	err error
}

func (p *partReader) Read(buf []byte) (int, error) {
	n, err := p.Reader.Read(buf)
	if err != nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	return n, err //nolint:wrapcheck // the caller tells the errors apart
}

// validate checks a file and shows the report on it. It keeps nothing.
func (c *call) validate(name, base string, part io.Reader) error {
	model := c.Catalogue.Current(c.ctx()).Lookup(cmp.Or(strings.TrimSpace(base), c.Config.BaseModel))
	var lines [][]byte
	in := &partReader{Reader: part}
	result, err := dataset.Convert(c.ctx(), io.Discard, in, dataset.Options{
		Name: name, Limits: model.Limits(),
		Example: func(e dataset.Example) error {
			if len(lines) < shownExamples && len(e.Text) < longestShown {
				lines = append(lines, append([]byte(nil), e.Text...))
			}
			return nil
		},
	})
	if in.err != nil {
		return c.cutOff(in.err)
	}
	if err != nil {
		return fmt.Errorf("check a file: %w", err)
	}
	body := reportOf(result)
	body.Name, body.Reason, body.Talks, body.State = name, result.Refusal(), talksOf(lines), stateView{"good", "Valid"}
	if body.Reason != "" {
		body.State = stateView{"bad", "Not usable"}
	}
	if model != nil {
		body.LimitsOf = model.ID
	}
	return c.show(http.StatusOK, "report", view{Title: "A file", Active: Root + "/data", Body: body})
}

// longestShown is the longest example that a page shows, in bytes.
const longestShown = 64 << 10

// drop puts a file into the inbox, where function convert finds it.
func (c *call) drop(name string, part io.Reader) error {
	if !manifest.IsData(name) {
		return fault.New(fault.InvalidArgument, "The name of the file must end in %s.", manifest.Names)
	}
	object := uploadFolder + strings.TrimPrefix(tuning.NewID(c.Now()), "vt-") + "/" + name
	in := &partReader{Reader: part}
	_, err := c.Access.Objects.Write(c.ctx(), gcs.Spec{Bucket: c.Config.Inbox, Name: object, ContentType: "application/octet-stream"},
		func(w io.Writer) error { return copyTo(c.ctx(), w, in) })
	if in.err != nil {
		return c.cutOff(in.err)
	}
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return c.redirect(Root + "/data/report/" + keyOf(object))
}

// copyTo copies until the end or until the request is over.
func copyTo(ctx context.Context, w io.Writer, in io.Reader) error {
	if _, err := io.Copy(w, in); err != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}
