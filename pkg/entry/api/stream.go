// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// WriteJSON writes the response, and generates the JSONL in it piece by piece.
func (c converted) WriteJSON(w io.Writer) error {
	const name = `"jsonl_content":"`
	c.JSONL = ""
	var answer bytes.Buffer
	encoder := json.NewEncoder(&answer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	before, after, _ := bytes.Cut(answer.Bytes(), []byte(name)) // the only member before it, message, is our own text
	if _, err := fmt.Fprintf(w, "%s%s", before, name); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	if err := c.lines(escaper{w}); err != nil {
		return fmt.Errorf("write the lines: %w", err)
	}
	if _, err := w.Write(after); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// escaper writes text as the content of a JSON string. Each Write must contain whole characters.
type escaper struct{ w io.Writer }

// pieceBytes is how many bytes of the text are escaped at a time.
const pieceBytes = 64 << 10

func (e escaper) Write(text []byte) (int, error) {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	for rest := text; len(rest) > 0; {
		n := min(pieceBytes, len(rest))
		for n < len(rest) && n > pieceBytes-utf8.UTFMax && !utf8.RuneStart(rest[n]) {
			n--
		}
		quoted.Reset()
		if err := encoder.Encode(string(rest[:n])); err != nil {
			return 0, fmt.Errorf("escape a text: %w", err)
		}
		if _, err := e.w.Write(quoted.Bytes()[1 : quoted.Len()-len("\"\n")]); err != nil {
			return 0, err //nolint:wrapcheck // the caller says what was written
		}
		rest = rest[n:]
	}
	return len(text), nil
}
