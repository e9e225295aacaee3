// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/drop"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/start"
)

// Converter converts dropped files, and has those started that ask for it.
type Converter struct {
	Config  Config
	Objects *object.Store
	Starter *start.Starter
	Facts   catalogue.Provider
	Log     *slog.Logger
}

// Outcome is what became of an event.
type Outcome string

// The outcomes.
const (
	Ignored    Outcome = "IGNORED"    // a folder, a part of an upload, or a file that conversations refer to
	Gone       Outcome = "GONE"       // replaced or deleted: a newer generation has an event of its own
	Superseded Outcome = "SUPERSEDED" // a newer generation was done before, or this one, by an earlier delivery
	Converted  Outcome = "CONVERTED"  // dataset and report written
	Refused    Outcome = "REFUSED"    // not usable: report written, no dataset
	Waiting    Outcome = "WAITING"    // a manifest whose file is not there: the file's event will find it
	Started    Outcome = "STARTED"    // a manifest's job is on record
	NotStarted Outcome = "NOT_STARTED"
)

// attempts is how often a conversion is begun again because another event for the same name wrote meanwhile.
// Each attempt loses only against a newer generation or an earlier delivery, so a few are enough.
const attempts = 5

// generationKey is the metadata that says which generation of the source an output was made from.
const generationKey = "source-generation"

// errFaulty ends the writing of a dataset whose source turned out not to be usable.
var errFaulty = errors.New("the source is not usable")

// Convert brings the outputs of the source to the state of this generation, unless a newer one has been
// there already. If the source is the manifest of a file, that is started.
func (c *Converter) Convert(ctx context.Context, source Source) (Outcome, error) {
	attempt := c.attempt
	if file, ok := drop.DataOf(source.Name); ok {
		attempt = func(ctx context.Context, manifest Source) (Outcome, error) { return c.startLate(ctx, manifest, file) }
	} else if !drop.IsData(source.Name) && drop.IsSilent(source.Name) {
		return Ignored, nil
	}
	for range attempts {
		outcome, err := attempt(ctx, source)
		if !errors.Is(err, object.ErrConflict) {
			return outcome, err
		}
	}
	return "", fmt.Errorf("convert %s: other events for it kept writing", object.URI(source.Bucket, source.Name))
}

// attempt does the conversion once. Its order makes every cut safe: the dataset is written first, then a start that
// is asked for is recorded, which can be repeated, and the report is written last: only it says that the generation
// is done. What is written replaces what was seen before the source was read, so an older event cannot write over a
// newer one.
func (c *Converter) attempt(ctx context.Context, source Source) (Outcome, error) {
	name := outputs(source.Name)
	report, err := c.output(ctx, name.report)
	if err != nil {
		return "", err
	}
	if report.source >= source.Generation {
		return Superseded, c.tidy(ctx, name.data, report.source)
	}
	data, err := c.output(ctx, name.data)
	if err != nil {
		return "", err
	}
	text, err := c.output(ctx, name.text)
	if err != nil {
		return "", err
	}
	if max(data.source, text.source) > source.Generation {
		return Superseded, nil // a newer generation is being converted at this moment
	}
	model, err := c.model(ctx, source)
	if err != nil {
		return "", err
	}
	result, err := c.dataset(ctx, source, name.data, data, model.Limits())
	switch {
	case errors.Is(err, object.ErrNotFound):
		return Gone, nil
	case errors.Is(err, errFaulty):
		if err := c.remove(ctx, name.data, data); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	}
	r := &Report{Source: source, Outcome: outcomeOf(result), Reason: result.Refusal(), Result: result}
	if model != nil {
		r.LimitsOf = model.ID
	}
	if r.Outcome == Converted {
		r.Dataset = object.URI(c.Config.Start.DataBucket, name.data)
		if r.Start, err = c.startNow(ctx, source, r.Result.Format); err != nil {
			return "", err
		}
	}
	return r.Outcome, c.reports(ctx, r, text, report)
}

// watchInterval is how often the log says how far a conversion has come.
const watchInterval = 10 * time.Second

// watch returns what logs how far a long conversion has come.
func (c *Converter) watch(ctx context.Context, source Source) func(dataset.Progress) {
	next := time.Now().Add(watchInterval)
	return func(p dataset.Progress) {
		if time.Now().Before(next) {
			return
		}
		next = time.Now().Add(watchInterval)
		c.Log.InfoContext(ctx, "converting", "object", object.URI(source.Bucket, source.Name), "generation", source.Generation,
			"bytes", p.Bytes, "size", source.Size, "records", p.Records)
	}
}

// outcomeOf decides by the report whether there is a dataset. Without faults, but with every message left out,
// there is none either: nothing can be trained on no examples.
func outcomeOf(result *dataset.Report) Outcome {
	if result.Errors > 0 || result.Examples == 0 {
		return Refused
	}
	return Converted
}

// dataset converts the source into the dataset object. If it is refused there is no object, and the error is
// errFaulty beside the report.
func (c *Converter) dataset(ctx context.Context, source Source, name string, old output, limits dataset.Limits) (*dataset.Report, error) {
	if !drop.IsData(source.Name) {
		return c.nameNotTaken(ctx, source)
	}
	in, err := c.Objects.Read(ctx, source.Bucket, source.Name, source.Generation)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var result *dataset.Report
	_, err = c.Objects.Write(ctx, c.spec(source, name, "application/jsonl", old), func(w io.Writer) error {
		result, err = dataset.Convert(ctx, w, in, dataset.Options{
			Name: source.Name, Limits: limits, Progress: c.watch(ctx, source),
		})
		if err == nil && outcomeOf(result) == Refused {
			err = errFaulty
		}
		return err
	})
	return result, err
}

// nameNotTaken returns the report on a file that is not read because of its name.
func (c *Converter) nameNotTaken(ctx context.Context, source Source) (*dataset.Report, error) {
	attrs, err := c.Objects.Attrs(ctx, source.Bucket, source.Name)
	if err == nil && attrs.Generation != source.Generation {
		err = object.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return dataset.Refused(dataset.CodeNameNotTaken, "files are taken by their names, and this is none of them: they end in "+drop.Names,
		"give the file such a name if it holds JSON; if not, write each of its records as a line of JSON first"), errFaulty
}
