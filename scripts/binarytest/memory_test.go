// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package binarytest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// bodyBytes is just below the largest body that the api accepts.
const bodyBytes = 31 << 20

// body returns a text with as many parts as an accepted body can hold.
func body(before string, part func(int) string, after string) string {
	var b strings.Builder
	b.WriteString(before + part(0))
	for i := 1; b.Len() < bodyBytes; i++ {
		b.WriteString("," + part(i))
	}
	return b.String() + after
}

// always returns a function that always returns the same part.
func always(part string) func(int) string { return func(int) string { return part } }

// TestMemory runs the functions with the memory that Terraform gives them, under the heaviest load
// that can occur. Each request must be answered, and the process must never use more memory than
// its container has.
func TestMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("skipped: memory limits: the system does not say how much memory a process has had")
	}
	c, err := cloud.Start(t.Context(), cloud.Config{Project: "p", Inbox: "the-inbox", Data: "the-data"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	binaries := t.TempDir()
	for _, function := range []string{"api", "convert", "poll"} {
		build(t, "../../functions/"+function, filepath.Join(binaries, function))
	}
	config := configuration(t)
	examples := body(`{"data":[`, func(i int) string { return fmt.Sprintf(`{"prompt":"%d","completion":"b"}`, i) }, `]}`)
	for _, tt := range []struct{ name, path, body string }{
		{"validate_examples", "validate-data", examples},
		{"validate_values", "validate-data", body(`{"data":[{"contents":[`, always(`{"a":[[]]}`), `]}]}`)},
		{"convert_examples", "convert-json", examples}, // these are written twice as long
		{"convert_text", "convert-json", `{"data":[{"prompt":"a","completion":"` + strings.Repeat("x", bodyBytes) + `"}]}`},
		{"start", "start", body(`{"message_ids":[`, always(`"a"`), `]}`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := config.deployment(t, "api")
			p := limited(t, filepath.Join(binaries, "api"), d, c)
			p.storm(t, d.concurrency, func() *http.Request {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/v1/fine-tuning/"+tt.path, strings.NewReader(tt.body))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				return request
			})
			p.fits(t, d)
		})
	}
	for name, content := range map[string]string{
		"drop":      strings.Repeat(`{"prompt":"a","completion":"b"}`+"\n", 60<<20/32),
		"drop_text": `{"prompt":"a","completion":"` + strings.Repeat("x", bodyBytes) + `"}`,
		"drop_bomb": bomb(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := config.deployment(t, "convert")
			p := limited(t, filepath.Join(binaries, "convert"), d, c)
			p.deliver(t, "google.cloud.storage.object.v1.finalized", drop(t, c, name+".json", content, nil))
			p.fits(t, d)
		})
	}
	t.Run("tick", func(t *testing.T) {
		t.Parallel()
		admin, err := c.PubSubClient(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = admin.Close() })
		if _, err := admin.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/p/topics/events"}); err != nil {
			t.Fatal(err)
		}
		converter := limited(t, filepath.Join(binaries, "convert"), config.deployment(t, "convert"), c)
		lines := strings.Repeat(`{"prompt":"`+strings.Repeat("x", 1000)+`","completion":"b"}`+"\n", pollBytes/1000)
		for i := range pollDrops {
			object := drop(t, c, fmt.Sprintf("split_%d.jsonl", i), lines, map[string]string{
				"fine-tune": "start", "base-model": "gemini-3.1-flash-lite", "validation-split": "0.5",
			})
			converter.deliver(t, "google.cloud.storage.object.v1.finalized", object)
		}
		d := config.deployment(t, "poll")
		p := limited(t, filepath.Join(binaries, "poll"), d, c)
		p.deliver(t, "google.cloud.pubsub.topic.v1.messagePublished", `{"message": {}}`)
		p.fits(t, d)
		if n := objects(t, c, "datasets/"); n != 2*pollDrops {
			t.Errorf("the tick has written %d objects, want two for each of %d files", n, pollDrops)
		}
	})
}

// These constants are the work of one tick: the number of files and their size. Each file is to be
// split.
const (
	pollDrops = 20
	pollBytes = 10 << 20
)

// deliver sends an event, which must be acknowledged.
func (p *process) deliver(t *testing.T, kind, data string) {
	t.Helper()
	p.storm(t, 1, func() *http.Request {
		request, err := event(t.Context(), p.url, kind, data)
		if err != nil {
			t.Fatal(err)
		}
		return request
	})
}

// bomb returns a short compressed file that unpacks to one long record.
func bomb(t *testing.T) string {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 128 {
		if _, err := io.WriteString(z, strings.Repeat("[", 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

// drop puts a file into the inbox and returns the data of its event.
func drop(t *testing.T, c *cloud.Cloud, name, content string, metadata map[string]string) string {
	t.Helper()
	client, err := storage.NewClient(t.Context(), c.StorageOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	up := client.Bucket("the-inbox").Object(name).NewWriter(t.Context())
	up.Metadata = metadata
	if _, err := io.WriteString(up, content); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"bucket":"the-inbox","name":%q,"generation":"%d","size":"%d"}`, name, up.Attrs().Generation, len(content))
}

// objects counts the objects of the data bucket under a prefix.
func objects(t *testing.T, c *cloud.Cloud, prefix string) (n int) {
	t.Helper()
	client, err := storage.NewClient(t.Context(), c.StorageOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for it := client.Bucket("the-data").Objects(t.Context(), &storage.Query{Prefix: prefix}); ; n++ {
		switch _, err := it.Next(); {
		case errors.Is(err, iterator.Done):
			return n
		case err != nil:
			t.Fatal(err)
		}
	}
}

// process is a function that runs with the memory of its deployment.
type process struct {
	url    string
	cmd    *exec.Cmd
	output *bytes.Buffer // complete when the process has ended
}

func limited(t *testing.T, binary string, d sizes, c *cloud.Cloud) *process {
	t.Helper()
	p := &process{output: new(bytes.Buffer)}
	p.cmd = exec.CommandContext(t.Context(), binary)
	p.cmd.Env = []string{"GOMEMLIMIT=" + strconv.FormatInt(d.goLimit, 10)}
	p.url = "http://" + run(t, p.cmd, p.output, c)
	return p
}

// storm sends n requests at the same time. Each must succeed as if it were alone, or be refused
// with a request to retry; at least one must succeed.
func (p *process) storm(t *testing.T, n int, request func() *http.Request) {
	t.Helper()
	client := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	codes := map[int]int{}
	began := time.Now()
	var sending sync.WaitGroup
	for range n {
		r := request()
		r.Header.Set("Authorization", "Bearer test")
		sending.Go(func() {
			answer, err := client.Do(r)
			if err != nil {
				t.Errorf("a request is not answered: %v", err)
				return
			}
			defer func() { _ = answer.Body.Close() }()
			if _, err := io.Copy(io.Discard, answer.Body); err != nil {
				t.Errorf("an answer is cut off: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			codes[answer.StatusCode]++
			if answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "" {
				t.Error("a 503 does not say when to repeat the request")
			}
		})
	}
	sending.Wait()
	t.Logf("%v in %v", codes, time.Since(began).Round(time.Millisecond))
	done := codes[http.StatusOK] + codes[http.StatusBadRequest]
	if done == 0 || done+codes[http.StatusServiceUnavailable] < n {
		t.Errorf("the answers are %v", codes)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// fits checks that the process still runs, and how much memory it used at most.
func (p *process) fits(t *testing.T, d sizes) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		t.Fatalf("the process has ended:\n%s", status)
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB of %d MiB", kib>>10, d.memory>>20)
	if kib<<10 > d.memory {
		t.Errorf("the process has had %d MiB, its container has %d MiB", kib>>10, d.memory>>20)
	}
}
