// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Peer checks a file of JSON values with a library of Go and writes them out
// compact, to compare with.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json/jsontext"
)

func main() {
	library := flag.String("library", "jsontext", "jsontext or encoding/json")
	flag.Parse()
	in, out := bufio.NewReaderSize(os.Stdin, 1<<18), bufio.NewWriterSize(os.Stdout, 1<<18)
	compact := compactText
	if *library == "encoding/json" {
		compact = compactJSON
	}
	if err := errors.Join(compact(in, out), out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// compactText checks and copies token by token; jsontext is strict by itself.
func compactText(r io.Reader, w io.Writer) error {
	d, e := jsontext.NewDecoder(r), jsontext.NewEncoder(w)
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if err := e.WriteToken(token); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
}

// compactJSON decodes and encodes whole values.
func compactJSON(r io.Reader, w io.Writer) error {
	d, e := json.NewDecoder(r), json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
}
