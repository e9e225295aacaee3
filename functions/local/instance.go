// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// instance describes a running local command. Other local commands on this machine read it, so that
// no two commands use the same database.
type instance struct {
	PID       int      `json:"pid"`
	URL       string   `json:"url,omitempty"`
	Addresses []string `json:"addresses"` // addresses of the services that it uses, as host:port
}

func (i instance) String() string {
	if i.URL == "" {
		return fmt.Sprintf("process %d", i.PID)
	}
	return fmt.Sprintf("process %d at %s", i.PID, i.URL)
}

// registration is the folder of an instance. The folder is locked while the process lives; the
// operating system releases the lock however the process ends.
type registration struct {
	dir    string
	unlock func() error
}

const instanceFile = "instance.json"

// instancesDir returns the folder of this user's instances.
func instancesDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("vertextune-local-%d", os.Getuid()))
}

func register(root string, i instance) (*registration, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("keep a list of running local commands: %w", err)
	}
	// The name is hidden until the folder is locked, because other commands remove unlocked
	// folders.
	hidden, err := os.MkdirTemp(root, ".")
	if err != nil {
		return nil, fmt.Errorf("keep a list of running local commands: %w", err)
	}
	r := &registration{dir: hidden}
	if r.unlock, err = storage.LockDir(hidden); err != nil {
		return nil, fmt.Errorf("keep a list of running local commands: %w", err)
	}
	if err := r.update(i); err != nil {
		return nil, errors.Join(err, r.close())
	}
	visible := filepath.Join(root, filepath.Base(hidden)[1:])
	if err := os.Rename(hidden, visible); err != nil {
		return nil, errors.Join(fmt.Errorf("keep a list of running local commands: %w", err), r.close())
	}
	r.dir = visible
	return r, nil
}

// update replaces the instance's description, which other commands read.
func (r *registration) update(i instance) error {
	text, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("encode the instance: %w", err)
	}
	draft := filepath.Join(r.dir, "draft")
	if err := os.WriteFile(draft, text, 0o600); err != nil {
		return fmt.Errorf("keep a list of running local commands: %w", err)
	}
	if err := os.Rename(draft, filepath.Join(r.dir, instanceFile)); err != nil {
		return fmt.Errorf("keep a list of running local commands: %w", err)
	}
	return nil
}

// otherInstances returns the other running instances, and removes the folders of killed ones.
func (r *registration) otherInstances() (running []instance) {
	dirs, _ := filepath.Glob(filepath.Join(filepath.Dir(r.dir), "[0-9]*")) // the pattern is valid
	for _, dir := range dirs {
		if dir == r.dir {
			continue
		}
		if unlock, err := storage.LockDir(dir); err == nil {
			_ = os.RemoveAll(dir) // the next command tries again
			_ = unlock()
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, instanceFile))
		if err != nil {
			continue // the instance has just ended
		}
		var i instance
		if json.Unmarshal(text, &i) == nil {
			running = append(running, i)
		}
	}
	return running
}

func (r *registration) close() error {
	err := os.RemoveAll(r.dir)
	if err != nil {
		err = os.RemoveAll(r.dir) // a file may have appeared meanwhile
	}
	return errors.Join(err, r.unlock())
}

// reserve listens on the functions' port, and keeps other local commands from using the same
// services.
func (s *system) reserve(ctx context.Context, external cloud.Addresses) (err error) {
	if s.instance, err = register(instancesDir(), s.describe(external)); err != nil {
		return err
	}
	others := s.instance.otherInstances()
	var lc net.ListenConfig
	s.listener, err = lc.Listen(ctx, "tcp", local(s.port))
	if err != nil {
		s.listener = nil
		for _, other := range others {
			if other.URL == "http://"+local(s.port) {
				return fmt.Errorf("another local command (%s) has port %d. End that one with Ctrl-C, or start this one with -port 0, which picks a free port",
					other, s.port)
			}
		}
		return fmt.Errorf("listen on the port of the functions, which -port sets: %w", err)
	}
	s.url = "http://" + s.listener.Addr().String()
	return checkEmulators(ctx, external, others)
}

// describe returns the description of this instance for other local commands.
func (s *system) describe(services cloud.Addresses) instance {
	i := instance{PID: os.Getpid(), URL: s.url}
	for _, address := range []string{services.Storage, services.Firestore, services.PubSub, services.Vertex} {
		if address != "" {
			i.Addresses = append(i.Addresses, hostPort(address))
		}
	}
	return i
}

// emulators returns the address of each foreign emulator by the variable that names it.
func emulators(foreign cloud.Addresses) map[string]string {
	all := map[string]string{
		"STORAGE_EMULATOR_HOST": foreign.Storage, "FIRESTORE_EMULATOR_HOST": foreign.Firestore, "PUBSUB_EMULATOR_HOST": foreign.PubSub,
	}
	maps.DeleteFunc(all, func(_, address string) bool { return address == "" })
	return all
}

// checkEmulators returns an error at once if an emulator is used by another instance or does not
// answer.
func checkEmulators(ctx context.Context, foreign cloud.Addresses, others []instance) error {
	named := emulators(foreign)
	names := slices.Sorted(maps.Keys(named))
	unset := "unset " + strings.Join(names, " ")
	for _, name := range names {
		address := hostPort(named[name])
		for _, other := range others {
			if slices.Contains(other.Addresses, address) {
				return fmt.Errorf("%s=%s is in use by another local command (%s), and two must not share their data. "+
					"End that one, or use stand-ins of your own: %s", name, named[name], other, unset)
			}
		}
		reach, cancel := context.WithTimeout(ctx, 2*time.Second)
		connection, err := (&net.Dialer{}).DialContext(reach, "tcp", address)
		cancel()
		if err != nil {
			return fmt.Errorf("nothing answers at %s=%s. Start that emulator, or remove the variable to use the stand-in (from .env, or with: %s)",
				name, named[name], unset)
		}
		_ = connection.Close() // the connection only shows that the emulator listens
	}
	return nil
}

// hostPort returns an address without its scheme and path. It replaces each name of this machine
// with 127.0.0.1.
func hostPort(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	address, _, _ = strings.Cut(address, "/")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
