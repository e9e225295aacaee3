// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// startTimeout bounds how long Google's emulator may take to listen.
const startTimeout = 60 * time.Second

// google is Google's emulator, started by the first test that asks for it.
var google emulator

type emulator struct {
	once    sync.Once
	address string
	err     error
	// lifeline is the standard input of the shell that watches the emulator:
	// the emulator ends when it closes, also when this process is killed.
	lifeline io.Closer
	shell    *exec.Cmd
}

// addr returns where Google's emulator listens. It skips the test where the
// emulator is not installed.
func (e *emulator) addr(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: Google's Firestore emulator takes too long for a short run")
	}
	jar, reason := findJar()
	if reason != "" {
		t.Skip("skipped: Google's Firestore emulator is not installed: " + reason)
	}
	e.once.Do(func() { e.err = e.start(jar) })
	if e.err != nil {
		t.Fatalf("start Google's Firestore emulator: %v", e.err)
	}
	return e.address
}

// findJar looks for the emulator in the Google Cloud CLI's folder, and says why
// it cannot be run where that is so.
var findJar = sync.OnceValues(func() (jar, reason string) {
	if _, err := exec.LookPath("java"); err != nil {
		return "", "no java on the path"
	}
	root, err := exec.Command("gcloud", "info", "--format=value(installation.sdk_root)").Output()
	if err != nil {
		return "", "no Google Cloud CLI on the path"
	}
	folder := filepath.Join(strings.TrimSpace(string(root)), "platform", "cloud-firestore-emulator")
	found, err := filepath.Glob(filepath.Join(folder, "cloud-firestore-emulator.jar"))
	if err != nil || len(found) == 0 {
		return "", "no jar in " + folder
	}
	return found[0], ""
})

func (e *emulator) start(jar string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	e.shell = exec.Command("sh", "-c", `"$@" >/dev/null 2>&1 & read -r _; kill $!`, "sh",
		"java", "-Duser.language=en", "-cp", jar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
		"start", "--host=127.0.0.1", fmt.Sprintf("--port=%d", port))
	if e.lifeline, err = e.shell.StdinPipe(); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	if err := e.shell.Start(); err != nil {
		return fmt.Errorf("run java: %w", err)
	}
	e.address = fmt.Sprintf("127.0.0.1:%d", port)
	return waitForListener(e.address)
}

// waitForListener polls, since the emulator tells nobody when it is ready.
func waitForListener(addr string) error {
	deadline := time.Now().Add(startTimeout)
	for {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("nothing listens on %s after %s: %w", addr, startTimeout, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (e *emulator) stop() {
	if e.lifeline == nil {
		return
	}
	_ = e.lifeline.Close()
	_ = e.shell.Wait()
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
