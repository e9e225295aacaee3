// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package provenance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// errCutOff is of an index that was not written to its end, or is of another dataset.
var errCutOff = errors.New("the index of sources does not reach that far")

// Find returns the sources of some lines of a dataset, which are counted from 1. It reads the index once, up to
// the last of them.
func Find(r io.Reader, lines []int64) (map[int64]Source, error) {
	s := &scan{wanted: slices.Compact(slices.Sorted(slices.Values(lines))), found: map[int64]Source{}}
	in := bufio.NewReaderSize(r, 64<<10)
	for n := 1; len(s.wanted) > 0; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return s.found, fmt.Errorf("line %d: %w", s.wanted[0], errCutOff)
		case err != nil:
			return s.found, fmt.Errorf("read the index of sources: %w", err)
		}
		if err := s.take(line[:len(line)-1], n == 1); err != nil {
			return s.found, fmt.Errorf("read the index of sources, its line %d: %w", n, err)
		}
	}
	return s.found, nil
}

// scan is the reading of an index.
type scan struct {
	wanted  []int64 // sorted, without those that were found
	found   map[int64]Source
	at      int64 // lines of the dataset that were told of
	current Source
}

func (s *scan) take(line []byte, first bool) error {
	switch {
	case len(line) == 0:
		return errors.New("it is empty")
	case first || line[0] == '{':
		return s.object(line, first)
	case line[0] == '"':
		s.at++
		if s.wanted[0] > s.at {
			return nil // nearly always
		}
		id, err := strictjson.Unquote(line)
		if err != nil {
			return fmt.Errorf("the ID of a message: %w", err)
		}
		s.pass(s.at, func(int64) Source { return Source{Message: id} })
		return nil
	}
	return s.run(line)
}

func (s *scan) object(line []byte, first bool) error {
	var o struct {
		Version    int
		Object     string
		Generation int64 `json:",string"`
		Lines      *int64
	}
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("%.100s: %w", line, err)
	}
	switch {
	case first && o.Version != version:
		return fmt.Errorf("the index has the version %d, this program reads %d", o.Version, version)
	case first:
	case o.Lines != nil:
		return fmt.Errorf("line %d: %w, but to %d", s.wanted[0], errCutOff, *o.Lines)
	default:
		s.current = Source{Object: o.Object, Generation: o.Generation}
	}
	return nil
}

// run takes the lines of an object.
func (s *scan) run(line []byte) error {
	first, second, _ := bytes.Cut(bytes.TrimSuffix(line[1:], []byte("]")), []byte(","))
	from, err := strconv.ParseInt(string(first), 10, 64)
	count, err2 := strconv.ParseInt(string(second), 10, 64)
	if line[0] != '[' || line[len(line)-1] != ']' || err != nil || err2 != nil || count < 1 {
		return fmt.Errorf("%.100q tells of no source", line)
	}
	start := s.at
	s.at += count
	s.pass(s.at, func(n int64) Source {
		found := s.current
		found.Line = from + n - start - 1
		return found
	})
	return nil
}

// pass notes the sources of all lines that are wanted up to and with one.
func (s *scan) pass(to int64, source func(n int64) Source) {
	for len(s.wanted) > 0 && s.wanted[0] <= to {
		// Numbers below those that there are were never told of.
		if n := s.wanted[0]; n > 0 {
			s.found[n] = source(n)
		}
		s.wanted = s.wanted[1:]
	}
}

// Dropped is a training example that Vertex AI left out.
type Dropped struct {
	Index  int64   `json:"index"`            // its line in the dataset, from 1
	Reason string  `json:"reason,omitempty"` // Vertex AI's words
	Source *Source `json:"source,omitempty"` // nil if it could not be found
}

// Name names the examples that Vertex AI says it dropped: truncated_example_indices, which are a sample and count
// from 1, and dropped_example_reasons beside them. If the index cannot be read, the examples are returned with the
// error, without their sources.
func Name(index io.Reader, indices []int64, reasons []string) ([]Dropped, error) {
	sources, err := Find(index, indices)
	all := make([]Dropped, len(indices))
	for i, n := range indices {
		all[i].Index = n
		if i < len(reasons) {
			all[i].Reason = reasons[i]
		}
		if source, ok := sources[n]; ok {
			all[i].Source = &source
		}
	}
	return all, err
}
