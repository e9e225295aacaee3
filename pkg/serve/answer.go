// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/vertextune/vertextune/pkg/fault"
)

// WriteJSON writes a JSON answer. It sets no length, so that a long answer goes out in chunks: Cloud Run limits
// an HTTP/1 answer to 32 MiB otherwise.
func WriteJSON(w http.ResponseWriter, code int, answer any) error {
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// WriteError writes an error in its one shape, with the headers that belong to it.
func WriteError(w http.ResponseWriter, e *fault.Error, requestID string) error {
	if e.Kind == fault.MethodNotAllowed {
		w.Header().Set("Allow", e.Metadata["allow"])
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(e.RetrySeconds(), 10))
	}
	return WriteJSON(w, e.Kind.HTTP().Code, e.Body().Of(requestID))
}

// shapedListener gives the answers of net/http to what it cannot read the shape of all others: they are plain text,
// and no handler sees them.
type shapedListener struct{ net.Listener }

func (l shapedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // net/http looks at it
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, nil
	}
	return shapedConn{tcp}, nil
}

type shapedConn struct{ *net.TCPConn }

// plainHead is what stands between the status line and the text of such an answer, which comes in one piece. No
// handler's answer has these two headers alone.
var plainHead = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// unreadable says what was wrong, by the code that net/http answers with.
var unreadable = map[int]string{
	http.StatusBadRequest:                  "The request is not valid HTTP. Look at how its path is percent-encoded, and at its headers.",
	http.StatusRequestHeaderFieldsTooLarge: "The headers of the request are larger than 1 MiB together.",
	http.StatusNotImplemented:              "The header Transfer-Encoding of the request names an encoding that is not supported.",
	http.StatusHTTPVersionNotSupported:     "The request is of a version of HTTP that is not supported.",
}

func (c shapedConn) Write(p []byte) (int, error) {
	line, _, plain := bytes.Cut(p, plainHead)
	version, status, _ := bytes.Cut(line, []byte(" "))
	if !plain || !bytes.Equal(version, []byte("HTTP/1.1")) || len(status) < 3 || bytes.ContainsRune(line, '\n') {
		return c.TCPConn.Write(p) //nolint:wrapcheck // net/http looks at it
	}
	code, _ := strconv.Atoi(string(status[:3]))
	message, known := unreadable[code]
	if !known {
		return c.TCPConn.Write(p) //nolint:wrapcheck // net/http looks at it
	}
	id := randomID()
	body := fault.New(fault.InvalidArgument, "%s", message).Body().Of(id)
	if body.Error.Code = code; code >= http.StatusInternalServerError {
		body.Error.Status = fault.MethodNotAllowed.HTTP().Status
	}
	text, err := json.Marshal(body)
	if err != nil {
		return 0, fmt.Errorf("encode an error: %w", err)
	}
	_, err = fmt.Fprintf(c.TCPConn, "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"+
		"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s: %s\r\nConnection: close\r\n\r\n%s",
		code, http.StatusText(code), len(text), RequestIDHeader, id, text)
	return len(p), err //nolint:wrapcheck // net/http looks at it
}
