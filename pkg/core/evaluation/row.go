// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Row is an example with all answers to it. As JSON it is one line of the file of all answers.
type Row struct {
	Example
	Answers    map[string]Answer    `json:"answers"`              // by the name of the side
	Judgements map[string]Judgement `json:"judgements,omitempty"` // by the name of the tuned side
}

// NewRow returns a row without answers.
func NewRow(e Example) Row { return Row{Example: e, Answers: map[string]Answer{}} }

// Answered adds the answer of a side, with its scores.
func (r *Row) Answered(side string, a Answer) {
	if r.Answers == nil {
		r.Answers = map[string]Answer{}
	}
	a.Scores = Score(r.Right, a)
	r.Answers[side] = a
}

// HasAnswers reports whether both sides have answered.
func (r *Row) HasAnswers(a, b string) bool {
	_, hasA := r.Answers[a]
	_, hasB := r.Answers[b]
	return hasA && hasB
}

// WriteRows writes each row as a line of JSON.
func WriteRows(w io.Writer, rows []Row) error {
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			return fmt.Errorf("write the answers to example %s: %w", row.Key, err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write the answers of an evaluation: %w", err)
	}
	return nil
}

// ReadRows reads what WriteRows has written.
func ReadRows(r io.Reader) (rows []Row, err error) {
	decoder := json.NewDecoder(r)
	for {
		row := NewRow(Example{})
		if err := decoder.Decode(&row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("read row %d of an evaluation: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
}
