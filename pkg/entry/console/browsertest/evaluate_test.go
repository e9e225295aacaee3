// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// An evaluation by its form, with its dry run, and followed on the page of the job.
func TestEvaluate(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	b := open(t)
	b.signIn(starter)
	id := b.ended("to evaluate")
	b.click("Evaluate…")
	b.do(chromedp.SendKeys(chromedp.CSS("#max_examples"), "many"), chromedp.Click(chromedp.CSS("#judge")))
	b.click("See what it would do and cost")
	b.see("The form cannot be used as it is.")
	b.accessible("the refused form")
	b.do(chromedp.SetValue(chromedp.CSS("#max_examples"), "30"))
	b.click("See what it would do and cost")
	b.see("the judge is asked")
	b.accessible("the dry run")
	b.click("Change something")
	b.click("See what it would do and cost")
	b.click("Start the evaluation")
	b.see("Evaluation")
	b.see("judged example")
	b.accessible("the job with its evaluation")
	b.click("The answers, side by side")
	b.see("The judge ")
	b.accessible("the answers")
	for _, token := range []string{reader, operator} {
		b.changeTo(token)
		b.visit("/console/jobs/" + id)
		b.see("judged example")
		b.lacks("Evaluate…")
	}
}
