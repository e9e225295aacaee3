// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestREADME_formats converts the example of each format in README.md.
func TestREADME_formats(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)\n```json ([a-z_]+)\n(.*?)\n```").FindAllStringSubmatch(string(text), -1) {
		examples[block[1]] = block[2]
	}
	for _, format := range []string{
		dataset.FormatGemini, dataset.FormatGeminiPreference, dataset.FormatMessages, dataset.FormatOpenAIChat,
		dataset.FormatOpenAIPreference, dataset.FormatPreferencePair, dataset.FormatPromptCompletion, dataset.FormatShareGPT,
		dataset.FormatAlpaca, dataset.FormatBedrock, dataset.FormatPaLMText, dataset.FormatPaLMChat,
	} {
		report, err := dataset.Convert(t.Context(), io.Discard, strings.NewReader(examples[format]), dataset.Options{})
		if err != nil || report.Format != format || report.Examples != 1 || len(report.Faults) > 0 {
			t.Errorf("%s: %v, %+v", format, err, report)
		}
		delete(examples, format)
	}
	if len(examples) > 0 {
		t.Errorf("examples of formats that there are not: %v", examples)
	}
}
