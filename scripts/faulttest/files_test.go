// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/sourceindex"
)

// messages maps the IDs of the messages that exist when a run begins to their sessions. Where half
// of the data is for validation, the sessions t and u are selected for it by their names.
var messages = map[string]string{"m1": "s", "m2": "s", "m3": "v", "m4": "v", "m5": "t", "m6": "u"}

// message is a message that is added later, before all others of its session.
type message struct{ id, session string }

var changes = [...]message{{"m0", "s"}, {"m9", "t"}}

// writeMessage writes a message whose text identifies it.
func (w *world) writeMessage(ctx context.Context, id, session string) error {
	m := map[string]any{
		"session_id": session, "role": "user", "content": "What is " + id + "?",
		"related_message": map[string]any{"role": "assistant", "content": "It is a message."},
	}
	if messages[id] == "" {
		m["created_at"] = time.Unix(0, 0)
	}
	if _, err := w.docs.Doc("messages/"+id).Set(ctx, m); err != nil {
		return fmt.Errorf("put message %s: %w", id, err)
	}
	return nil
}

var questionPattern = regexp.MustCompile(`"What is (\w+)\?"`)

// idOf returns the ID of the message that a line was made from, or "".
func idOf(line string) string {
	if found := questionPattern.FindStringSubmatch(line); found != nil {
		return found[1]
	}
	return ""
}

var exampleText = regexp.MustCompile(`Question (\d+)`)

// lineOf returns the number of the line of a file that an example was made from, or 0.
func lineOf(line string) int64 {
	found := exampleText.FindStringSubmatch(line)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		panic(err) // digits
	}
	return n + 1
}

// checkFiles checks that the files which a record names exist and were made from the same data,
// even if several processes made parts of them. No other files may exist.
func (r *run) checkFiles(records map[string]record) {
	for _, name := range r.names(r.t, data) {
		if path, ok := strings.CutPrefix(name, data+"/datasets/"); ok {
			if id, _, _ := strings.Cut(path, "."); records[id].ID == "" {
				r.t.Errorf("%s is of no record", name)
			}
		}
	}
	for _, rec := range records {
		if rec.Lineage.Index != "" {
			r.checkFilesOf(rec)
		} else if rec.Name != "" {
			r.t.Errorf("a job that was sent with nothing known of its files: %+v", rec)
		}
	}
}

// checkFilesOf checks that the dataset matches the record, and that each line comes from the
// message which the index names. The messages of a session must all be in the training data, or all
// in the validation data.
func (r *run) checkFilesOf(rec record) {
	text := r.text(rec.TrainingData)
	training := slices.Collect(strings.Lines(text))
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); sum != rec.Lineage.SHA256 || int64(len(training)) != rec.Pairs {
		r.t.Errorf("the dataset is %q, with the sum %s, of %+v", text, sum, rec)
	}
	r.checkIndex(rec, training)
	var validation []string
	if rec.Spec.Validation != "" {
		validation = slices.Collect(strings.Lines(r.text(rec.Spec.Validation)))
	}
	if n := int64(len(validation)); n != rec.Lineage.Validation || r.scenario.split != (n > 0) {
		r.t.Errorf("%d examples to validate with, of %+v", n, rec)
	}
	sides := map[string]int{} // by message
	for side, lines := range [][]string{1: training, 2: validation} {
		for _, line := range lines {
			if id := idOf(line); id != "" && sides[id] != 0 {
				r.t.Errorf("message %s is in the files of %+v twice", id, rec)
			} else {
				sides[id] = side
			}
		}
	}
	if sides[""] != 0 { // of a file
		return
	}
	for id, session := range messages {
		want := map[string]int{"s": 1, "v": 1, "t": 2, "u": 2}[session]
		if !r.scenario.split && session != "s" {
			want = 0
		}
		if sides[id] != want {
			r.t.Errorf("message %s is on side %d, want %d, of %+v", id, sides[id], want, rec)
		}
	}
}

// checkIndex checks that the index names the origin of each line, and has no other entries.
func (r *run) checkIndex(rec record, training []string) {
	index := r.text(rec.Lineage.Index)
	var numbers []int64
	for i := range training {
		numbers = append(numbers, int64(i)+1)
	}
	sources, err := sourceindex.Find(strings.NewReader(index), numbers)
	if err != nil {
		r.t.Errorf("the index %q of %+v: %v", index, rec, err)
	}
	file, generation := r.fileOf(rec)
	for i, line := range training {
		own := sourceindex.Source{Object: file, Generation: generation, Line: lineOf(line)}
		if id := idOf(line); id != "" {
			own = sourceindex.Source{Message: id}
		}
		if got := sources[int64(i)+1]; got != own {
			r.t.Errorf("line %d of %+v is of %s, the index says %s", i+1, rec, own, got)
		}
	}
	if more, err := sourceindex.Find(strings.NewReader(index), []int64{int64(len(training)) + 1}); err == nil {
		r.t.Errorf("the index of %+v tells of %v behind the dataset's %d lines", rec, more, len(training))
	}
}

// text reads an object of the data bucket by its URI.
func (r *run) text(uri string) string {
	name := strings.TrimPrefix(uri, "gs://"+data+"/")
	in, err := r.objects.Bucket(data).Object(name).NewReader(r.t.Context())
	if err != nil {
		r.t.Errorf("read %s: %v", uri, err)
		return ""
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		r.t.Errorf("read %s: %v", uri, err)
	}
	return string(text)
}
