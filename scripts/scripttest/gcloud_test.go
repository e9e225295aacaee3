// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// gcloud knows the commands that the scripts call, each with the flags that they give.
func gcloud(w *world, args []string) error {
	for _, c := range []struct {
		words string
		flags string
		run   func(w *world, rest []string, flags map[string]string) error
	}{
		{"projects describe", "--format", describeProject},
		{"billing projects describe", "--format", describeBilling},
		{"services enable", "", func(*world, []string, map[string]string) error { return nil }},
		{"beta services identity create", "--service", makeAgent},
		{"storage buckets describe", "--format", describeBucket},
		{"storage buckets create", "--location --uniform-bucket-level-access --public-access-prevention", createBucket},
		{"storage buckets update", "--versioning", describeBucket},
		{"storage cp", "--quiet", copyObject},
		{"storage cat", "", printObject},
		{"pubsub subscriptions update", "--dead-letter-topic --max-delivery-attempts --message-retention-duration --ack-deadline", updateSubscription},
		{"builds submit", "--config --region --service-account --gcs-source-staging-dir --substitutions", buildAndRelease},
		{"auth print-identity-token", "--audiences", printToken},
		{"secrets versions access", "--secret", func(*world, []string, map[string]string) error { fmt.Print("secret"); return nil }},
		{"run services describe", "--flatten --format", describeService},
		{"run services update", "--image --no-traffic --tag", updateService},
		{"run services update-traffic", "--to-latest --to-tags --update-tags --remove-tags", updateTraffic},
	} {
		words := strings.Fields(c.words)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		rest, flags, err := arguments(args[len(words):], strings.Fields(c.flags)...)
		if err != nil {
			return fmt.Errorf("%s: %w", c.words, err)
		}
		return c.run(w, rest, flags)
	}
	return fmt.Errorf("unknown command %q", args)
}

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
	if !slices.Contains(w.Agents, flags["--service"]) {
		w.Agents = append(w.Agents, flags["--service"])
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

// object is where the stand-in has a gs:// URI: its buckets have other names.
func object(uri string) (bucket, name string) {
	bucket, name, _ = strings.Cut(strings.TrimPrefix(uri, "gs://"), "/")
	return map[string]string{"my-project-vertextune-inbox": "local-inbox", "my-project-vertextune-data": "local-data"}[bucket], url.QueryEscape(name)
}

func copyObject(w *world, rest []string, _ map[string]string) error {
	f, err := os.Open(rest[0])
	if err != nil {
		return err
	}
	bucket, name := object(rest[1])
	return storage(http.MethodPost, w.Storage+"/upload/storage/v1/b/"+bucket+"/o?uploadType=media&name="+name, f, io.Discard)
}

func printObject(w *world, rest []string, _ map[string]string) error {
	bucket, name := object(rest[0])
	return storage(http.MethodGet, w.Storage+"/storage/v1/b/"+bucket+"/o/"+name+"?alt=media", http.NoBody, os.Stdout)
}

func storage(method, address string, body io.Reader, out io.Writer) error {
	request, err := http.NewRequest(method, address, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	_, err = io.Copy(out, response.Body)
	return err
}

func updateSubscription(w *world, rest []string, flags map[string]string) error {
	w.DeadLetters[rest[0]] = flags["--dead-letter-topic"]
	return nil
}

// printToken works as where no account but a person is logged in, unless Identity is set.
func printToken(w *world, _ []string, flags map[string]string) error {
	audience, given := flags["--audiences"]
	switch {
	case given && !w.Identity:
		return errors.New("invalid account type for --audiences")
	case given && audience != "https://vertextune-api-123456789012.us-central1.run.app":
		return fmt.Errorf("a token for %s would be refused", audience)
	}
	fmt.Println("secret")
	return nil
}

// buildAndRelease does the last step of cloudbuild.yaml, with images that were not built.
func buildAndRelease(w *world, _ []string, flags map[string]string) error {
	w.Builds++
	if err := w.save(); err != nil {
		return err
	}
	var images strings.Builder
	for _, function := range []string{"api", "convert", "poll"} {
		fmt.Fprintf(&images, "us-central1-docker.pkg.dev/my-project/vertextune/%s:tag@sha256:%064d\n", function, w.Builds)
	}
	file := filepath.Join(filepath.Dir(w.file), "images")
	if err := os.WriteFile(file, []byte(images.String()), 0o600); err != nil {
		return err
	}
	for pair := range strings.SplitSeq(flags["--substitutions"], ",") {
		name, value, _ := strings.Cut(pair, "=")
		if err := os.Setenv(strings.TrimPrefix(name, "_"), value); err != nil {
			return err
		}
	}
	release := exec.Command("scripts/release", "-n", os.Getenv("NAME"), "my-project", os.Getenv("REGION"), file)
	release.Stdout, release.Stderr = os.Stdout, os.Stderr
	err := release.Run()
	after, loadErr := load(w.file)
	if loadErr == nil {
		*w = *after
	}
	return errors.Join(err, loadErr)
}

func describeService(w *world, rest []string, flags map[string]string) error {
	s := w.Services[rest[0]]
	if s == nil || flags["--flatten"] != "status.traffic[]" {
		return fmt.Errorf("no service %s, or another question", rest[0])
	}
	fields := strings.Split(strings.TrimSuffix(strings.TrimPrefix(flags["--format"], "csv[no-heading]("), ")"), ",")
	for _, p := range s.Parts {
		values := map[string]string{
			"status.traffic.tag":          p.Tag,
			"status.traffic.revisionName": p.Revision,
			"status.traffic.percent":      map[bool]string{true: fmt.Sprint(p.Percent)}[p.Percent > 0],
			"status.traffic.url":          "https://" + p.Tag + "---" + rest[0] + "-abc-uc.a.run.app",
		}
		fmt.Println(values[fields[0]] + "," + values[fields[1]])
	}
	return nil
}

// updateService makes a revision, which is ready if it has an image by its digest.
func updateService(w *world, rest []string, flags map[string]string) error {
	s := w.Services[rest[0]]
	if s == nil || !strings.Contains(flags["--image"], "@sha256:") || strings.Contains(flags["--image"], ":tag") {
		return fmt.Errorf("no service %s, or no image by its digest: %s", rest[0], flags["--image"])
	}
	if _, ok := flags["--no-traffic"]; !ok {
		return errors.New("a revision would take traffic untried")
	}
	s.Revisions++
	s.untag(flags["--tag"])
	s.Parts = append(s.Parts, part{Revision: fmt.Sprintf("%s-%05d", rest[0], s.Revisions), Tag: flags["--tag"]})
	return nil
}

func updateTraffic(w *world, rest []string, flags map[string]string) error {
	s := w.Services[rest[0]]
	if s == nil {
		return fmt.Errorf("no service %s", rest[0])
	}
	for pair := range strings.SplitSeq(flags["--update-tags"], ",") {
		if tag, revision, ok := strings.Cut(pair, "="); ok {
			s.untag(tag)
			s.Parts = append(s.Parts, part{Revision: revision, Tag: tag})
		}
	}
	if _, ok := flags["--to-latest"]; ok {
		s.send(fmt.Sprintf("%s-%05d", rest[0], s.Revisions))
	}
	if tag, ok := strings.CutSuffix(flags["--to-tags"], "=100"); ok {
		revision := s.tagged(tag)
		if revision == "" {
			return fmt.Errorf("no revision of %s has the tag %s", rest[0], tag)
		}
		s.send(revision)
	}
	if tag, ok := flags["--remove-tags"]; ok {
		s.untag(tag)
	}
	return nil
}
