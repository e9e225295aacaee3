// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package scripttest runs the scripts that deploy, release, smoke-test and roll back. The functions
// and curl are real. The stubs of gcloud and terraform keep a small Google Cloud in a file, with
// permissions, named revisions and versions of secrets. They take what they can from Terraform's
// configuration: an output that the configuration lacks is missing here too, and an account may do
// exactly what Terraform grants.
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

// These are the environment variables of the stubs.
const (
	worldVariable   = "SCRIPTTEST_WORLD"   // names the file of the cloud's state
	accountVariable = "SCRIPTTEST_ACCOUNT" // the calling service account; if unset, the project's owner
)

// TestMain makes this binary act as the tool by whose name it is called.
func TestMain(m *testing.M) {
	tool := filepath.Base(os.Args[0])
	run, ok := map[string]func(*world, []string) error{"gcloud": gcloud, "terraform": terraform, "go": cosign}[tool]
	if !ok {
		code := m.Run()
		if dir := filepath.Dir(localBinary); dir != "." {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}
	w, err := load(os.Getenv(worldVariable))
	if err == nil {
		err = errors.Join(run(w, os.Args[1:]), w.save()) // the effects of a failing tool are kept
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", tool, err)
		os.Exit(1)
	}
}

// world is a Google Cloud project.
type world struct {
	file string

	Billing  bool
	Identity bool     // gcloud gets tokens for an audience, as an account can and a person cannot
	Failures int      // remaining failures of terraform apply
	FailOn   string   // the prefix of the next gcloud command that fails
	Builder  string   // the account of the running build, which the metadata server names
	Broken   []string // failing candidates as TAG---SERVICE, failing services as SERVICE

	Buckets     []string
	Agents      []string
	Subscribers map[string]string      `json:",omitempty"` // settings of a subscription
	Deployments map[string]*deployment `json:",omitempty"` // by name
	Services    map[string]*service    `json:",omitempty"`
	Secrets     map[string]*secret     `json:",omitempty"`
	Jobs        map[string]*job        `json:",omitempty"`
	Sizes       map[string]int         `json:",omitempty"` // bytes of an image, by digest; 1000 if absent
	Signed      []string               // images
	Builds      []string               // flags of each build

	Grants map[string]bool     `json:",omitempty"` // what Terraform has granted, and whether it was needed
	Roles  map[string][]string `json:",omitempty"` // permissions of the project's own roles
	Needed map[string]bool     `json:",omitempty"` // permissions that a service account needed
}

// deployment is Terraform's state of one deployment.
type deployment struct {
	Mode      string
	Tokens    string
	Fixed     string // what cannot change without replacing resources with data
	Protected bool
	Outputs   map[string]string
}

// secret is a list of versions: whether each is enabled.
type secret struct{ Versions []bool }

// job is a job of Cloud Scheduler.
type job struct {
	Host     string
	Attempts int
	Code     int
}

func load(file string) (*world, error) {
	w := &world{
		file: file, Subscribers: map[string]string{}, Deployments: map[string]*deployment{}, Services: map[string]*service{},
		Secrets: map[string]*secret{}, Jobs: map[string]*job{}, Grants: map[string]bool{}, Roles: map[string][]string{}, Needed: map[string]bool{},
	}
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

// arguments separates flags from the rest, and refuses unknown flags.
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
