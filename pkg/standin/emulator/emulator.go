// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package emulator starts Google's own emulators for tests, from the Google Cloud CLI's folder.
// They judge the stand-ins: the same tests run against both.
package emulator

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

// startTimeout bounds how long an emulator may take to listen.
const startTimeout = 60 * time.Second

// emulator is one program, started by the first test of a process that asks for it.
type emulator struct {
	service string
	jar     string   // below the CLI's folder; may be a pattern
	before  []string // the arguments of Java in front of the jar
	after   []string

	once    sync.Once
	address string
	err     error
	// lifeline is the standard input of the shell that watches the emulator: the emulator ends when
	// it closes, which it does at the end of this process, however that comes.
	lifeline io.Closer
}

var (
	firestore = emulator{
		service: "Firestore",
		jar:     "cloud-firestore-emulator/cloud-firestore-emulator.jar",
		before:  []string{"-Duser.language=en", "-cp"},
		after:   []string{"com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"},
	}
	pubsub = emulator{
		service: "Pub/Sub",
		jar:     "pubsub-emulator/lib/*-all.jar",
		before:  []string{"-jar"},
	}
)

// Firestore returns the address of Google's Firestore emulator, one for all tests of the process.
// It skips the test where the emulator is not installed, and in short runs.
func Firestore(t testing.TB) string {
	t.Helper()
	return firestore.use(t)
}

// PubSub returns the address of Google's Pub/Sub emulator, as Firestore does.
func PubSub(t testing.TB) string {
	t.Helper()
	return pubsub.use(t)
}

func (e *emulator) use(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	jar, reason := e.find()
	if reason != "" {
		t.Skipf("skipped: Google's %s emulator: %s", e.service, reason)
	}
	e.once.Do(func() { e.err = e.start(jar) })
	if e.err != nil {
		t.Fatalf("start Google's %s emulator: %v", e.service, e.err)
	}
	return e.address
}

// platform is the folder in which the Google Cloud CLI keeps its emulators, or why there is none to
// be used.
var platform = sync.OnceValues(func() (folder, reason string) {
	if _, err := exec.LookPath("java"); err != nil {
		return "", "no java on the path"
	}
	root, err := exec.Command("gcloud", "info", "--format=value(installation.sdk_root)").Output()
	if err != nil {
		return "", "no Google Cloud CLI on the path"
	}
	return filepath.Join(strings.TrimSpace(string(root)), "platform"), ""
})

func (e *emulator) find() (jar, reason string) {
	folder, reason := platform()
	if reason != "" {
		return "", reason
	}
	found, err := filepath.Glob(filepath.Join(folder, e.jar))
	if err != nil || len(found) == 0 {
		return "", "no " + filepath.Join(folder, e.jar)
	}
	return found[0], ""
}

func (e *emulator) start(jar string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	args := []string{"-c", `"$@" >/dev/null 2>&1 & read -r _; kill $!`, "sh", "java"}
	args = append(append(append(args, e.before...), jar), e.after...)
	args = append(args, "--host=127.0.0.1", fmt.Sprintf("--port=%d", port))
	shell := exec.Command("sh", args...) //nolint:noctx // it outlives the test that starts it
	if e.lifeline, err = shell.StdinPipe(); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	if err := shell.Start(); err != nil {
		return fmt.Errorf("run java: %w", err)
	}
	e.address = fmt.Sprintf("127.0.0.1:%d", port)
	return listens(e.address)
}

// listens polls, since the emulators do not report when they are ready.
func listens(address string) error {
	for end := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address) //nolint:noctx // to ourselves: it is refused or taken at once
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("nothing listens on %s after %s: %w", address, startTimeout, err)
		}
	}
}

// freePort picks a port, because an emulator does not report the port that it has chosen.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: %v is no TCP address", listener.Addr())
	}
	return address.Port, nil
}
