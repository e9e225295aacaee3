// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTwoCommands starts a second command while one is running, in every way that would make them
// share something. One case uses the variables that the banner exports, as in a shell where its
// lines were pasted.
func TestTwoCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := launch(t, "-port 0 -token secret -data "+dir)
	address, err := url.Parse(first.url)
	if err != nil {
		t.Fatal(err)
	}
	_, storagePort, _ := net.SplitHostPort(strings.TrimPrefix(first.storage, "http://"))
	process := fmt.Sprintf("process %d at http://%s", first.Process.Pid, address.Host)
	for _, tt := range []struct{ args, environment, want string }{
		{"-port " + address.Port(), "A=1", "End that one with Ctrl-C, or start this one with -port 0"},
		{"-port 0", "STORAGE_EMULATOR_HOST=" + first.storage, "unset STORAGE_EMULATOR_HOST"},
		{"-port 0", "STORAGE_EMULATOR_HOST=localhost:" + storagePort, "unset STORAGE_EMULATOR_HOST"},
		{"-port 0", "FIRESTORE_EMULATOR_HOST=" + first.firestore, "unset FIRESTORE_EMULATOR_HOST"},
		{"demo", "PUBSUB_EMULATOR_HOST=" + first.pubsub, "unset PUBSUB_EMULATOR_HOST"},
	} {
		said := fails(t, 1, tt.args, tt.environment)
		if !strings.Contains(said, process) || !strings.Contains(said, tt.want) {
			t.Errorf("%s with %s: %s", tt.args, tt.environment, said)
		}
	}
	if said := fails(t, 1, "-port 0 -data "+dir); !strings.Contains(said, "another server uses this folder") {
		t.Errorf("the same folder: %s", said)
	}

	var exported []string
	for line := range strings.Lines(first.banner) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			exported = append(exported, rest)
		}
	}
	if len(exported) != 3 {
		t.Errorf("the banner exports %q", exported)
	}
	demo := command(t, "demo -job-duration 1s -poll-interval 200ms")
	demo.Env = append(demo.Env, exported...)
	if out, err := demo.CombinedOutput(); err != nil {
		t.Errorf("demo beside it: %v\n%s", err, out)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // the error says that it was killed
	launch(t, "-port "+address.Port()+" -data "+dir, exported...)
	if said := fails(t, 1, "-port 0", "FIRESTORE_EMULATOR_HOST="+first.firestore); !strings.Contains(said, "nothing answers") {
		t.Errorf("with the address of one that has gone: %s", said)
	}
}

// TestSharedEmulator checks that two commands refuse to share a foreign emulator, too. The test
// starts one as a plain listener, since only its address counts.
func TestSharedEmulator(t *testing.T) {
	t.Parallel()
	emulator := launch(t, "-port 0 -token secret")
	root := filepath.Join(t.TempDir(), "instances")
	first, err := register(root, instance{PID: 1, Addresses: []string{"127.0.0.1:1", "127.0.0.1:2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.close() }()
	second, err := register(root, instance{PID: 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]instance{{PID: 2}}, first.otherInstances()); diff != "" {
		t.Errorf("others (-want +got):\n%s", diff)
	}
	if err := second.update(instance{PID: 2, URL: "http://127.0.0.1:3", Addresses: []string{emulator.firestore}}); err != nil {
		t.Fatal(err)
	}
	named := externalEmulators(map[string]string{"FIRESTORE_EMULATOR_HOST": emulator.firestore})
	if err := checkEmulators(t.Context(), named, first.otherInstances()); err == nil || !strings.Contains(err.Error(), "process 2 at http://127.0.0.1:3") {
		t.Errorf("shared: %v", err)
	}
	if err := second.unlock(); err != nil { // the system does the same when a process is killed
		t.Fatal(err)
	}
	if others := first.otherInstances(); others != nil {
		t.Errorf("one that was killed is still there: %v", others)
	}
	if err := checkEmulators(t.Context(), named, first.otherInstances()); err != nil {
		t.Errorf("alone: %v", err)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestHostPort(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:1", "http://localhost:1/": "127.0.0.1:1", "[::1]:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "0.0.0.0:1": "127.0.0.1:1",
		"emulator:1": "emulator:1", "https://h:2/storage/v1/": "h:2", "emulator": "emulator",
	} {
		if got := hostPort(given); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}
