// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"cloud.google.com/go/firestore"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// load holds the clients of a command that is killed and restarted. All of them must get what they
// asked for in the end.
type load struct {
	t   *testing.T
	now atomic.Pointer[running] // the command that was started last
	end time.Time               // when the kills end

	clients sync.WaitGroup
	mu      sync.Mutex
	names   map[string]string // names of jobs, by the key of their start
	drops   []string
}

// TestKilled_under_load kills the command repeatedly while jobs are started and files dropped. In
// the end there must be one job on Vertex AI for each start, all its events published, and a
// report for each file.
func TestKilled_under_load(t *testing.T) {
	t.Parallel()
	lasting := 5 * time.Second
	if text := os.Getenv("FAULT_TIME"); text != "" {
		var err error
		if lasting, err = time.ParseDuration(text); err != nil {
			t.Fatalf("FAULT_TIME: %v", err)
		}
	}
	l := &load{t: t, end: time.Now().Add(lasting), names: map[string]string{}}
	args := "-port 0 -token secret -job-duration 200ms -poll-interval 200ms -data " + t.TempDir()
	l.now.Store(new(launch(t, args)))
	for n := range int(6 * lasting.Seconds()) {
		l.later(func() { l.start(fmt.Sprintf("key-%d", n)) })
		if n%3 == 0 {
			l.later(func() { l.drop(fmt.Sprintf("%d.jsonl", n)) })
		}
	}
	kills := 0
	for ; time.Now().Before(l.end); kills++ {
		time.Sleep(100*time.Millisecond + rand.N(1200*time.Millisecond))
		r := l.now.Load()
		if err := r.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = r.Wait() // the error says that it was killed
		l.now.Store(new(launch(t, args)))
	}
	l.clients.Wait()
	t.Logf("killed %d times, with %d starts and %d files", kills, len(l.names), len(l.drops))
	l.ends()
	l.checkJobs()
	l.checkEvents()
	l.checkDrops()
}

// later makes a client do something at a random time before the end.
func (l *load) later(something func()) {
	wait := rand.N(time.Until(l.end))
	l.clients.Go(func() {
		time.Sleep(wait)
		something()
	})
}

// request repeats a request until it succeeds, with whichever process is running.
func (l *load) request(path func(*running) string, method, body, key string, answer any) bool {
	for end := time.Now().Add(time.Minute + time.Until(l.end)); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		request, err := http.NewRequestWithContext(l.t.Context(), method, path(l.now.Load()), strings.NewReader(body))
		if err != nil {
			l.t.Error(err)
			return false
		}
		request.Header.Set("Authorization", "Bearer secret")
		request.Header.Set("Content-Type", "application/json")
		if key != "" {
			request.Header.Set("Idempotency-Key", key)
		}
		response, err := client.Do(request)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // the body was read, or is not needed
		if err != nil || response.StatusCode != http.StatusOK {
			continue
		}
		if err := json.Unmarshal(text, answer); err != nil {
			l.t.Errorf("%s: %v in %q", request.URL, err, text)
			return false
		}
		return true
	}
	l.t.Errorf("%s %s: not answered with success", method, path(l.now.Load()))
	return false
}

func (l *load) start(key string) {
	var started struct {
		Job job `json:"job_info"`
	}
	if l.request(func(r *running) string { return r.url + "/start" }, http.MethodPost, `{"session_id": "support-1"}`, key, &started) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.names[key] = started.Job.Name
	}
}

func (l *load) drop(name string) {
	const line = `{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]}]}` + "\n"
	upload := func(r *running) string {
		return r.storage + "/upload/storage/v1/b/local-inbox/o?uploadType=media&name=" + name
	}
	if l.request(upload, http.MethodPost, strings.Repeat(line, 1000), "", &struct{}{}) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drops = append(l.drops, name)
	}
}

// ends waits until every job has ended.
func (l *load) ends() {
	for key, name := range l.names {
		waitFor(l.t, "the end of the job of "+key, func() bool {
			var now job
			return ask(l.t, http.MethodGet, l.now.Load().url+"/job-status/"+name, "", &now) && now.Status == "PIPELINE_STATE_SUCCEEDED"
		})
	}
}

// checkJobs counts the jobs on Vertex AI.
func (l *load) checkJobs() {
	vertex, err := aiplatform.NewGenAiTuningClient(l.t.Context(), plain(l.now.Load().vertex)...)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = vertex.Close() }() // everything was answered by then
	jobs := map[string]int{}
	list := vertex.ListTuningJobs(l.t.Context(), &aiplatformpb.ListTuningJobsRequest{Parent: "projects/local/locations/us-central1"})
	for {
		j, err := list.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			l.t.Fatal(err)
		}
		jobs[j.GetLabels()["vertextune-job"]]++
	}
	if len(jobs) != len(l.names) {
		l.t.Errorf("Vertex AI has jobs of %d starts, want %d", len(jobs), len(l.names))
	}
	for id, n := range jobs {
		if n != 1 {
			l.t.Errorf("Vertex AI has %d jobs of %s, want 1", n, id)
		}
	}
}

// checkEvents waits until all events of all jobs were published, as the records say: the messages
// themselves are lost with the stand-in for Pub/Sub.
func (l *load) checkEvents() {
	records, err := firestore.NewClient(l.t.Context(), "local", plain(l.now.Load().firestore)...)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = records.Close() }() // everything was answered by then
	waitFor(l.t, "all events", func() bool {
		all, err := records.Collection("tuning_jobs").Documents(l.t.Context()).GetAll()
		if err != nil {
			l.t.Fatal(err)
		}
		published := 0
		for _, document := range all {
			var job struct {
				Events    []any `firestore:"events"`
				Published int   `firestore:"told"`
			}
			if err := document.DataTo(&job); err != nil {
				l.t.Fatal(err)
			}
			if len(job.Events) < 2 {
				l.t.Errorf("job %s has the events %v", document.Ref.ID, job.Events)
			}
			if job.Published == len(job.Events) {
				published++
			}
		}
		return published == len(l.names)
	})
}

// checkDrops waits for the report and the dataset of each file.
func (l *load) checkDrops() {
	for _, name := range l.drops {
		waitFor(l.t, "the report on "+name, func() bool {
			var report struct {
				Outcome string `json:"outcome"`
			}
			in := l.now.Load().storage + "/storage/v1/b/local-data/o/drops%2F" + name + "%2F"
			return ask(l.t, http.MethodGet, in+"report.json?alt=media", "", &report) && report.Outcome == "CONVERTED" &&
				ask(l.t, http.MethodGet, in+"dataset.jsonl", "", &struct{}{})
		})
	}
}

func plain(address string) []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(address), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}
