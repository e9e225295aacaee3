// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command servicebench measures the service against the stand-ins: the time for a dropped file
// compared with a plain copy of it, the time for a start on many messages compared with a plain
// read of them, and the rate of small calls. The functions and the stand-ins run in this process,
// and communicate over the network. The two sides of a comparison take turns, so that a change of
// the machine's load affects both. Their medians are compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

const (
	inbox, data = "bench-inbox", "bench-data"
	token       = "bench-token"
	session     = "the-session"
)

func main() {
	runs := flag.Int("runs", 5, "how often each comparison is measured")
	megabytes := flag.Int("megabytes", 64, "size of the dropped file")
	messages := flag.Int("messages", 100_000, "number of messages of the start")
	seconds := flag.Int("seconds", 5, "how long small calls are made")
	flag.Parse()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := run(context.Background(), *runs, *megabytes<<20, *messages, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "servicebench:", err)
		os.Exit(1)
	}
}

// bench has the functions and the clients.
type bench struct {
	objects *storage.Client
	docs    *firestore.Client
	vertex  *vertex.Server
	convert *serve.Function
	url     string // of function api
}

func run(ctx context.Context, runs, bytes, messages int, duration time.Duration) (err error) {
	c, err := cloud.Start(ctx, cloud.Config{Project: "bench", Inbox: inbox, Data: data, JobDuration: time.Second, ConcurrentJobs: 1000})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	environment := map[string]string{
		"GOOGLE_CLOUD_PROJECT": "bench", "GOOGLE_CLOUD_LOCATION": "us-central1", "INBOX_BUCKET": inbox, "DATA_BUCKET": data,
		"BASE_MODEL": "gemini-3.1-flash-lite", "API_TOKENS": "bench:" + auth.Hash(token), "START_RATE_PER_MINUTE": "0",
	}
	for name, value := range c.Variables() {
		environment[name] = value
		if err := os.Setenv(name, value); err != nil { // Google's clients read these variables
			return err
		}
	}
	b := &bench{vertex: c.Vertex}
	if b.objects, err = storage.NewClient(ctx, c.StorageOptions()...); err != nil {
		return err
	}
	if b.docs, err = c.FirestoreClient(ctx); err != nil {
		return err
	}
	if b.convert, err = convert.Open(ctx, environment); err != nil {
		return err
	}
	front, err := api.Open(ctx, environment)
	if err != nil {
		return err
	}
	server := httptest.NewServer(front.HTTP)
	defer server.Close()
	b.url = server.URL + "/api/v1/fine-tuning/"

	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "measured\tcompared with\tmeasured ms\tcompared ms\tratio")
	if err := b.drops(ctx, w, runs, bytes); err != nil {
		return err
	}
	if err := b.starts(ctx, w, runs, messages); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.smallCalls(ctx, os.Stdout, duration)
}

// compare measures two functions in turn and prints their medians.
func (b *bench) compare(w io.Writer, runs int, name, plainName string, measured, plain func(run int) error) error {
	var took [2][]time.Duration
	for i := range runs {
		for j, f := range []func(int) error{plain, measured} {
			b.awaitJobs()
			began := time.Now()
			if err := f(i); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			took[j] = append(took[j], time.Since(began))
		}
	}
	plainTime, measuredTime := median(took[0]), median(took[1])
	_, err := fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%.2f\n", name, plainName,
		measuredTime.Milliseconds(), plainTime.Milliseconds(), float64(measuredTime)/float64(plainTime))
	return err
}

// awaitJobs waits until no tuning job is active, because the stand-in for Vertex AI reads their
// datasets in this process.
func (b *bench) awaitJobs() {
	for b.vertex.HasActiveJobs() {
		time.Sleep(10 * time.Millisecond)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// smallCalls reads the list of jobs with eight clients at a time.
func (b *bench) smallCalls(ctx context.Context, w io.Writer, duration time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	var mu sync.Mutex
	var durations []time.Duration
	var failed error
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				err := b.call(ctx, http.MethodGet, "jobs?page_size=1", "")
				mu.Lock()
				if err == nil {
					durations = append(durations, time.Since(began))
				} else if ctx.Err() == nil {
					failed = errors.Join(failed, err)
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	if failed != nil || len(durations) == 0 {
		return errors.Join(errors.New("small calls failed"), failed)
	}
	slices.Sort(durations)
	_, err := fmt.Fprintf(w, "\nGET jobs, 8 clients: %.0f calls/s, p50 %.1f ms, p99 %.1f ms\n",
		float64(len(durations))/duration.Seconds(), ms(durations[len(durations)/2]), ms(durations[len(durations)*99/100]))
	return err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// caller sends the calls. It waits long, because a start on many messages takes minutes.
var caller = &http.Client{Timeout: 5 * time.Minute}

// call sends a request to function api. Every status except 200 is an error.
func (b *bench) call(ctx context.Context, method, path, body string) error {
	request, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := caller.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return err
}
