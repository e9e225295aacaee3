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

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/drops"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// Converter converts dropped files, and records the starts for which they ask.
type Converter struct {
	Config    Config
	Objects   *gcs.Store
	Jobs      *jobs.Service
	Catalogue catalogue.Provider
	Log       *slog.Logger
}

// maxAttempts is how often a conversion is tried if events for the same name write at the same
// time. An attempt loses only against a newer generation or an earlier delivery, so a few attempts
// are enough.
const maxAttempts = 5

// generationKey is the metadata key of an output that holds the generation of its source.
const generationKey = "source-generation"

// errFaulty cancels the writing of a dataset whose source is not usable.
var errFaulty = errors.New("the source is not usable")

// Convert updates the outputs of the source to this generation, unless they are from a newer one.
// If the source is the manifest of a file, it records the start of that file.
func (c *Converter) Convert(ctx context.Context, source Source) (Outcome, error) {
	attempt := c.attempt
	if file, ok := manifest.DataOf(source.Name); ok {
		attempt = func(ctx context.Context, manifest Source) (Outcome, error) {
			return c.startOnManifest(ctx, manifest, file)
		}
	} else if !manifest.IsData(source.Name) && manifest.IsSilent(source.Name) {
		return Ignored, nil
	}
	for range maxAttempts {
		outcome, err := attempt(ctx, source)
		if !errors.Is(err, gcs.ErrConflict) {
			return outcome, err
		}
	}
	return "", fmt.Errorf("convert %s: other events for the same file kept writing", gcs.URI(source.Bucket, source.Name))
}

// attempt does the conversion once. Its order makes a crash at any point safe: the dataset is
// written first; then the start is recorded if the file asks for one, which is idempotent; and the
// report is written last, because only the report says that the generation is done. Each write
// replaces the version that was seen before the source was read, so an older event cannot overwrite
// the output of a newer one.
func (c *Converter) attempt(ctx context.Context, source Source) (Outcome, error) {
	name := drops.NamesOf(source.Name)
	report, err := c.output(ctx, name.Report)
	if err != nil {
		return "", err
	}
	if report.source >= source.Generation {
		return Superseded, c.removeStale(ctx, name.Data, report.source)
	}
	data, err := c.output(ctx, name.Data)
	if err != nil {
		return "", err
	}
	text, err := c.output(ctx, name.Text)
	if err != nil {
		return "", err
	}
	if max(data.source, text.source) > source.Generation {
		return Superseded, nil // another event is converting a newer generation
	}
	model, err := c.model(ctx, source)
	if err != nil {
		return "", err
	}
	result, err := c.dataset(ctx, source, name.Data, data, model.Limits())
	switch {
	case errors.Is(err, gcs.ErrNotFound):
		return Gone, nil
	case errors.Is(err, errFaulty):
		if err := c.remove(ctx, name.Data, data); err != nil {
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
		r.Dataset = gcs.URI(c.Config.Jobs.DataBucket, name.Data)
		if r.Start, err = c.startOnConvert(ctx, source, r.Result.Format); err != nil {
			return "", err
		}
	}
	return r.Outcome, c.writeReports(ctx, r, text, report)
}

// watchInterval is how often the progress of a conversion is logged.
const watchInterval = 10 * time.Second

// watch returns a function that logs the progress of a long conversion.
func (c *Converter) watch(ctx context.Context, source Source) func(dataset.Progress) {
	next := time.Now().Add(watchInterval)
	return func(p dataset.Progress) {
		if time.Now().Before(next) {
			return
		}
		next = time.Now().Add(watchInterval)
		c.Log.InfoContext(ctx, "the conversion is in progress", "object", gcs.URI(source.Bucket, source.Name), "generation", source.Generation,
			"bytes", p.Bytes, "size", source.Size, "records", p.Records)
	}
}

// outcomeOf decides by the report whether there is a dataset. A file without examples makes no
// dataset, even if it has no errors: Vertex AI cannot train on nothing.
func outcomeOf(result *dataset.Report) Outcome {
	if result.Errors > 0 || result.Examples == 0 {
		return Refused
	}
	return Converted
}

// dataset converts the source into the dataset object. If the source is refused, there is no
// object, and the error is errFaulty in addition to the report.
func (c *Converter) dataset(ctx context.Context, source Source, name string, old output, limits dataset.Limits) (*dataset.Report, error) {
	if !manifest.IsData(source.Name) {
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
		err = gcs.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return dataset.Refused(dataset.CodeNameNotTaken, "a file is accepted by its name, and this name is not accepted: it must end in "+manifest.Names,
		"rename the file if it holds JSON; otherwise, write each of its records as a line of JSON first"), errFaulty
}
