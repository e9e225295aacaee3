// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// ended starts a job with validation data, waits on its page until it has succeeded, and returns
// its ID.
func (b *tab) ended(name string) string {
	b.t.Helper()
	id := start(b.t, `{"all_messages": true, "hyperparameters": {"epoch_count": 2}, "validation_split": 0.2, "display_name": "`+name+`"}`)
	b.visit("/console/jobs/" + id)
	b.see("Call the tuned model")
	return id
}

// lacks fails the test if the page has a link or a button with these words.
func (b *tab) lacks(all ...string) {
	b.t.Helper()
	for _, words := range all {
		if eval[bool](b, "[...document.querySelectorAll('main a, main button')].some((e) => e.textContent.trim() === '"+words+"')") {
			b.t.Errorf("the page has %q", words)
		}
	}
}

// changeTo signs out, and signs in with another token.
func (b *tab) changeTo(token string) {
	b.t.Helper()
	b.click("Sign out")
	b.do(chromedp.WaitVisible(chromedp.CSS("#token")))
	b.signIn(token)
}

// A promotion by its form, with its question, and a rollback with its question.
func TestPromoteAndRollBack(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	b := open(t)
	b.signIn(starter)
	id := b.ended("to promote")
	for _, checkpoint := range []string{"1", "2"} {
		b.visit("/console/jobs/" + id)
		b.click("Promote…")
		b.click("See what it would do")
		b.see("The form cannot be used as it is.")
		b.accessible("the refused form")
		b.do(chromedp.SendKeys(chromedp.CSS("#model_id"), "by-hand"), chromedp.SetValue(chromedp.CSS("#checkpoint_id"), checkpoint))
		b.click("See what it would do")
		b.see("What happens")
		b.see("becomes active")
		b.accessible("the question")
		b.click("Change something")
		b.click("See what it would do")
		b.click("Promote the model")
		b.see("History")
		b.see("Version " + checkpoint)
	}
	b.click("Models")
	b.see("With an active version")
	b.click("by-hand")
	b.click("Roll back…")
	b.see("as version 3")
	b.click("Roll back")
	b.see("Version 3")
	b.see("rolled back")
	for _, token := range []string{reader, operator} {
		b.changeTo(token)
		b.visit("/console/models/by-hand")
		b.lacks("Roll back…")
		b.accessible("the model")
		b.visit("/console/jobs/" + id)
		b.lacks("Promote…", "Retune…", "Tune again…", "Cancel the job…")
	}
}

// A gate that is not met, and one that is.
func TestPromote_with_a_gate(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	b := open(t)
	b.signIn(starter)
	b.visit("/console/models")
	id := start(t, `{"all_messages": true, "hyperparameters": {"epoch_count": 2}, "validation_split": 0.2, "evaluate": true, "display_name": "gated"}`)
	b.visit("/console/jobs/" + id)
	b.see("The answers, side by side")
	b.click("Promote…")
	b.do(chromedp.SendKeys(chromedp.CSS("#model_id"), "gated"), chromedp.Click(chromedp.CSS("#require")), chromedp.SendKeys(chromedp.CSS(`[id="require.min_gain"]`), "100"))
	b.click("See what it would do")
	b.see("The gate is not met")
	b.do(chromedp.SetValue(chromedp.CSS(`[id="require.min_gain"]`), "-100"))
	b.click("See what it would do")
	b.see("is met")
	b.click("Promote the model")
	b.see("Its gate")
}

func TestRetune(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	b := open(t)
	b.signIn(starter)
	b.ended("to retune")
	b.click("Retune…")
	b.see("training tokens")
	b.accessible("the question")
	b.do(chromedp.SetValue(chromedp.CSS("#max_cost_usd"), "much"))
	b.click("See what it would do and cost")
	b.see("The form cannot be used as it is.")
	b.accessible("the refused form")
	b.do(chromedp.SetValue(chromedp.CSS("#max_cost_usd"), "4"), chromedp.SetValue(chromedp.CSS("#base_model"), "gemini-3.5-flash"))
	b.click("See what it would do and cost")
	b.click("Start the job")
	b.see("Repeats the job")
}
