// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.visit("/console/models")
	b.see("Sign in")
	b.do(chromedp.SendKeys(chromedp.CSS("#token"), "wrong"), chromedp.Click(chromedp.CSS("#sign-in button")))
	b.see("The token is not valid.")
	b.do(chromedp.SendKeys(chromedp.CSS("#token"), reader), chromedp.Click(chromedp.CSS("#sign-in button")))
	b.see("rita")
	if cookies := eval[string](b, "document.cookie"); cookies != "" {
		t.Errorf("a script can read %q", cookies)
	}
	b.click("Sign out")
	b.see("Sign in")
	b.visit("/console")
	b.see("Sign in")
	// The line that the local command prints.
	b.visit("/console/sign-in#token=" + starter)
	b.see("Start a job")
	if at := eval[string](b, "location.href"); at != service.url+"/console" {
		t.Errorf("the address is %s", at)
	}
}

// The list follows the jobs without being loaded again.
func TestLive(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.signIn(reader)
	eval[bool](b, "window.sameDocument = true")
	id := start(t, `{"session_id": "support-1", "hyperparameters": {"epoch_count": 3}, "display_name": "followed"}`)
	b.see("followed")
	row := "document.querySelector('a[href=\"/console/jobs/" + id + "\"]').closest('tr').querySelector('.state').textContent"
	seen := map[string]bool{}
	for range 300 {
		seen[eval[string](b, row)] = true
		if seen["Succeeded"] {
			break
		}
		b.do(chromedp.Sleep(100_000_000))
	}
	if !seen["Running"] || !seen["Succeeded"] || !eval[bool](b, "window.sameDocument === true") {
		t.Errorf("the states were %v", seen)
	}
}

// A start by its form, with its dry run, and a cancellation with its question.
func TestStartAndCancel(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.signIn(starter)
	b.click("Start a job…")
	b.do(chromedp.SendKeys(chromedp.CSS("#session_id"), "support-1"), chromedp.SetValue(chromedp.CSS("#epoch_count"), "x"))
	b.click("See what it would do and cost")
	b.see("The form cannot be used as it is.")
	b.do(chromedp.SetValue(chromedp.CSS("#epoch_count"), "2"), chromedp.SendKeys(chromedp.CSS("#display_name"), "by hand"))
	b.click("See what it would do and cost")
	b.see("training tokens")
	b.click("Change something")
	b.do(chromedp.SetValue(chromedp.CSS("#display_name"), "by another hand"))
	b.click("See what it would do and cost")
	b.click("Start the job")
	b.see("What happened")
	b.see("by another hand")
	b.click("Cancel the job…")
	b.see("What happens")
	b.click("Cancel the job")
	b.see("What happened")
	b.see("cancel")
	b.click("Tune again…")
	b.see("The form is filled in")
	b.do(chromedp.Click(chromedp.CSS("form.panel button")))
	b.see("Nothing was created yet.")
}

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.json")
	write(t, good, conversation("Is the lamp black?", "It is."))
	b := open(t)
	b.signIn(operator)
	b.click("Data")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{good}))
	b.click("Send the file")
	b.see("Nothing was kept of this file.")
	b.see("Is the lamp black?")
	b.visit("/console/data")
	b.do(chromedp.Click(chromedp.CSS("#do-convert")), chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{good}))
	b.click("Send the file")
	b.do(chromedp.WaitVisible(chromedp.CSS(".talk"))) // the page of the file, which waits for the verdict
	b.see("Converted")
	b.visit("/console/data")
	b.see("good.json")
}

// A file that is dropped onto the form is as good as a chosen one.
func TestFile_dropped(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.signIn(operator)
	b.visit("/console/data")
	eval[bool](b, `(() => {
		const data = new DataTransfer();
		data.items.add(new File(['`+conversation("Hi", "Hello there")+`'], 'dropped.json'));
		return document.getElementById('upload').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})) || true;
	})()`)
	b.click("Send the file")
	b.see("Nothing was kept of this file.")
}

// Everything works without the script.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	b := open(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.signIn(starter)
	b.click("Start a job…")
	b.do(chromedp.SendKeys(chromedp.CSS("#session_id"), "support-1"))
	b.click("See what it would do and cost")
	b.click("Start the job")
	b.do(chromedp.WaitVisible(chromedp.CSS("#story")))
	b.click("Cancel the job…")
	b.click("Cancel the job")
	b.do(chromedp.WaitVisible(chromedp.CSS("#story")))
	file := filepath.Join(t.TempDir(), "plain.json")
	write(t, file, conversation("Hi", "Hello there"))
	b.click("Data")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.click("Send the file")
	b.do(chromedp.WaitVisible(chromedp.CSS(".talk")))
	b.click("Sign out")
	b.do(chromedp.WaitVisible(chromedp.CSS("#token")))
}

// What people write is shown as text, wherever they write it.
func TestHostileText(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	const script = `<script>window.hacked=1</script><img src=x onerror=window.hacked=2>`
	b := open(t)
	id := start(t, `{"session_id": "support-1", "display_name": "\u202Ereversed `+script+`", "hyperparameters": {"epoch_count": 1}}`)
	long := strings.Repeat("long ", 20_000)
	drop(t, "%3Cscript%3E%E2%80%AE.json", `[`+strings.Trim(conversation(script+`\u0000\u202E`, long), "[]")+`, {"contents": [{"role": "\u202E`+script+`", "parts": [{"text": "`+long+`"}]}]}]`)
	drop(t, "hostile.json", conversation(script+`\u0000\u202E`, long))
	var examples []string
	for i := range 4 {
		examples = append(examples, strings.Trim(conversation(strconv.Itoa(i)+script+`\u0000\u202E`, script+`\u202E`+long), "[]"))
	}
	drop(t, "answers.json", "["+strings.Join(examples, ",")+"]")
	b.signIn(starter)
	done := b.ended(`\u202Edone ` + script)
	for _, path := range []string{
		"/console/jobs/" + done, "/console/jobs/" + done + "/promote", "/console/jobs/" + done + "/evaluate", "/console/jobs/" + done + "/retune", "/console/models/%3Cscript%3E",
		"/console", "/console/jobs/" + id, "/console/jobs/" + id + "/cancel", "/console/start?again=" + id, "/console/money",
		"/console?display_name=%3Cscript%3E&started_by=%22%3E%3Cb%3E%E2%80%AE%00", "/console?" + strings.Repeat("x", 5000) + "=1", "/console/%3Cscript%3E",
	} {
		b.visit(path)
		b.harmless(path)
	}
	b.visit("/console/data")
	b.see("hostile.json")
	b.see("answers.json")
	answered := start(t, `{"training_data": "gs://local-data/drops/answers.json/dataset.jsonl", "validation_split": 0.5, "evaluate": true, "hyperparameters": {"epoch_count": 1}}`)
	for _, link := range eval[[]string](b, "[...document.querySelectorAll('#drops a')].map((a) => a.getAttribute('href'))") {
		b.visit(link)
		b.harmless(link)
	}
	// The models repeat what they are asked and taught.
	b.visit("/console/jobs/" + answered)
	b.harmless("the job")
	b.click("The answers, side by side")
	b.see("The right answer")
	b.harmless("the answers")
}

// harmless fails the test if a text has become a part of the page.
func (b *tab) harmless(path string) {
	b.t.Helper()
	if eval[bool](b, "window.hacked !== undefined || document.querySelector('main script, main img') !== null") {
		b.t.Errorf("%s: a text was executed", path)
	}
	if strings.ContainsAny(eval[string](b, "document.body.innerText + document.title"), "\u202e\x00") {
		b.t.Errorf("%s: a character changes the direction of a text", path)
	}
	if eval[bool](b, "document.documentElement.scrollWidth > document.documentElement.clientWidth") {
		b.t.Errorf("%s: the page is wider than the window", path)
	}
}

func conversation(question, answer string) string {
	return `[{"contents":[{"role":"user","parts":[{"text":"` + question + `"}]},{"role":"model","parts":[{"text":"` + answer + `"}]}]}]`
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
