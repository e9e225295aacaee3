// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPicture makes the picture of the README from the sample messages, if CONSOLE_PICTURE names
// its file. scripts/picture runs it.
func TestPicture(t *testing.T) {
	t.Parallel()
	file := os.Getenv("CONSOLE_PICTURE")
	if file == "" {
		return
	}
	b := open(t)
	sample, err := os.ReadFile("../../../../testdata/samples/support.json")
	if err != nil {
		t.Fatal(err)
	}
	drop(t, "support.json", string(sample))
	b.signIn(starter)
	b.visit("/console/data")
	b.see("support.json")
	id := start(t, `{"training_data": "gs://local-data/drops/support.json/dataset.jsonl", "hyperparameters": {"epoch_count": 9}, "validation_split": 0.3, "evaluate": true, "display_name": "support-tone"}`)
	b.visit("/console/jobs/" + id)
	b.see("The answers, side by side")
	b.do(chromedp.EmulateViewport(1280, 1240))
	eval[bool](b, "document.activeElement.blur() === undefined")
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
}
