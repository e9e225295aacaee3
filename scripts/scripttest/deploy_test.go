// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// deploy runs scripts/deploy, and fails the test if the script fails.
func (s *stage) deploy(t *testing.T, args ...string) (string, *world) {
	t.Helper()
	said, w, err := s.run(t, "deploy", append(append([]string{"-y"}, args...), "my-project", "us-central1")...)
	if err != nil {
		t.Fatalf("deploy %q: %v\n%s", args, err, said)
	}
	return said, w
}

const tokenMode = "auth = { mode = \"token\" }\napi_tokens = { ci = { role = \"starter\", sha256 = \"1\" } }\n"

// TestDeploy goes from an empty project to a released system, repeats all steps, and then rolls
// back. The build account has exactly the permissions that Terraform grants to it, and must need
// all of them.
func TestDeploy(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{Billing: true, Failures: 1}).withFunctions(t)
	for n := 1; n <= 2; n++ {
		said, w := s.deploy(t)
		for _, want := range []string{"=== 6.", "POST validate-data", "report in gs://my-project-vertextune-data/drops/smoke/", "the candidate of poll has a tick", "released", "Go back:"} {
			if !strings.Contains(said, want) {
				t.Errorf("time %d does not say %q:\n%s", n, want, said)
			}
		}
		// The first release has no earlier one for a rollback; the second has the first.
		wantServing(t, w, "vertextune", n, n-1-1/n)
		if len(w.Buckets) != 1 || len(w.Agents) != 8 || len(w.Subscribers) != 2 || len(w.Builds) != n || len(w.Signed) != 6*n {
			t.Errorf("time %d leaves buckets %v, agents %v, subscriptions %v, builds %q, signatures %q", n, w.Buckets, w.Agents, w.Subscribers, w.Builds, w.Signed)
		}
		wantAllNeeded(t, w, "vertextune")
	}
	// A change of settings after a release takes effect at once.
	s.configure(t, "jobs = { max_concurrent = 2 }\n")
	_, w := s.deploy(t)
	wantServing(t, w, "vertextune", 3, 2)
	if got := w.Services["vertextune-api"].Template.Settings; !strings.Contains(got, "max_concurrent = 2") {
		t.Errorf("settings %s", got)
	}
	for range 2 { // a rollback may be repeated
		said, w, err := s.run(t, "rollback", "my-project", "us-central1")
		if err != nil {
			t.Errorf("rollback: %v\n%s", err, said)
		}
		wantServing(t, w, "vertextune", 2, 2)
	}
}

// TestDeployModes deploys in the auth modes in which Cloud Run does not authenticate the build
// account.
func TestDeployModes(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	for mode, tt := range map[string]struct {
		variables string
		args      []string
		want      string
	}{
		"token":              {tokenMode, []string{"-t", "smoke"}, "POST validate-data"},
		"oidc":               {"auth = { mode = \"oidc\" }\n", []string{"-t", "smoke"}, "POST validate-data"},
		"oidc_without_token": {"auth = { mode = \"oidc\" }\n", nil, "skipped: endpoints"},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := setUp(t, world{Billing: true, Secrets: map[string]*secret{"smoke": {Versions: []bool{true}}}}).withFunctions(t)
			s.configure(t, tt.variables)
			said, w := s.deploy(t, tt.args...)
			if !strings.Contains(said, tt.want) {
				t.Errorf("does not say %q:\n%s", tt.want, said)
			}
			wantServing(t, w, "vertextune", 1, -1)
			wantAllNeeded(t, w, "vertextune")
		})
	}
}

// TestRotation changes tokens after releases. Removed tokens must stay invalid, and every revision
// must be able to start.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{Billing: true}).withoutSmoke(t)
	s.configure(t, tokenMode)
	s.deploy(t)
	s.deploy(t)
	s.configure(t, strings.Replace(tokenMode, "ci =", "other =", 1))
	if said, w, err := s.terraform(t, "apply"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	} else if diff := cmp.Diff([]bool{false, true}, w.Secrets["vertextune-api-tokens"].Versions); diff != "" {
		t.Errorf("versions of the secret that are enabled (-want +got):\n%s", diff)
	}
	for _, args := range [][]string{nil, {"-s"}} {
		said, w, err := s.run(t, "rollback", append(args, "my-project", "us-central1")...)
		if err != nil {
			t.Fatalf("rollback: %v\n%s", err, said)
		}
		wantServing(t, w, "vertextune", 1, 1)
		if _, _, status := w.answers("vertextune-api-"); status != 0 {
			t.Errorf("status %d after rollback %q", status, args)
		}
		// With -s, the newest revision has the traffic, so that Terraform's next change takes
		// effect.
		if got := w.Services["vertextune-api"].Parts[0].Revision == latest; got != (len(args) > 0) {
			t.Errorf("rollback %q: the newest revision has the traffic: %t", args, got)
		}
	}
	// This revision names a disabled version, as old revisions do.
	w := s.world(t)
	api := w.Services["vertextune-api"]
	old := api.Revisions[api.tagged("previous")]
	old.Secret = "vertextune-api-tokens@1"
	api.Revisions[api.tagged("previous")] = old
	s.set(t, w)
	said, after, err := s.run(t, "rollback", "my-project", "us-central1")
	if err == nil || !strings.Contains(said, "version 1 of secret vertextune-api-tokens, which is disabled") {
		t.Errorf("error %v:\n%s", err, said)
	}
	if diff := cmp.Diff(w.Services, after.Services); diff != "" {
		t.Errorf("something was taken back:\n%s", diff)
	}
}

// TestTwoDeployments has two deployments in one project, and removes one of them as README.md
// describes.
func TestTwoDeployments(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{Billing: true}).withoutSmoke(t)
	s.deploy(t)
	_, w := s.deploy(t, "-n", "second")
	wantServing(t, w, "vertextune", 1, -1)
	wantServing(t, w, "second", 2, -1)
	if said, after, err := s.terraform(t, "destroy"); err == nil || !strings.Contains(said, "prevent_destroy") || cmp.Diff(w, after, cmp.AllowUnexported(world{})) != "" {
		t.Errorf("destroy with protection: error %v, or something was destroyed:\n%s", err, said)
	}
	text, err := os.ReadFile("../../terraform/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Uninstall\n")
	_, block, _ := strings.Cut(section, "\n```sh\n")
	block, _, ok := strings.Cut(block, "\n```")
	if !ok {
		t.Fatal("terraform/README.md has no commands to uninstall")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-ec", block)
	cmd.Dir, cmd.Env = s.dir, append(slices.Clip(s.env), "PROJECT=my-project", "REGION=us-central1", "NAME=second")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("uninstall: %v\n%s", err, out)
	}
	after := s.world(t)
	wantServing(t, after, "vertextune", 1, -1)
	if after.Deployments["second"] != nil || !slices.Equal(after.Buckets, []string{"gs://my-project-vertextune-terraform"}) {
		t.Errorf("deployments %v, buckets %v", after.Deployments, after.Buckets)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "terraform/backend.tf")); err == nil {
		t.Error("backend.tf is still there")
	}
}

// TestDeploy_asks checks that Terraform changes nothing unless the answer is yes.
func TestDeploy_asks(t *testing.T) {
	t.Parallel()
	s := setUp(t, world{Billing: true})
	said, w, err := s.run(t, "deploy", "my-project", "us-central1")
	if err == nil || !strings.Contains(said, "nothing was changed") || len(w.Services) > 0 {
		t.Errorf("error %v, services %v:\n%s", err, w.Services, said)
	}
}

func TestDeploy_refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, variables string
		w               world
		args            []string
		want            string
	}{
		{"no_arguments", "", world{}, nil, "usage: scripts/deploy"},
		{"no_project", "", world{Billing: true}, []string{"-y", "theirs", "us-central1"}, "there is no project theirs"},
		{"no_billing", "", world{}, []string{"-y", "my-project", "us-central1"}, "has no billing"},
		{"terraform_fails", "", world{Billing: true, Failures: 9}, []string{"-y", "my-project", "us-central1"}, "Terraform failed three times"},
		{"inside_without_a_pool", "api_ingress = \"INGRESS_TRAFFIC_INTERNAL_ONLY\"\n", world{Billing: true}, []string{"-y", "my-project", "us-central1"}, "set worker_pool"},
		{"key_set_later", "", world{Billing: true, Deployments: map[string]*deployment{"vertextune": {Fixed: "us-central1"}}}, []string{"-y", "-k", "k", "my-project", "us-central1"}, "prevent_destroy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setUp(t, tt.w)
			s.configure(t, tt.variables)
			said, w, err := s.run(t, "deploy", tt.args...)
			if err == nil || !strings.Contains(said, tt.want) || len(w.Builds) > 0 {
				t.Errorf("error %v, builds %q, want %q:\n%s", err, w.Builds, tt.want, said)
			}
		})
	}
}

// TestDeploy_builds_where_it_can checks that a build can run in another region than the service, or
// in a private pool.
func TestDeploy_builds_where_it_can(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	t.Parallel()
	s := setUp(t, world{Billing: true}).withoutSmoke(t)
	s.deploy(t, "-b", "europe-west1")
	s.configure(t, "api_ingress = \"INGRESS_TRAFFIC_INTERNAL_ONLY\"\nworker_pool = \"projects/p/locations/us-east1/workerPools/w\"\n")
	_, w := s.deploy(t)
	if diff := cmp.Diff([]string{"europe-west1 e2-highcpu-8 ", "us-east1  projects/p/locations/us-east1/workerPools/w"}, w.Builds); diff != "" {
		t.Errorf("builds (-want +got):\n%s", diff)
	}
}

// TestProtected checks that a plan fails if it would destroy the database, a bucket with users'
// files, or the images.
func TestProtected(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]int{"firestore.tf": 1, "registry.tf": 1, "storage.tf": 2} {
		text, err := os.ReadFile(filepath.Join("../../terraform", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(prevented.FindAll(text, -1)); got != want {
			t.Errorf("%s protects %d resources, want %d", file, got, want)
		}
	}
}
