// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package sourceindex

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// errCutOff means that an index is incomplete or belongs to another dataset.
var errCutOff = errors.New("the index of sources does not reach that far")

// Find returns the sources of the given lines of a dataset; the first line is 1. It reads the index
// once, up to the last of the lines. On an error it returns the sources that it found before.
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
		if err := s.readLine(line[:len(line)-1], n == 1); err != nil {
			return s.found, fmt.Errorf("read the index of sources, its line %d: %w", n, err)
		}
	}
	return s.found, nil
}

// scan is the state of reading an index.
type scan struct {
	wanted    []int64 // sorted; found lines are removed
	found     map[int64]Source
	linesRead int64 // lines of the dataset whose sources were read
	current   Source
}

func (s *scan) readLine(line []byte, first bool) error {
	switch {
	case len(line) == 0:
		return errors.New("it is empty")
	case first || line[0] == '{':
		return s.readObject(line, first)
	case line[0] == '"':
		s.linesRead++
		if s.wanted[0] > s.linesRead {
			return nil // this is the usual case
		}
		id, err := strictjson.Unquote(line)
		if err != nil {
			return fmt.Errorf("the ID of a message: %w", err)
		}
		s.assign(s.linesRead, func(int64) Source { return Source{Message: id} })
		return nil
	}
	return s.readRun(line)
}

func (s *scan) readObject(line []byte, first bool) error {
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

// readRun reads the entry of consecutive lines of an object.
func (s *scan) readRun(line []byte) error {
	first, second, _ := bytes.Cut(bytes.TrimSuffix(line[1:], []byte("]")), []byte(","))
	from, err := strconv.ParseInt(string(first), 10, 64)
	count, err2 := strconv.ParseInt(string(second), 10, 64)
	if line[0] != '[' || line[len(line)-1] != ']' || err != nil || err2 != nil || count < 1 {
		return fmt.Errorf("%.100q is not an entry of the index", line)
	}
	start := s.linesRead
	s.linesRead += count
	s.assign(s.linesRead, func(n int64) Source {
		found := s.current
		found.Line = from + n - start - 1
		return found
	})
	return nil
}

// assign records the sources of all wanted lines up to and including line to.
func (s *scan) assign(to int64, source func(n int64) Source) {
	for len(s.wanted) > 0 && s.wanted[0] <= to {
		// A number below 1 has no source.
		if n := s.wanted[0]; n > 0 {
			s.found[n] = source(n)
		}
		s.wanted = s.wanted[1:]
	}
}

// Dropped is a training example that Vertex AI dropped.
type Dropped struct {
	Index  int64   `json:"index"`            // its line in the dataset; the first is 1
	Reason string  `json:"reason,omitempty"` // in the words of Vertex AI
	Source *Source `json:"source,omitempty"` // nil if it was not found
}

// Name finds the sources of the examples that Vertex AI dropped. indices are
// truncated_example_indices, a sample that counts from 1; reasons are the corresponding
// dropped_example_reasons. If the index cannot be read, Name returns the examples without their
// sources, and the error.
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
