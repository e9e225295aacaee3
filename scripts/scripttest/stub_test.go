// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package scripttest runs the scripts that deploy, release, try and roll back, with the real functions and the
// real curl, but a gcloud and a terraform that keep a project in a file. It holds the stubs to the configuration
// where it can: an output that Terraform does not have is no output here either.
package scripttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// worldVariable names the file that the stubs keep the project in.
const worldVariable = "SCRIPTTEST_WORLD"

// TestMain makes this binary the tool that it is called as.
func TestMain(m *testing.M) {
	tool := filepath.Base(os.Args[0])
	run, ok := map[string]func(*world, []string) error{"gcloud": gcloud, "terraform": terraform}[tool]
	if !ok {
		code := m.Run()
		if dir := filepath.Dir(localBinary); dir != "." {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}
	w, err := load(os.Getenv(worldVariable))
	if err == nil {
		err = errors.Join(run(w, os.Args[1:]), w.save()) // what a failing tool did stays done
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", tool, err)
		os.Exit(1)
	}
}

// world is a project.
type world struct {
	file string

	Billing     bool
	Storage     string // address of the stand-in for Cloud Storage
	Identity    bool   // an account is logged in, which gets tokens for an audience, not a person
	Failures    int    // of terraform apply, still to come
	Broken      bool   // the functions fail once they have the traffic
	Buckets     []string
	Agents      []string
	Services    map[string]*service `json:",omitempty"`
	DeadLetters map[string]string   `json:",omitempty"` // subscription to topic
	Builds      int
}

// service is one of Cloud Run's.
type service struct {
	Revisions int
	Parts     []part
}

// part is a share of a service's traffic, or a tag.
type part struct {
	Revision string
	Percent  int
	Tag      string
}

func load(file string) (*world, error) {
	w := &world{file: file, Services: map[string]*service{}, DeadLetters: map[string]string{}}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return w, json.Unmarshal(text, w)
}

func (w *world) save() error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return os.WriteFile(w.file, text, 0o600)
}

// serving is the revision that has all of a service's traffic.
func (s *service) serving() string {
	for _, p := range s.Parts {
		if p.Percent == 100 {
			return p.Revision
		}
	}
	return ""
}

func (s *service) tagged(tag string) string {
	for _, p := range s.Parts {
		if p.Tag == tag {
			return p.Revision
		}
	}
	return ""
}

func (s *service) untag(tag string) {
	s.Parts = slices.DeleteFunc(s.Parts, func(p part) bool { return p.Tag == tag })
}

func (s *service) send(revision string) {
	s.Parts = slices.DeleteFunc(s.Parts, func(p part) bool { return p.Percent > 0 })
	s.Parts = append([]part{{Revision: revision, Percent: 100}}, s.Parts...)
}

// arguments parts flags from the rest, and refuses flags that are not known.
func arguments(args []string, known ...string) (rest []string, flags map[string]string, err error) {
	flags = map[string]string{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch {
		case !strings.HasPrefix(arg, "-"):
			rest = append(rest, arg)
		case slices.Contains(known, name):
			flags[name] = value
		default:
			return nil, nil, fmt.Errorf("unknown flag %s", arg)
		}
	}
	return rest, flags, nil
}
