// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package trainset

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
	"github.com/vertextune/vertextune/pkg/core/split"
	"github.com/vertextune/vertextune/pkg/core/strictjson"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// output is where examples are written: the training file, the index of its sources, and the
// validation file, which is only opened if there is an example for it.
type output struct {
	lines      io.Writer
	index      io.Writer
	validation func(fill func(io.Writer) error) error
}

// discard is the output of a dry run.
func discard() *output {
	return &output{lines: io.Discard, index: io.Discard, validation: func(fill func(io.Writer) error) error { return fill(io.Discard) }}
}

// build reads the source, splits it as the request says, and writes the examples. A copy of the
// training examples goes to the dataset engine, which counts them and checks the limits of the
// model.
func (b *Builder) build(ctx context.Context, base string, r tuning.Request, from Source, m *Result, out *output) error {
	model := b.Catalogue.Current(ctx).Lookup(base)
	reader, pipe := io.Pipe()
	lines := bufio.NewWriterSize(pipe, 64<<10)
	counted := make(chan error, 1)
	go func() {
		var err error
		m.Report, m.Sample, err = b.check(ctx, model, reader, dataset.Options{MaxFaults: maxFaults, Limits: model.Limits()})
		_ = reader.CloseWithError(err) // so that writing fails too
		counted <- err
	}()
	index := sourceindex.NewWriter(out.index)
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
	err := b.writeSplit(ctx, r, from, m, out, model, train)
	if err == nil {
		err = lines.Flush()
	}
	_ = pipe.CloseWithError(err) // if err is nil, this ends the file
	if countErr := <-counted; err == nil {
		err = countErr
	}
	if err == nil {
		err = index.Close()
	}
	if err != nil {
		return err
	}
	m.warn("training_data", m.Report)
	if dataset.IsPreference(m.Report.Format) {
		return b.Catalogue.Current(ctx).NoPreferenceTuning(base)
	}
	return m.usable()
}

// check checks the lines of training examples, and chooses some of them.
func (b *Builder) check(ctx context.Context, model *catalogue.Model, in io.Reader, o dataset.Options) (*dataset.Report, tokensample.Sample, error) {
	var sampler tokensample.Sampler
	if b.SampleTokens && model != nil && model.ServingLocations != nil {
		o.Example = func(e dataset.Example) error {
			sampler.Add(e)
			return nil
		}
	}
	report, err := dataset.Check(ctx, in, o)
	return report, sampler.Sample(), err //nolint:wrapcheck // the error says what was read
}

// writeSplit passes the training examples to train, and writes the validation file.
func (b *Builder) writeSplit(ctx context.Context, r tuning.Request, from Source, m *Result, out *output, model *catalogue.Model, train func(split.Example) error) error {
	instructed := instruct(r.SystemInstruction)
	m.Options = map[string]string{}
	if r.SystemInstruction != "" {
		m.Options["system_instruction"] = r.SystemInstruction
	}
	if r.ValidationSplit != 0 {
		m.Options["validation_split"] = strconv.FormatFloat(r.ValidationSplit, 'g', -1, 64)
	}
	if model != nil && model.Family == catalogue.Open {
		instructed = withOpenModelRoles(instructed)
		m.Options["model_role"] = openRole
	}
	if r.ValidationSplit == 0 {
		if err := from(ctx, m, func(e split.Example) error { return train(instructed(e)) }); err != nil || r.ValidationData == "" {
			return err
		}
		return out.validation(func(w io.Writer) error {
			err := b.file(ctx, "validation_data", r.ValidationData, m, func(e split.Example) error {
				n, err := w.Write(instructed(e).Line)
				m.Validation.Examples++
				m.Validation.Bytes += int64(n)
				return err
			})
			if err == nil && m.Validation.Examples == 0 {
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
	m.Validation = result.Validation
	m.Warnings = append(m.Warnings, result.Warnings()...)
	if m.Validation.Examples == 0 {
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

// instruct adds the system instruction to examples that have none.
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

// withOpenModelRoles renames the role of the model's turns to that of open models. Source: "Prepare
// your dataset" of open-model tuning: the form of GenerateContent, with assistant instead of model.
// No text contains the bytes that are replaced, because quotes in a text are escaped, and open
// models are tuned on texts only.
func withOpenModelRoles(before func(split.Example) split.Example) func(split.Example) split.Example {
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
