// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/provenance"
	"github.com/vertextune/vertextune/pkg/split"
	"github.com/vertextune/vertextune/pkg/strictjson"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// examples is where examples go: the training file with the index of its sources beside it, and the validation file,
// which is only opened if there is something for it.
type examples struct {
	lines      io.Writer
	index      io.Writer
	validation func(fill func(io.Writer) error) error
}

// nowhere takes the examples of a dry run.
func nowhere() *examples {
	return &examples{lines: io.Discard, index: io.Discard, validation: func(fill func(io.Writer) error) error { return fill(io.Discard) }}
}

// make reads the source, divides it as the request says, and writes the examples. What is trained on is read by the
// dataset engine on its way, for what it says of it.
func (s *Starter) make(ctx context.Context, base string, r tuning.Request, from source, m *made, out *examples) error {
	model := s.Facts.Current(ctx).Lookup(base)
	reader, pipe := io.Pipe()
	lines := bufio.NewWriterSize(pipe, 64<<10)
	counted := make(chan error, 1)
	go func() {
		report, err := dataset.Check(ctx, reader, dataset.Options{MaxFaults: listed, Limits: model.Limits()})
		m.report = report
		_ = reader.CloseWithError(err) // the writer is told
		counted <- err
	}()
	index := provenance.NewWriter(out.index)
	train := func(e split.Example) error {
		if err := index.Add(e.Source); err != nil {
			return err
		}
		m.Pairs++
		if _, err := lines.Write(e.Line); err != nil {
			return fmt.Errorf("count training example %d: %w", m.Pairs, err)
		}
		if _, err := out.lines.Write(e.Line); err != nil {
			return fmt.Errorf("write training example %d: %w", m.Pairs, err)
		}
		return nil
	}
	err := s.divide(ctx, r, from, m, out, model, train)
	if err == nil {
		err = lines.Flush()
	}
	_ = pipe.CloseWithError(err) // of nil it is the end of the file
	if countErr := <-counted; err == nil {
		err = countErr
	}
	if err == nil {
		err = index.Close()
	}
	if err != nil {
		return err
	}
	m.warn("training_data", m.report)
	if dataset.IsPreference(m.report.Format) {
		return s.Facts.Current(ctx).NoPreferenceTuning(base)
	}
	return m.usable()
}

// divide gives train what is to be trained on, and writes the validation file.
func (s *Starter) divide(ctx context.Context, r tuning.Request, from source, m *made, out *examples, model *catalogue.Model, train func(split.Example) error) error {
	instructed := instruct(r.SystemInstruction)
	m.options = map[string]string{}
	if r.SystemInstruction != "" {
		m.options["system_instruction"] = r.SystemInstruction
	}
	if r.ValidationSplit != 0 {
		m.options["validation_split"] = strconv.FormatFloat(r.ValidationSplit, 'g', -1, 64)
	}
	if model != nil && model.Family == catalogue.Open {
		instructed = renamed(instructed)
		m.options["model_role"] = openRole
	}
	if r.ValidationSplit == 0 {
		if err := from(ctx, m, func(e split.Example) error { return train(instructed(e)) }); err != nil || r.ValidationData == "" {
			return err
		}
		return out.validation(func(w io.Writer) error {
			err := s.file(ctx, "validation_data", r.ValidationData, m, func(e split.Example) error {
				n, err := w.Write(instructed(e).Line)
				m.validation.Examples++
				m.validation.Bytes += int64(n)
				return err
			})
			if err == nil && m.validation.Examples == 0 {
				err = fault.New(fault.FailedPrecondition, "There are no examples in validation_data, %s.", r.ValidationData)
			}
			return err
		})
	}
	splitter, err := split.New(split.Options{Share: r.ValidationSplit, Bounds: bounds(model)}, train)
	if err != nil {
		return err
	}
	if err := from(ctx, m, func(e split.Example) error { return splitter.Add(instructed(e)) }); err != nil {
		return err
	}
	result, err := splitter.Finish()
	if err != nil {
		return err
	}
	m.validation = result.Validation
	m.Warnings = append(m.Warnings, result.Warnings()...)
	if m.validation.Examples == 0 {
		return nil
	}
	return out.validation(func(w io.Writer) error {
		for e := range splitter.Validation() {
			if _, err := w.Write(e.Line); err != nil {
				return fmt.Errorf("write the validation examples: %w", err)
			}
		}
		return nil
	})
}

// instruct puts the system instruction at the front of examples that have none of their own.
func instruct(text string) func(split.Example) split.Example {
	if text == "" {
		return func(e split.Example) split.Example { return e }
	}
	head := append(strictjson.AppendQuote([]byte(`{"systemInstruction":{"parts":[{"text":`), text), `}]},`...)
	return func(e split.Example) split.Example {
		for name := range strictjson.Members(e.Line) {
			if name == "systemInstruction" {
				return e
			}
		}
		e.Line = append(slices.Clip(head), e.Line[1:]...)
		return e
	}
}

// openRole is the role of the model's turns for open models.
const openRole = "assistant"

// renamed gives the model's turns the role that open models know it by. Source: "Prepare your dataset" of open-model
// tuning: the GenerateContent form with assistant in the place of model. A role stands like this nowhere in a text,
// whose quotes are escaped, and open models are tuned on texts alone.
func renamed(before func(split.Example) split.Example) func(split.Example) split.Example {
	return func(e split.Example) split.Example {
		e = before(e)
		e.Line = bytes.ReplaceAll(e.Line, []byte(`"role":"model"`), []byte(`"role":"`+openRole+`"`))
		return e
	}
}

func bounds(m *catalogue.Model) (b catalogue.Validation) {
	if m != nil && m.Validation != nil {
		b = m.Validation.Value
	}
	return b
}
