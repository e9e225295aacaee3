// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"strings"
	"testing"
)

// TestDeploy goes from an empty project to a released system, then does it all again, then goes back.
func TestDeploy(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{Billing: true, Failures: 1}).withFunctions(t)
	for n := 1; n <= 2; n++ {
		said, w, err := s.run(t, "deploy", "-y", "my-project", "us-central1")
		if err != nil {
			t.Fatalf("deploy, time %d: %v\n%s", n, err, said)
		}
		for _, want := range []string{"=== 6.", "POST validate-data", "report in gs://my-project-vertextune-data/drops/smoke/", "released", "Go back:"} {
			if !strings.Contains(said, want) {
				t.Errorf("time %d does not say %q:\n%s", n, want, said)
			}
		}
		// The first release has nothing to go back to, the second the first.
		wantServing(t, w, n+1, map[int]int{1: 0, 2: 2}[n])
		if len(w.Buckets) != 1 || len(w.Agents) != 5 || len(w.DeadLetters) != 2 || w.Builds != n {
			t.Errorf("time %d leaves buckets %v, agents %v, dead letters %v, %d builds", n, w.Buckets, w.Agents, w.DeadLetters, w.Builds)
		}
	}
	for range 2 { // going back may be repeated
		if said, w, err := s.run(t, "rollback", "my-project", "us-central1"); err != nil {
			t.Errorf("rollback: %v\n%s", err, said)
		} else {
			wantServing(t, w, 2, 2)
		}
	}
}

// TestDeployAsks: Terraform changes nothing unless the answer is yes.
func TestDeployAsks(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{Billing: true})
	said, w, err := s.run(t, "deploy", "my-project", "us-central1")
	if err == nil || !strings.Contains(said, "nothing was changed") || len(w.Services) > 0 {
		t.Errorf("error %v, services %v:\n%s", err, w.Services, said)
	}
}

func TestDeployRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		w    world
		args []string
		want string
	}{
		{"no_arguments", world{}, nil, "usage: scripts/deploy"},
		{"no_project", world{Billing: true}, []string{"-y", "theirs", "us-central1"}, "there is no project theirs"},
		{"no_billing", world{}, []string{"-y", "my-project", "us-central1"}, "has no billing"},
		{"terraform_fails", world{Billing: true, Failures: 9}, []string{"-y", "my-project", "us-central1"}, "Terraform failed three times"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setUp(t, tt.w)
			said, w, err := s.run(t, "deploy", tt.args...)
			if err == nil || !strings.Contains(said, tt.want) || w.Builds > 0 {
				t.Errorf("error %v, %d builds, want %q:\n%s", err, w.Builds, tt.want, said)
			}
		})
	}
}
