// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
)

// bodyLimit is the maximum length of a body in bytes. It is also Cloud Run's limit for HTTP/1.
const bodyLimit = 32 << 20

// checkMedia accepts only an uncompressed body of JSON in UTF-8. An endpoint that takes a form
// checks the content type itself. Without a body, the content type has no meaning: several clients
// name a type for every POST.
func (e endpoint) checkMedia(r *http.Request) error {
	if r.ContentLength == 0 {
		return nil
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fault.New(fault.UnsupportedMedia, "The body must not be compressed. Leave out the header Content-Encoding.")
	}
	if e.form {
		return nil
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return fault.New(fault.UnsupportedMedia, "The body must be JSON. Send the header \"Content-Type: application/json\".")
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return fault.New(fault.UnsupportedMedia,
			"The charset %q of the header Content-Type is not supported. Send the body in UTF-8, with \"Content-Type: application/json; charset=utf-8\".", charset)
	}
	return nil
}

// findEmptyBody sets the length of a body that is empty although the client announced no length. A
// client that sends every body in chunks does so for a request without a body too.
func findEmptyBody(r *http.Request) {
	if r.ContentLength >= 0 {
		return
	}
	var first [1]byte
	n, err := io.ReadFull(r.Body, first[:])
	if errors.Is(err, io.EOF) {
		r.ContentLength, r.Body = 0, http.NoBody
		return
	}
	r.Body = unread(first[:n], r.Body) // if the read failed, the next read returns the same error
}

// unread returns a body that starts with bytes which were already read from it.
func unread(head []byte, body io.ReadCloser) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), body), body}
}

// limitedBody is the body of a request up to bodyLimit. Its errors say what is wrong with the
// request.
type limitedBody struct {
	io.ReadCloser
	api  *API
	form bool
}

func (a *API) limited(w http.ResponseWriter, r *http.Request, form bool) io.ReadCloser {
	return limitedBody{http.MaxBytesReader(w, r.Body, bodyLimit), a, form}
}

func (b limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err //nolint:wrapcheck // io.EOF is no error
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		text := "The body is larger than %d MiB. Upload the file to the bucket gs://%s instead: it is checked and converted there, of any size."
		if b.form {
			text = "The body is larger than %d MiB. Send the file in smaller parts by /v1/uploads, or upload it to the bucket gs://%s, where it can have any size."
		}
		return n, fault.New(fault.TooLarge, text, bodyLimit>>20, b.api.Config.InboxBucket)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, fault.Wrap(fault.Canceled, err, "The body did not arrive within %s.", b.api.Config.RequestTimeout)
	}
	return n, fault.Wrap(fault.Canceled, err, "The body was cut off.")
}

// fields reads the body, which must be one JSON object.
func (a *API) fields(r *http.Request) (*requestfields.Reader, error) {
	var body bytes.Buffer
	to := io.Writer(&body)
	switch {
	case r.ContentLength > bodyLimit:
		to = io.Discard // the body is too long, so reading it fails
	case r.ContentLength > 0:
		body.Grow(int(r.ContentLength) + bytes.MinRead) // ReadFrom needs MinRead free bytes at the end
	}
	if _, err := io.Copy(to, r.Body); err != nil {
		return nil, err //nolint:wrapcheck // limitedBody returns errors of package fault
	}
	return requestfields.Parse("The body", body.Bytes()) //nolint:wrapcheck // the error already names the body
}
