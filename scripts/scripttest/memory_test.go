// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/vertextune/vertextune/pkg/api"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// deployment is what Terraform gives a function to work with.
type deployment struct {
	memory, goLimit int64 // bytes
	concurrency     int
}

func (c terraformFiles) deployment(t *testing.T, function string) deployment {
	t.Helper()
	expression, ok := c.locals[function+"_memory"].(hclsyntax.Expression)
	if !ok {
		t.Fatalf("Terraform has no local.%s_memory", function)
	}
	sizes, diagnostics := expression.Value(nil)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	d := deployment{memory: sizeOf(t, sizes.GetAttr("container").AsString()), goLimit: sizeOf(t, sizes.GetAttr("go").AsString())}
	for _, block := range c.services[function].(*hclsyntax.Body).Blocks {
		if attribute := block.Body.Attributes["max_instance_request_concurrency"]; attribute != nil {
			value, diagnostics := attribute.Expr.Value(nil)
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			n, _ := value.AsBigFloat().Int64()
			d.concurrency = int(n)
		}
	}
	return d
}

// sizeOf reads a size as Cloud Run or Go writes it.
func sizeOf(t *testing.T, text string) int64 {
	t.Helper()
	m := regexp.MustCompile(`^([0-9]+)(Mi|Gi)B?$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q is not a size in Mi or Gi", text)
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return n << map[string]int{"Mi": 20, "Gi": 30}[m[2]]
}

// TestMemory_sizes: what Terraform gives the functions belongs together.
func TestMemory_sizes(t *testing.T) {
	t.Parallel()
	config := configuration(t)
	for _, function := range []string{"api", "convert", "poll"} {
		d := config.deployment(t, function)
		if share := float64(d.goLimit) / float64(d.memory); share < .85 || share > .95 {
			t.Errorf("%s: GOMEMLIMIT is %.2f of the container's memory, want about 0.9", function, share)
		}
	}
	// What passes the gate at once, what the gate lets in, and the process itself fit into the memory.
	const process = 64 << 20
	d := config.deployment(t, "api")
	if need := api.GateSize(d.goLimit) + int64(d.concurrency)*api.FreeBody*api.MemoryPerByte + process; need > d.goLimit {
		t.Errorf("api: %d requests at a time need up to %d MiB, and GOMEMLIMIT is %d MiB", d.concurrency, need>>20, d.goLimit>>20)
	}
}

// bodyBytes is just below the size that the api accepts.
const bodyBytes = 31 << 20

// body returns a text with as many parts as an accepted body holds.
func body(before string, part func(int) string, after string) string {
	var b strings.Builder
	b.WriteString(before + part(0))
	for i := 1; b.Len() < bodyBytes; i++ {
		b.WriteString("," + part(i))
	}
	return b.String() + after
}

// always returns a part that is the same each time.
func always(part string) func(int) string { return func(int) string { return part } }

// TestMemory runs the functions with the memory that Terraform gives them, under the worst that may come at a time.
// Each request is answered, and the process never has more memory than its container.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: memory limits: they take most of a minute")
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
	if dir := os.Getenv("MEMTEST_BIN"); dir != "" {
		binaries = dir
	} else {
		compile := exec.CommandContext(t.Context(), "go", "build", "-tags="+tags(), "-ldflags=-s -w", "-o", binaries+string(filepath.Separator),
			"../../functions/api", "../../functions/convert")
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("build the functions: %v\n%s", err, out)
		}
	}
	config := configuration(t)
	examples := body(`{"data":[`, func(i int) string { return fmt.Sprintf(`{"prompt":"%d","completion":"b"}`, i) }, `]}`)
	text := `{"data":[{"prompt":"a","completion":"` + strings.Repeat("x", bodyBytes) + `"}]}`
	for _, tt := range []struct{ name, path, body string }{
		{"validate_examples", "validate-data", examples},
		{"validate_text", "validate-data", text},
		{"validate_values", "validate-data", body(`{"data":[{"contents":[`, always(`{"a":[[]]}`), `]}]}`)},
		{"convert_examples", "convert-json", examples}, // which are written twice as long
		{"convert_text", "convert-json", text},
		{"start", "start", body(`{"message_ids":[`, always(`"a"`), `]}`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := config.deployment(t, "api")
			if n, err := strconv.Atoi(os.Getenv("MEMTEST_N")); err == nil {
				d.concurrency = n
			}
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
		"convert_drop":      strings.Repeat(`{"prompt":"a","completion":"b"}`+"\n", 60<<20/32),
		"convert_drop_text": `{"prompt":"a","completion":"` + strings.Repeat("x", bodyBytes) + `"}`,
		"convert_bomb":      bomb(t),
	} {
		t.Run(name, func(t *testing.T) {
			d := config.deployment(t, "convert")
			p := limited(t, filepath.Join(binaries, "convert"), d, c)
			object := drop(t, c, name+".json", content)
			p.storm(t, d.concurrency, func() *http.Request {
				request, err := event(t.Context(), p.url, "google.cloud.storage.object.v1.finalized", object)
				if err != nil {
					t.Fatal(err)
				}
				return request
			})
			p.fits(t, d)
		})
	}
}

// tags are those that this test was built with, so that what is compiled already is used again.
func tags() string {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}

// bomb is a short file that is a long record when it is unpacked.
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
func drop(t *testing.T, c *cloud.Cloud, name, content string) string {
	t.Helper()
	client, err := c.StorageClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	up := client.Bucket("the-inbox").Object(name).NewWriter(t.Context())
	if _, err := io.WriteString(up, content); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"bucket":"the-inbox","name":%q,"generation":"%d","size":"%d"}`, name, up.Attrs().Generation, len(content))
}

// process is a function that runs with the memory of its deployment.
type process struct {
	url  string
	cmd  *exec.Cmd
	said *bytes.Buffer // complete once it has ended
}

func limited(t *testing.T, binary string, d deployment, c *cloud.Cloud) *process {
	t.Helper()
	p := &process{said: new(bytes.Buffer)}
	p.cmd = exec.CommandContext(t.Context(), binary)
	p.cmd.Env = []string{"GOMEMLIMIT=" + strconv.FormatInt(d.goLimit, 10)}
	if limit := os.Getenv("MEMTEST_LIMIT"); limit != "" {
		p.cmd.Env = []string{"GOMEMLIMIT=" + limit}
	}
	p.url = "http://" + run(t, p.cmd, p.said, c)
	return p
}

// storm sends so many requests at a time. Each is answered as if it were alone, or is to be repeated later; one at least
// is done.
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

// fits checks that the process lives, and what memory it has had.
func (p *process) fits(t *testing.T, d deployment) {
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
