// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axeVersion is the version of axe-core that checks the pages.
const axeVersion = "axe-core@4.14.1"

// axeText returns the script of axe-core, or the reason why it is missing.
var axeText = sync.OnceValues(func() (text, missing string) {
	if _, err := exec.LookPath("npm"); err != nil {
		return "", "skipped: npm: not installed"
	}
	dir, err := os.MkdirTemp("", "axe")
	if err != nil {
		return "", "skipped: no temporary folder: " + err.Error()
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system cleans its temporary folder too
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", axeVersion)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Sprintf("skipped: npm registry: %v: %s", err, strings.TrimSpace(string(out)))
	}
	script, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", "skipped: axe-core has no axe.min.js: " + err.Error()
	}
	return string(script), ""
})

// axe returns the script of axe-core, or skips the test if it is missing.
func axe(t *testing.T) string {
	t.Helper()
	text, missing := axeText()
	if missing != "" {
		t.Skip(missing)
	}
	return text
}

// accessible fails the test if axe-core finds something on the page, the page is too wide, or the
// text of a picture leaves its box.
func (b *tab) accessible(at string) {
	b.t.Helper()
	if texts := eval[[]string](b, textsOutside); len(texts) > 0 {
		b.t.Errorf("%s: the texts %q of a picture leave their boxes", at, texts)
	}
	if eval[bool](b, "document.documentElement.scrollWidth > document.documentElement.clientWidth") {
		b.t.Errorf("%s is wider than the window", at)
	}
	text, missing := axeText()
	if missing != "" {
		return // TestPages is skipped, and gives the reason
	}
	eval[bool](b, text+"; true")
	for _, v := range eval[[]violation](b, runAxe) {
		b.t.Errorf("%s: %s: %s\n%s", at, v.ID, v.Help, strings.Join(v.Nodes, "\n"))
	}
}

// violation is a rule that a page breaks, with the elements that break it.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

const textsOutside = `[...document.querySelectorAll('svg text')].filter((text) => {
	const box = (text.closest('g')?.querySelector('rect.box') || text.ownerSVGElement).getBoundingClientRect();
	const own = text.getBoundingClientRect();
	return own.width > 0 && (own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1);
}).map((text) => text.textContent)`

const runAxe = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((r) =>
	r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary)})))`

// TestPages checks every page in both color schemes and at three widths. If CONSOLE_SHOTS names a
// folder, it saves a picture of each page there.
func TestPages(t *testing.T) {
	t.Parallel()
	b := open(t)
	axe(t)
	pages := b.everyPage(t)
	shots := os.Getenv("CONSOLE_SHOTS")
	schemes, widths := []string{"light", "dark"}, []int64{320, 1280, 2560}
	if testing.Short() {
		schemes, widths = schemes[:1], widths[1:2]
	}
	for _, scheme := range schemes {
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		}); err != nil {
			t.Fatal(err)
		}
		for _, width := range widths {
			// The pages of a job look different while it runs, and it runs for a few seconds only.
			// So these pages come first.
			running := "/console/jobs/" + start(t, `{"session_id": "support-1", "hyperparameters": {"epoch_count": 3}, "timeout": "3600s", "labels": {"team": "support"}, "display_name": "new"}`)
			inOrder := slices.Concat([][2]string{{"running", running}, {"cancel", running + "/cancel"}}, pages)
			b.do(chromedp.EmulateViewport(width, 900))
			for _, page := range inOrder {
				name, path := page[0], page[1]
				b.visit(path)
				at := fmt.Sprintf("%s-%d-%s", name, width, scheme)
				b.accessible(at)
				if shots != "" {
					b.shoot(filepath.Join(shots, at+".png"))
				}
			}
		}
	}
}

func (b *tab) shoot(file string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(file, picture, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// everyPage creates data for the console, and returns the names and the paths of its pages.
func (b *tab) everyPage(t *testing.T) [][2]string {
	t.Helper()
	first := start(t, `{"all_messages": true, "hyperparameters": {"epoch_count": 4}, "validation_split": 0.2, "evaluate": true, "display_name": "all-messages"}`)
	drop(t, "broken.json", `[{"contents": [{"role": "robot", "parts": [{"text": "Hi"}]}]}, {"nothing": 1}]`)
	drop(t, "fine.json", conversation("Is the lamp black?", "It is, since Monday."))
	b.visit("/console/sign-in")
	b.signIn(starter)
	b.visit("/console/jobs/" + first)
	b.see("The answers, side by side")
	for _, checkpoint := range []string{"1", "2"} {
		post(t, service.url+"/api/v1/fine-tuning/models/shown/promote", `{"job_name": "`+first+`", "checkpoint_id": "`+checkpoint+`"}`)
	}
	b.visit("/console/data")
	b.see("fine.json")
	b.see("broken.json")
	link := func(name string) string {
		return eval[string](b, "[...document.querySelectorAll('#drops a')].find((a) => a.textContent === '"+name+"').getAttribute('href')")
	}
	job := "/console/jobs/" + first
	return [][2]string{
		{"jobs", "/console"}, {"filter", "/console?base_model=gemini-3.1-flash-lite&label=a:b"}, {"job", job}, {"answers", job + "/evaluation"},
		{"promote", job + "/promote"}, {"retune", job + "/retune"}, {"evaluate", job + "/evaluate"},
		{"models", "/console/models"}, {"model", "/console/models/shown"}, {"rollback", "/console/models/shown/rollback"},
		{"start", "/console/start"}, {"again", "/console/start?again=" + first}, {"data", "/console/data"},
		{"report-good", link("fine.json")}, {"report-bad", link("broken.json")}, {"money", "/console/money"}, {"nothing", "/console/nothing"},
	}
}
