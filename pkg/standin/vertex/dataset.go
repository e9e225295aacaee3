// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cloud.google.com/go/storage"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
)

// At most this much of an offending line is shown.
const quotedLineMax = 500

// readDataset reads what a job trains on and decides how the job will end. The caller sets the
// time.
func (e *engine) readDataset(ctx context.Context, j *job) *outcome {
	spec := j.spec.GetSupervisedTuningSpec()
	check := checker{model: j.facts, service: &e.facts.service}
	training, failure := e.readFile(ctx, spec.GetTrainingDatasetUri(), "Dataset", check, nil)
	if failure != nil {
		return &outcome{failure: failure}
	}
	if failure := e.checkTrainingSize(j.facts, training); failure != nil {
		return &outcome{failure: failure}
	}
	if training.used == 0 {
		return &outcome{failure: jobError(codes.InvalidArgument, "The training dataset %s has no usable examples: "+
			"%d examples, of which %d were dropped.", spec.GetTrainingDatasetUri(), training.examples, training.dropped)}
	}
	measured := measure{Entropy: training.answers.entropy(), Variety: training.answers.trigrams.unseenShare(), Novelty: -1}
	if uri := spec.GetValidationDatasetUri(); uri != "" {
		validation, failure := e.readFile(ctx, uri, "Validation dataset", check, &training.answers.trigrams)
		if failure == nil {
			failure = e.checkValidationSize(j.facts, validation.examples, training.examples)
		}
		if failure != nil {
			return &outcome{failure: failure}
		}
		measured.Novelty = validation.answers.trigrams.unseenShare()
	}
	planned := plan(spec, j.facts, &e.facts.service, training)
	planned.measure, planned.lessons = measured, training.lessons
	return planned
}

// checkTrainingSize holds the number of examples; what bounds that of open models is not
// documented.
func (e *engine) checkTrainingSize(model *modelFacts, training *tally) *spb.Status {
	what, limit := "text", e.facts.service.TextExamplesMax.Value
	if training.multimodal {
		what, limit = "multimodal", e.facts.service.MultimodalExamplesMax.Value
	}
	if model.open() || training.examples <= limit {
		return nil
	}
	return jobError(codes.InvalidArgument, "The training dataset has %d %s examples, which exceeds the maximum of %d.", training.examples, what, limit)
}

func (e *engine) checkValidationSize(model *modelFacts, validation, training int64) *spb.Status {
	s := &e.facts.service
	switch {
	case validation == 0:
		return jobError(codes.InvalidArgument, "The validation dataset has no examples.")
	case validation > s.ValidationExamplesMax.Value:
		return jobError(codes.InvalidArgument, "The validation dataset has %d examples, which exceeds the maximum of %d.",
			validation, s.ValidationExamplesMax.Value)
	case model.open(): // the rest is about bytes, and was checked when the job was created
	case validation > s.ValidationExamplesFree.Value && validation*100 > training*s.ValidationPercentMax.Value:
		return jobError(codes.InvalidArgument, "The validation dataset has %d examples, which exceeds %d%% of the %d "+
			"training examples.", validation, s.ValidationPercentMax.Value, training)
	}
	return nil
}

// readFile reads one JSONL object to its end. The first faulty example fails it; the rest are only
// counted. Its answers are compared with the known trigrams, or with its own if there are none.
func (e *engine) readFile(ctx context.Context, uri, what string, check checker, known *trigrams) (*tally, *spb.Status) {
	reader, err := objectOf(e, uri).NewReader(ctx)
	if err != nil {
		return nil, readFailure(uri, err)
	}
	defer reader.Close()
	t := &tally{}
	if known == nil {
		known = &t.answers.trigrams
	}
	var first *offender
	limits := &e.facts.service
	err = eachLine(reader, int(limits.ExampleBytesMax.Value), func(line []byte, whole bool) {
		t.examples++
		if first != nil {
			return
		}
		if !whole {
			first = &offender{t.examples, fmt.Sprintf("is longer than %d bytes", limits.ExampleBytesMax.Value), quote(line)}
			return
		}
		switch parsed, fault := check.check(line); {
		case fault != "":
			first = &offender{t.examples, fault, quote(line)}
		case parsed.drop != "":
			t.drop(t.examples, parsed.drop, limits.DroppedSampleMax.Value)
		default:
			t.countUsed(parsed, known)
		}
	})
	switch {
	case err != nil:
		return nil, readFailure(uri, err)
	case first != nil:
		return nil, jobError(codes.InvalidArgument, "%s example %d of %d %s. JSON: %s",
			what, first.number, t.examples, first.fault, first.json)
	}
	return t, nil
}

// offender is the first faulty example of a file; its number counts from 1.
type offender struct {
	number int64
	fault  string
	json   string
}

func quote(line []byte) string {
	if len(line) <= quotedLineMax {
		return strings.ToValidUTF8(string(line), "\ufffd")
	}
	return strings.ToValidUTF8(string(line[:quotedLineMax]), "") + "..."
}

func readFailure(uri string, err error) *spb.Status {
	if errors.Is(err, storage.ErrObjectNotExist) || errors.Is(err, storage.ErrBucketNotExist) {
		return jobError(codes.NotFound, "Failed to read the dataset: %s does not exist.", uri)
	}
	return jobError(codes.Internal, "Failed to read the dataset %s: %v", uri, err)
}

// eachLine calls visit for every line, without its end; a line above limit bytes is cut there and
// not whole. The bytes are visit's only until it returns. What follows the last line end is a line
// if it is not empty.
func eachLine(r io.Reader, limit int, visit func(line []byte, whole bool)) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var longLine []byte // what is held of a line that is larger than the buffer
	whole := true
	for {
		piece, err := in.ReadSlice('\n')
		if room := limit + 2 - len(longLine); len(piece) > room {
			piece, whole = piece[:max(room, 0)], false
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			longLine = append(longLine, piece...)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		line := piece
		if len(longLine) > 0 {
			longLine = append(longLine, piece...)
			line = longLine
		}
		if len(line) > 0 {
			line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
			visit(line[:min(len(line), limit)], whole && len(line) <= limit)
		}
		if err != nil {
			return nil
		}
		longLine, whole = longLine[:0], true
	}
}
