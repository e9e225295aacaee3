// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/eventarc"
)

// process is one of the functions. It starts when it is needed and runs until it is killed.
type process struct {
	binary string
	env    []string
	log    tail

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{} // closed when cmd has ended
	port    int
	trigger *eventarc.Trigger
}

// up starts the process if it is not running. It returns the address and the trigger that delivers
// events to the process.
func (p *process) up() (string, *eventarc.Trigger, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 5 {
		if p.running() && p.listens() {
			return p.trigger.URL, p.trigger, nil
		}
		if err := p.begin(); err != nil {
			return "", nil, fmt.Errorf("start %s: %w", p.binary, err)
		}
	}
	return "", nil, fmt.Errorf("%s ends when it is started:\n%s", p.binary, &p.log)
}

func (p *process) begin() error {
	// The next process uses the same port, unless another program has taken it.
	if p.port == 0 || !free(p.port) {
		p.port = newPort()
	}
	p.trigger = &eventarc.Trigger{URL: "http://" + address(p.port)}
	p.cmd = exec.Command(filepath.Join(binaries, p.binary))
	p.cmd.Env = append([]string{"PORT=" + strconv.Itoa(p.port)}, p.env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	cmd, ended := p.cmd, make(chan struct{})
	p.ended = ended
	go func() {
		_ = cmd.Wait() // the error says that it was killed
		close(ended)
	}()
	return nil
}

// running reports whether the process was started and has not ended.
func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// listens waits until the process accepts connections. It returns false if the process ends before.
func (p *process) listens() bool {
	for {
		conn, err := net.Dial("tcp", address(p.port))
		if err == nil {
			_ = conn.Close()
			return true
		}
		select {
		case <-p.ended:
			return false
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// kill kills the process, if it runs, and returns when it is dead.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			panic(fmt.Sprintf("kill %s: %v", p.binary, err)) // the test cannot continue with such a process
		}
		<-p.ended
	}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// The ports are below those that the system assigns to clients, so that a restarted process finds
// its own port free again.
const firstPort, lastPort = 10_000, 30_000

var port atomic.Int64

func newPort() int {
	for {
		n := firstPort + (os.Getpid()*97+int(port.Add(1)))%(lastPort-firstPort)
		if free(n) {
			return n
		}
	}
}

func free(port int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const keptBytes = 32 << 10

func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if len(b.text) > 2*keptBytes {
		b.text = append([]byte(nil), b.text[len(b.text)-keptBytes:]...)
	}
	return len(p), nil
}

func (b *tail) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

func (b *tail) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = nil
}
