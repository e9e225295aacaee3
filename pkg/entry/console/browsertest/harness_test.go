// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package browsertest drives the console of the local command in a real browser.
package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// The tokens of the callers, by role.
const (
	reader   = "token-of-rita"
	operator = "token-of-otto"
	starter  = "token-of-stella"
)

// browsers are the names of the browsers that the tests can drive.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

// service is the local command, which all tests share.
var service struct {
	url, storage string
	program      string // the local command
	missing      string // why there is none
}

func TestMain(m *testing.M) {
	stop, err := serve()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

// serve builds and starts the local command, if there is a browser to look at it.
func serve() (stop func(), err error) {
	if browser() == "" {
		service.missing = "skipped: chromium: not installed"
		return func() {}, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	dir, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		cancel()
		return nil, err
	}
	// What the browser and a killed command leave behind is removed with the folder.
	if err := os.Setenv("TMPDIR", dir); err != nil {
		cancel()
		return nil, err
	}
	program := filepath.Join(dir, "local")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "../../../../functions/local")
	if out, err := build.CombinedOutput(); err != nil {
		cancel()
		return nil, fmt.Errorf("build the local command: %w: %s", err, out)
	}
	service.program = program
	var wait func()
	service.url, service.storage, wait, err = launch(ctx, dir, []string{"API_TOKENS=rita:reader:" + auth.Hash(reader) + ",otto:operator:" + auth.Hash(operator)}, "-token", starter)
	stop = func() {
		cancel()
		if wait != nil {
			wait()
		}
		_ = os.RemoveAll(dir) // the system cleans its temporary folder too
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// launch starts the local command, which ends with the context, and returns its addresses. wait
// waits for its end.
func launch(ctx context.Context, dir string, environment []string, arguments ...string) (url, storage string, wait func(), err error) {
	command := exec.CommandContext(ctx, service.program, append([]string{"-port", "0", "-job-duration", "8s", "-poll-interval", "500ms"}, arguments...)...)
	command.Dir = dir
	command.Env = append(append(os.Environ(), "MONTHLY_BUDGET_USD=5"), environment...)
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return "", "", nil, fmt.Errorf("start the local command: %w", err)
	}
	wait = func() { _ = command.Wait() } // it was stopped
	if url, storage, err = ready(out); err != nil {
		return "", "", wait, fmt.Errorf("start the local command: %w", err)
	}
	return url, storage, wait, nil
}

// launched starts the local command with these settings for the test, and returns its addresses.
func launched(t *testing.T, environment ...string) (url, storage string) {
	t.Helper()
	if service.missing != "" {
		t.Skip(service.missing)
	}
	url, storage, wait, err := launch(t.Context(), t.TempDir(), environment)
	if wait != nil {
		t.Cleanup(wait)
	}
	if err != nil {
		t.Fatal(err)
	}
	return url, storage
}

var address = regexp.MustCompile(`^export VT_(URL|STORAGE)=(\S+)$`)

// ready waits until the command is ready, and returns its addresses.
func ready(out io.Reader) (url, storage string, err error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil && m[1] == "URL" {
			url = m[2]
		} else if m != nil {
			storage = m[2]
		}
		if lines.Text() == "ready" {
			go func() { _, _ = io.Copy(io.Discard, out) }() // until the command ends
			return url, storage, nil
		}
	}
	return "", "", errors.Join(errors.New("it ended"), lines.Err())
}

func browser() string {
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// tab is a tab of a browser of its own, with what went wrong in it.
type tab struct {
	t     *testing.T
	ctx   context.Context
	known []string // the addresses, besides those of the service, that it may load

	mu       sync.Mutex
	problems []string
}

// open opens a browser. At the end of the test, it must have had no error, and have loaded nothing
// from elsewhere.
func open(t *testing.T, known ...string) *tab {
	t.Helper()
	if service.missing != "" {
		t.Skip(service.missing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, known: known}
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(
		chromedp.ExecPath(browser()), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true)), chromedp.WithListener(b.hear))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.problems {
			t.Error(p)
		}
		cancel()
	})
	b.ctx = ctx
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // starts the browser, which ends with this context
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// hear collects errors of the page, and requests to other servers.
func (b *tab) hear(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "an exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		problem = "the console has a message of type " + string(e.Type)
	case *network.EventRequestWillBeSent:
		isKnown := func(prefix string) bool { return strings.HasPrefix(e.Request.URL, prefix+"/") }
		if url := e.Request.URL; !isKnown(service.url) && !slices.ContainsFunc(b.known, isKnown) && !strings.HasPrefix(url, "about:") && !strings.HasPrefix(url, "data:") {
			problem = "a request to " + url
		}
	}
	if problem != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, problem)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	for _, step := range steps {
		err := chromedp.Do(ctx, step)
		// While a page is loading, its nodes can be replaced between the search and the use of one.
		for err != nil && strings.Contains(err.Error(), "node with given id") && ctx.Err() == nil {
			err = chromedp.Do(ctx, step)
		}
		if err != nil {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.pathname + '\\n' + document.body.innerText"))
			b.t.Fatalf("%v; the page is %s", err, text)
		}
	}
}

// eval returns the value of an expression on the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.80s: %v", expression, err)
	}
	return value
}

// see waits until the page has the text.
func (b *tab) see(text string) {
	b.t.Helper()
	for range 400 {
		if strings.Contains(eval[string](b, "document.body?.innerText ?? ''"), text) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.t.Fatalf("the page never had %q: %s", text, eval[string](b, "document.body.innerText"))
}

// click clicks what a reader knows by its words.
func (b *tab) click(words string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.Search(`//*[self::a or self::button or self::summary][normalize-space()="` + words + `"]`)))
}

func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(service.url+path), chromedp.WaitReady(chromedp.CSS("footer")))
}

// signIn signs in by the form.
func (b *tab) signIn(token string) {
	b.t.Helper()
	b.visit("/console/sign-in")
	b.do(chromedp.SendKeys(chromedp.CSS("#token"), token), chromedp.Click(chromedp.CSS("#sign-in button")), chromedp.WaitVisible(chromedp.CSS(".top nav")))
}

var client = &http.Client{Timeout: time.Minute}

// post calls the API or the storage.
func post(t *testing.T, url, body string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+starter)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // the whole body was read
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("got %s: %s, %v", answer.Status, text, err)
	}
	return text
}

var idPattern = regexp.MustCompile(`"job_id":\s*"(vt-[a-z0-9-]+)"`)

// start starts a job by the API, and returns its ID.
func start(t *testing.T, body string) string {
	t.Helper()
	return string(idPattern.FindSubmatch(post(t, service.url+"/api/v1/fine-tuning/start", body))[1])
}

// drop puts a file into the inbox.
func drop(t *testing.T, name, content string) {
	t.Helper()
	post(t, service.storage+"/upload/storage/v1/b/local-inbox/o?uploadType=media&name="+name, content)
}
