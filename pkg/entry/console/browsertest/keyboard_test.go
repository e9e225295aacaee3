// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// maxTabs is more than the number of elements of a page that take the focus.
const maxTabs = 120

// focused describes the element that has the focus by its words, its label or its ID, and says
// whether a reader sees that it has the focus.
const focused = `(() => {
	const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
	return {
		words: (e.innerText || '').trim(), id: e.id,
		seen: e.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 &&
			box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
	};
})()`

// keys presses keys on the page.
func (b *tab) keys(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// tabTo presses the tabulator key until the element with these words, or this ID, has the focus.
func (b *tab) tabTo(name string) {
	b.t.Helper()
	for range maxTabs {
		b.keys(kb.Tab)
		type element struct {
			Words string `json:"words"`
			ID    string `json:"id"`
			Seen  bool   `json:"seen"`
		}
		now := eval[element](b, focused)
		if !now.Seen && now.Words+now.ID != "" && now.ID != "main" {
			b.t.Errorf("%s: nobody sees that %q%s has the focus", eval[string](b, "location.pathname"), now.Words, now.ID)
		}
		if now.Words == name || now.ID == name {
			return
		}
	}
	b.t.Fatalf("%s: the tabulator key never reaches %q", eval[string](b, "location.pathname"), name)
}

// A job is started and cancelled with the keyboard alone.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.visit("/console/sign-in")
	b.keys(starter + kb.Enter) // the field has the focus
	b.see("Filter")
	b.tabTo("Skip to the content")
	b.keys(kb.Enter)
	b.tabTo("Start a job…")
	b.keys(kb.Enter)
	b.see("Training data")
	b.tabTo("session_id")
	b.keys("support-1")
	b.tabTo("display_name")
	b.keys("by keys")
	b.tabTo("More settings")
	b.keys(kb.Enter)
	b.tabTo("timeout")
	b.keys("3600s")
	b.tabTo("See what it would do and cost")
	b.keys(kb.Enter)
	b.see("training tokens")
	b.tabTo("Start the job")
	b.keys(kb.Enter)
	b.see("What happened")
	b.see("by keys")
	b.tabTo("Cancel the job…")
	b.keys(kb.Enter)
	b.see("What happens")
	b.tabTo("Cancel the job")
	b.keys(kb.Enter)
	b.see("What happened")
	b.see("cancel")
	b.tabTo("Sign out")
	b.keys(" ")
	b.see("Token")
}
