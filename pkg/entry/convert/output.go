// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/drops"
)

// output is the present version of an output: its own generation, and that of the source from which
// it was made. Both are 0 if there is none.
type output struct{ generation, source int64 }

func (c *Converter) output(ctx context.Context, name string) (output, error) {
	attrs, err := c.Objects.Attrs(ctx, c.Config.Jobs.DataBucket, name)
	if errors.Is(err, gcs.ErrNotFound) {
		return output{}, nil
	}
	if err != nil {
		return output{}, err
	}
	// An object without our metadata counts as the oldest, so it is replaced.
	source, _ := strconv.ParseInt(attrs.Metadata[generationKey], 10, 64)
	return output{generation: attrs.Generation, source: source}, nil
}

// removeStale deletes a dataset that is older than the report. An older event can have written it
// after a newer event had read the old version and before that one wrote its report.
func (c *Converter) removeStale(ctx context.Context, data string, newest int64) error {
	old, err := c.output(ctx, data)
	if err != nil || old.generation == 0 || old.source >= newest {
		return err
	}
	return c.remove(ctx, data, old)
}

func (c *Converter) remove(ctx context.Context, data string, old output) error {
	if old.generation == 0 {
		return nil
	}
	return c.Objects.Delete(ctx, c.Config.Jobs.DataBucket, data, old.generation)
}

// writeReports writes the report for people, and then the report for programs, in place of the
// given versions.
func (c *Converter) writeReports(ctx context.Context, r *Report, text, report output) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("encode the report on %s: %w", r.Source.Name, err)
	}
	name := drops.NamesOf(r.Source.Name)
	if err := c.write(ctx, c.spec(r.Source, name.Text, "text/markdown; charset=utf-8", text), markdown(r)); err != nil {
		return err
	}
	spec := c.spec(r.Source, name.Report, "application/json", report)
	maps.Copy(spec.Metadata, r.Metadata())
	return c.write(ctx, spec, escaped(body.Bytes()))
}

// markdown returns the report for people. It names the source in Google's notation, in a code
// block, where no character of the name has a special meaning.
func markdown(r *Report) []byte {
	text := fmt.Appendf(r.Result.Markdown(), "\nThe file:\n\n    %s#%d\n", dataset.Visible(gcs.URI(r.Source.Bucket, r.Source.Name)), r.Source.Generation)
	if r.LimitsOf != "" {
		text = fmt.Appendf(text, "\nIt was checked against the limits of `%s`.\n", r.LimitsOf)
	}
	return startMarkdown(r.Start, text)
}

// escaped replaces the invisible characters of a JSON text, and those that change how others are
// shown, by escapes with the same meaning.
func escaped(text []byte) []byte {
	if !bytes.ContainsFunc(text, isHidden) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for _, c := range string(text) {
		if !isHidden(c) {
			out = utf8.AppendRune(out, c)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, c) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// isHidden reports whether a character is invisible and may occur in a JSON text.
func isHidden(c rune) bool { return c > unicode.MaxASCII && !unicode.IsPrint(c) || c == '\x7f' }

// readReport reads the present report; nil means that there is none.
func (c *Converter) readReport(ctx context.Context, name string) (output, *Report, error) {
	stored, err := c.output(ctx, name)
	if err != nil || stored.generation == 0 {
		return stored, nil, err
	}
	in, err := c.Objects.Read(ctx, c.Config.Jobs.DataBucket, name, stored.generation)
	if errors.Is(err, gcs.ErrNotFound) {
		return stored, nil, fmt.Errorf("read %s: %w", name, gcs.ErrConflict) // another report was written
	}
	if err != nil {
		return stored, nil, err
	}
	defer in.Close()
	var r Report
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return stored, nil, fmt.Errorf("read the report %s: %w", name, err)
	}
	return stored, &r, nil
}

func (c *Converter) write(ctx context.Context, spec gcs.Spec, body []byte) error {
	_, err := c.Objects.Write(ctx, spec, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
	return err
}

func (c *Converter) spec(source Source, name, contentType string, old output) gcs.Spec {
	return gcs.Spec{
		Bucket: c.Config.Jobs.DataBucket, Name: name, ContentType: contentType,
		Metadata: map[string]string{generationKey: strconv.FormatInt(source.Generation, 10)},
		Replaces: old.generation,
	}
}
