// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// command is a gcloud command that the scripts call, with the flags that they pass and the
// permissions that it needs.
type command struct {
	words string
	flags string
	run   func(w *world, rest []string, flags map[string]string) error
	needs []need
}

var commands = []command{
	// Only the owner of the project runs these.
	{"projects describe", "--format", describeProject, []need{{"resourcemanager.projects.get", onProject}}},
	{"billing projects describe", "--format", describeBilling, []need{{"resourcemanager.projects.get", onProject}}},
	{"services enable", "", nothing, []need{{"serviceusage.services.enable", onProject}}},
	{"beta services identity create", "--service --help", makeAgent, []need{{"serviceusage.services.enable", onProject}}},
	{"storage service-agent", "--authorize-cmek", nothing, []need{{"cloudkms.cryptoKeys.setIamPolicy", onProject}}},
	{"storage buckets describe", "--format", describeBucket, []need{{"storage.buckets.get", onProject}}},
	{"storage buckets create", "--location --uniform-bucket-level-access --public-access-prevention --default-encryption-key", createBucket, []need{{"storage.buckets.create", onProject}}},
	{"storage buckets update", "--versioning", describeBucket, []need{{"storage.buckets.update", onProject}}},
	{"storage rm", "--recursive", removeBucket, []need{{"storage.buckets.delete", onProject}}},
	{"pubsub subscriptions update", "--dead-letter-topic --clear-dead-letter-policy --max-delivery-attempts --message-retention-duration --ack-deadline", updateSubscription, []need{{"pubsub.subscriptions.update", onProject}}},
	{"builds submit", "--config --region --machine-type --worker-pool --service-account --gcs-source-staging-dir --substitutions", buildAndRelease, []need{{"cloudbuild.builds.create", onProject}}},
	{"secrets versions describe", "--secret --format", describeVersion, []need{{"secretmanager.versions.get", onSecret}}},

	// The build account runs these too.
	// https://cloud.google.com/iam/docs/service-account-permissions lists the permissions for
	// tokens.
	{"auth print-access-token", "", printAccess, nil},
	{"auth print-identity-token", "--audiences", printIdentity, []need{{"iam.serviceAccounts.getOpenIdToken", onSelf}}},
	{"secrets versions access", "--secret", accessVersion, []need{{"secretmanager.versions.access", onSecret}}},
	{"run services describe", "--flatten --format", describeService, readsService},
	{"run revisions describe", "--format", describeRevision, []need{{"run.revisions.get", onServiceOfRevision}}},
	{"run services update", "--image --no-traffic --tag", updateService, makesRevision},
	{"run services update-traffic", "--to-latest --to-revisions --to-tags --update-tags --remove-tags", updateTraffic, movesTraffic},
	{"scheduler jobs describe", "--location --format", describeJob, []need{{"cloudscheduler.jobs.get", onProject}}},
	{"scheduler jobs run", "--location", runJob, []need{{"cloudscheduler.jobs.run", onProject}}},
	{"artifacts versions describe", "--package --repository --location --project --format", describeImage, []need{{"artifactregistry.versions.get", onRepository}}},
}

func gcloud(w *world, args []string) error {
	if w.FailOn != "" && strings.HasPrefix(strings.Join(args, " "), w.FailOn) {
		w.FailOn = ""
		return errors.New("503: the backend is unavailable")
	}
	for _, c := range commands {
		words := strings.Fields(c.words)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		rest, flags, err := arguments(args[len(words):], strings.Fields(c.flags)...)
		if err != nil {
			return fmt.Errorf("%s: %w", c.words, err)
		}
		for _, n := range c.needs {
			// The permissions on images of others are not ours to grant.
			if on := n.on(w, rest, flags); on != "repository "+strings.SplitN(placeholder, "/", 2)[0] {
				err = errors.Join(err, w.require(os.Getenv(accountVariable), n.permission, on))
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.words, err)
		}
		return c.run(w, rest, flags)
	}
	return fmt.Errorf("unknown command %q", args)
}

func nothing(*world, []string, map[string]string) error { return nil }

func describeProject(_ *world, rest []string, _ map[string]string) error {
	if rest[0] != "my-project" {
		return errors.New("no such project")
	}
	fmt.Println("123456789012")
	return nil
}

func describeBilling(w *world, _ []string, _ map[string]string) error {
	fmt.Println(map[bool]string{true: "True", false: "False"}[w.Billing])
	return nil
}

func makeAgent(w *world, _ []string, flags map[string]string) error {
	if service := flags["--service"]; service != "" && !slices.Contains(w.Agents, service) {
		w.Agents = append(w.Agents, service)
	}
	return nil
}

func describeBucket(w *world, rest []string, _ map[string]string) error {
	if !slices.Contains(w.Buckets, rest[0]) {
		return fmt.Errorf("%s: not found", rest[0])
	}
	return nil
}

func createBucket(w *world, rest []string, _ map[string]string) error {
	if slices.Contains(w.Buckets, rest[0]) {
		return fmt.Errorf("%s: exists", rest[0])
	}
	w.Buckets = append(w.Buckets, rest[0])
	return nil
}

func removeBucket(w *world, rest []string, _ map[string]string) error {
	if err := describeBucket(w, rest, nil); err != nil {
		return err
	}
	w.Buckets = slices.DeleteFunc(w.Buckets, func(name string) bool { return name == rest[0] })
	return nil
}

func updateSubscription(w *world, rest []string, flags map[string]string) error {
	_, cleared := flags["--clear-dead-letter-policy"]
	w.Subscribers[rest[0]] = fmt.Sprintf("dead letters %q, cleared %t", flags["--dead-letter-topic"], cleared)
	return nil
}

// printAccess and printIdentity print tokens that name their account.
func printAccess(*world, []string, map[string]string) error {
	fmt.Println("access/" + os.Getenv(accountVariable))
	return nil
}

func printIdentity(w *world, _ []string, flags map[string]string) error {
	if _, ok := flags["--audiences"]; ok && !w.Identity {
		return errors.New("invalid account type for --audiences")
	}
	fmt.Println("identity/" + os.Getenv(accountVariable) + "/" + flags["--audiences"])
	return nil
}

func accessVersion(w *world, _ []string, flags map[string]string) error {
	if w.Secrets[flags["--secret"]] == nil {
		return fmt.Errorf("no secret %s", flags["--secret"])
	}
	fmt.Println("secret")
	return nil
}

func describeVersion(w *world, rest []string, flags map[string]string) error {
	state := "ENABLED"
	if w.starts(template{Secret: flags["--secret"] + "@" + rest[0]}) != nil {
		state = "DISABLED"
	}
	fmt.Println(state)
	return nil
}

func describeImage(w *world, rest []string, _ map[string]string) error {
	size, ok := w.Sizes[rest[0]]
	if !ok {
		size = 1000
	}
	fmt.Println(size)
	return nil
}

func describeJob(w *world, rest []string, flags map[string]string) error {
	j := w.Jobs[rest[0]]
	if j == nil {
		return fmt.Errorf("no job %s in %s", rest[0], flags["--location"])
	}
	last, code := "", ""
	if j.Attempts > 0 {
		last = fmt.Sprintf("2026-01-01T00:00:%02dZ", j.Attempts)
	}
	if j.Code != 0 {
		code = fmt.Sprint(j.Code)
	}
	if flags["--format"] == "value(lastAttemptTime)" {
		fmt.Println(last)
	} else {
		fmt.Println(last + "," + code)
	}
	return nil
}

// runJob calls a service as its trigger's account, which has the permission.
func runJob(w *world, rest []string, _ map[string]string) error {
	j := w.Jobs[rest[0]]
	if j == nil {
		return fmt.Errorf("no job %s", rest[0])
	}
	j.Attempts++
	_, _, status := w.answers(j.Host)
	j.Code = map[int]int{404: 5, 503: 13}[status] // https://cloud.google.com/apis/design/errors
	return nil
}

// buildAndRelease runs the steps of cloudbuild.yaml, with images that were not built.
func buildAndRelease(w *world, _ []string, flags map[string]string) error {
	w.Builds = append(w.Builds, fmt.Sprintf("%s %s %s", flags["--region"], flags["--machine-type"], flags["--worker-pool"]))
	environment := map[string]string{"PROJECT_NUMBER": "123456789012"}
	for pair := range strings.SplitSeq(flags["--substitutions"], ",") {
		name, value, _ := strings.Cut(pair, "=")
		environment[strings.TrimPrefix(name, "_")] = value
	}
	account, name := strings.TrimPrefix(flags["--service-account"], "projects/my-project/serviceAccounts/"), environment["NAME"]
	// The account reads the sources and writes the log; ko pushes the images. Source:
	// https://cloud.google.com/build/docs/securing-builds/configure-user-specified-service-accounts
	if err := errors.Join(
		w.require(account, "storage.objects.get", "bucket my-project-"+name+"-source"),
		w.require(account, "logging.logEntries.create", "the project"),
		w.require(account, "artifactregistry.repositories.uploadArtifacts", "repository "+name),
	); err != nil {
		return err
	}
	dir := filepath.Dir(w.file)
	var images strings.Builder
	for _, function := range []string{"api", "convert", "poll"} {
		fmt.Fprintf(&images, "us-central1-docker.pkg.dev/my-project/%s/%s:tag@sha256:%064d\n", name, function, len(w.Builds))
		if err := os.WriteFile(filepath.Join(dir, function+"-linux-amd64.spdx.json"), []byte("{}"), 0o600); err != nil {
			return err
		}
	}
	file := filepath.Join(dir, "images")
	w.Builder = account
	if err := errors.Join(os.WriteFile(file, []byte(images.String()), 0o600), w.save()); err != nil {
		return err
	}
	for name, value := range environment {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	err := as(account, "scripts/sign", file, dir)
	if err == nil {
		err = as(account, "scripts/release", "-n", name, "my-project", environment["REGION"], file)
	}
	after, loadErr := load(w.file)
	if loadErr == nil {
		*w = *after
	}
	return errors.Join(err, loadErr)
}

// as runs a script as an account.
func as(account, script string, args ...string) error {
	cmd := exec.Command(script, args...)
	cmd.Env = append(os.Environ(), accountVariable+"="+account)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// cosign replaces the program that scripts/sign runs with Go. A tag of the registry can be written
// only once.
func cosign(w *world, args []string) error {
	if len(args) < 3 || args[0] != "run" || !strings.HasPrefix(args[1], "github.com/sigstore/cosign/v2/cmd/cosign@v") {
		return fmt.Errorf("unknown command %q", args)
	}
	entry := args[2] + " " + args[len(args)-1]
	if kind, ok := strings.CutPrefix(args[2], "verify"); ok {
		if !slices.Contains(w.Signed, map[string]string{"": "sign", "-attestation": "attest"}[kind]+" "+args[len(args)-1]) {
			return errors.New("no signatures found")
		}
		return nil
	}
	if slices.Contains(w.Signed, entry) || !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--identity-token=identity/") }) {
		return fmt.Errorf("%s is there already, or no identity was given", entry)
	}
	w.Signed = append(w.Signed, entry)
	return nil
}
