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
	id := start(t, `{"all_messages": true, "hyperparameters": {"epoch_count": 8}, "validation_split": 0.2, "display_name": "support-tone-v2"}`)
	b.signIn(starter)
	b.visit("/console/jobs/" + id)
	b.see("Loss by training step")
	b.do(chromedp.EmulateViewport(1280, 900))
	eval[bool](b, "document.activeElement.blur() === undefined")
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
}
