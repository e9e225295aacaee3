// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// buildAccount returns the account that builds and releases the deployment with this name.
func buildAccount(name string) string { return name + "-build@my-project.iam.gserviceaccount.com" }

// predefined holds the permissions of Google's roles that are relevant here. The source is the list
// at https://cloud.google.com/iam/docs/roles-permissions as of August 2026.
var predefined = map[string][]string{
	"artifactregistry.writer": {
		"artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.uploadArtifacts", "artifactregistry.versions.get",
	},
	"iam.serviceAccountOpenIdTokenCreator": {"iam.serviceAccounts.getOpenIdToken"},
	"iam.serviceAccountUser":               {"iam.serviceAccounts.actAs"},
	"logging.logWriter":                    {"logging.logEntries.create"},
	"run.invoker":                          {"run.routes.invoke"},
	"secretmanager.secretAccessor":         {"secretmanager.versions.access"},
	"storage.objectCreator":                {"storage.objects.create"},
	"storage.objectViewer":                 {"storage.objects.get", "storage.objects.list"},
}

// require returns an error if an account lacks the permission. The owner of the project has all
// permissions.
func (w *world) require(account, permission, resource string) error {
	if account == "" {
		return nil
	}
	found := false
	for grant := range w.Grants {
		member, rest, _ := strings.Cut(grant, " ")
		role, on, _ := strings.Cut(rest, " on ")
		if member != "serviceAccount:"+account || on != "the project" && on != resource {
			continue
		}
		if slices.Contains(slices.Concat(predefined[role], w.Roles[role]), permission) {
			w.Grants[grant], w.Needed[permission], found = true, true, true
		}
	}
	if !found {
		return fmt.Errorf("403: %s lacks %s on %s", account, permission, resource)
	}
	return nil
}

// need is a permission that a command needs, and its resource.
type need struct {
	permission string
	on         func(w *world, rest []string, flags map[string]string) string
}

func onProject(*world, []string, map[string]string) string { return "the project" }

func onSelf(*world, []string, map[string]string) string {
	return "account " + os.Getenv(accountVariable)
}

func onService(_ *world, rest []string, _ map[string]string) string { return "service " + rest[0] }

func onServiceOfRevision(w *world, rest []string, _ map[string]string) string {
	name, _ := w.serviceOf(rest[0])
	return "service " + name
}

func onServiceAccount(w *world, rest []string, _ map[string]string) string {
	if s := w.Services[rest[0]]; s != nil {
		return "account " + s.Account
	}
	return "no account"
}

func onRepository(_ *world, _ []string, flags map[string]string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(flags["--image"], "us-central1-docker.pkg.dev/my-project/"), "/")
	return "repository " + name + flags["--repository"]
}

func onSecret(_ *world, _ []string, flags map[string]string) string {
	return "secret " + flags["--secret"]
}

// gcloud 528 needs these permissions, as a test server has shown: gcloud reads a service, writes
// the whole service, and waits for the operation, which belongs to the project. Cloud Run also
// checks that the caller may use the service's account and read the image
// (https://cloud.google.com/run/docs/reference/iam/roles#additional-configuration).
var (
	readsService  = []need{{"run.services.get", onService}}
	movesTraffic  = []need{{"run.services.get", onService}, {"run.services.update", onService}, {"run.operations.get", onProject}, {"iam.serviceAccounts.actAs", onServiceAccount}}
	makesRevision = append(slices.Clone(movesTraffic), need{"artifactregistry.repositories.downloadArtifacts", onRepository})
)

// granted reads the grants that Terraform makes in an auth mode, and the permissions of its custom
// roles. The grants come from the Terraform test that contains the expected table of grants.
func (w *world) granted(name, mode string, smokeSecret bool) error {
	text, err := os.ReadFile("terraform/tests/grants.tftest.hcl")
	if err != nil {
		return err
	}
	all := grantsOf(string(text), "as_it_comes", "toset(output.grants)")
	run := map[string]string{"oidc": "oidc", "token": "tokens"}[mode]
	for grant := range grantsOf(string(text), run, "setsubtract(run.as_it_comes.grants, output.grants)") {
		delete(all, grant)
	}
	for grant := range grantsOf(string(text), run, "setsubtract(output.grants, run.as_it_comes.grants)") {
		if smokeSecret || !strings.HasSuffix(grant, " on secret smoke") {
			all[grant] = true
		}
	}
	maps.DeleteFunc(w.Grants, func(grant string, _ bool) bool { return strings.Contains(grant, ":"+name+"-") })
	for grant := range all {
		grant = strings.ReplaceAll(grant, "vertextune", name)
		if _, known := w.Grants[grant]; !known {
			w.Grants[grant] = false // no command has used it yet
		}
	}
	return w.roles(name)
}

var (
	literal   = regexp.MustCompile(`(?m)^ +"(serviceAccount:.*)",$`)
	ownRole   = regexp.MustCompile(`(?s)resource "google_project_iam_custom_role" "([a-z]+)" \{.*?permissions = \[(.*?)\]`)
	quotation = regexp.MustCompile(`"([a-zA-Z.]+)"`)
)

// grantsOf returns the list that a run of the Terraform test compares with a value.
func grantsOf(text, run, compared string) map[string]bool {
	all := map[string]bool{}
	_, body, ok := strings.Cut(text, "\nrun \""+run+"\" {")
	body, _, _ = strings.Cut(body, "\nrun ")
	_, list, found := strings.Cut(body, "condition = "+compared+" == toset([")
	if !ok || !found {
		return all
	}
	list, _, _ = strings.Cut(list, "])")
	for _, m := range literal.FindAllStringSubmatch(list, -1) {
		all[strings.ReplaceAll(m[1], `\"`, `"`)] = true
	}
	return all
}

func (w *world) roles(name string) error {
	for _, file := range []string{"terraform/build.tf", "terraform/tuning.tf"} {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range ownRole.FindAllStringSubmatch(string(text), -1) {
			var permissions []string
			for _, q := range quotation.FindAllStringSubmatch(m[2], -1) {
				permissions = append(permissions, q[1])
			}
			w.Roles[name+"_"+m[1]] = permissions
		}
	}
	return nil
}

// wantAllNeeded checks that the build account has used each of its grants.
func wantAllNeeded(t *testing.T, w *world, name string) {
	t.Helper()
	for grant, needed := range w.Grants {
		if strings.HasPrefix(grant, "serviceAccount:"+buildAccount(name)+" ") && !needed {
			t.Errorf("nothing needs this grant: %s", grant)
		}
	}
	for _, role := range []string{"deployer", "releaser"} {
		if len(w.Roles[name+"_"+role]) == 0 {
			t.Errorf("role %s has no permissions", role)
		}
		for _, permission := range w.Roles[name+"_"+role] {
			if !w.Needed[permission] {
				t.Errorf("nothing needs %s of role %s", permission, role)
			}
		}
	}
}
