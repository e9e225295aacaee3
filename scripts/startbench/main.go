// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command startbench measures how long the binaries of functions take from their start to their
// first answer. It starts them in turn, and compares them with a function that does nothing. Cloud
// Run makes a caller wait for this time when it starts an instance.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// deadline is how long a binary may take. Working binaries need only milliseconds.
const deadline = 30 * time.Second

func main() {
	runs := flag.Int("runs", 20, "how often each binary is started")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, flag.Args(), *runs); err != nil {
		fmt.Fprintln(os.Stderr, "startbench:", err)
		os.Exit(1)
	}
}

// run starts each binary repeatedly; the first binary is the reference.
func run(ctx context.Context, out io.Writer, binaries []string, runs int) error {
	durations := make([][]time.Duration, len(binaries))
	for i := range runs * len(binaries) {
		n := i % len(binaries) // in turn, so that changes of the machine's load affect all binaries
		t, err := firstAnswer(ctx, binaries[n])
		if err != nil {
			return fmt.Errorf("%s: %w", binaries[n], err)
		}
		durations[n] = append(durations[n], t)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "binary\tMB\tmin ms\tmedian ms\tratio of medians\t")
	for i, binary := range binaries {
		slices.Sort(durations[i])
		info, err := os.Stat(binary)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.2f\t\n", filepath.Base(binary), float64(info.Size())/1e6,
			milliseconds(durations[i][0]), milliseconds(median(durations[i])), float64(median(durations[i]))/float64(median(durations[0])))
	}
	return w.Flush()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

// settings are sufficient for every function to start. The clients connect only when they are first
// needed, which does not happen here.
var settings = []string{
	"GOOGLE_CLOUD_PROJECT=p", "GOOGLE_CLOUD_LOCATION=us-central1", "INBOX_BUCKET=in", "DATA_BUCKET=data", "BASE_MODEL=m", "EVENTS_TOPIC=events",
	"API_TOKENS=bench:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"STORAGE_EMULATOR_HOST=127.0.0.1:1", "FIRESTORE_EMULATOR_HOST=127.0.0.1:1", "PUBSUB_EMULATOR_HOST=127.0.0.1:1", "VERTEX_AI_EMULATOR_HOST=127.0.0.1:1",
}

// firstAnswer starts a binary and returns how long it took to answer a request.
func firstAnswer(ctx context.Context, binary string) (time.Duration, error) {
	port, err := freePort(ctx)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(slices.Clone(settings), "PORT="+strconv.Itoa(port))
	cmd.Stdout, cmd.Stderr = &log, &log
	startedAt := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // the error says that it was killed
	}()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for !answers(ctx, address) {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("no answer within %v:\n%s", deadline, &log)
		}
		time.Sleep(100 * time.Microsecond)
	}
	return time.Since(startedAt), nil
}

// answers requests /health in the form of an event of a type that no function expects. Event
// functions acknowledge it, and the others ignore the event.
func answers(ctx context.Context, address string) bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", http.NoBody)
	if err != nil {
		return false
	}
	for name, value := range map[string]string{"Ce-Id": "1", "Ce-Type": "bench", "Ce-Source": "//bench", "Ce-Specversion": "1.0"} {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return true
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has no other type
	return port, l.Close()
}
