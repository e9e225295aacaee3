// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// latest stands for the newest revision in a service's traffic.
const latest = "LATEST"

// placeholder is the image with which Terraform creates a service.
const placeholder = "us-docker.pkg.dev/cloudrun/container/hello"

// service is a Cloud Run service.
type service struct {
	Account   string
	Template  template
	Revisions map[string]template
	Newest    string
	Parts     []part
}

// template holds the content of a revision. If a client has set a name, the name stays in the
// service.
type template struct {
	Name, Image, Settings, Secret string
}

// part is a share of a service's traffic, or a tag.
type part struct {
	Revision string
	Percent  int
	Tag      string
}

// revise creates a revision of the template, as Cloud Run does: a name can have only one content.
func (s *service) revise(name string) error {
	made := s.Template.Name
	if made == "" {
		made = fmt.Sprintf("%s-%05d-abc", name, len(s.Revisions)+1)
	}
	if old, ok := s.Revisions[made]; ok && old != s.Template {
		return fmt.Errorf("409: revision named %s with different configuration already exists", made)
	}
	s.Revisions[made], s.Newest = s.Template, made
	return nil
}

// serving returns the revision that has all of a service's traffic.
func (s *service) serving() string {
	for _, p := range s.Parts {
		if p.Percent == 100 {
			return s.resolve(p.Revision)
		}
	}
	return ""
}

func (s *service) resolve(revision string) string {
	if revision == latest {
		return s.Newest
	}
	return revision
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

func (s *service) send(revision string) error {
	if _, ok := s.Revisions[s.resolve(revision)]; !ok {
		return fmt.Errorf("no revision %s", revision)
	}
	s.Parts = slices.DeleteFunc(s.Parts, func(p part) bool { return p.Percent > 0 })
	s.Parts = append([]part{{Revision: revision, Percent: 100}}, s.Parts...)
	return nil
}

// starts returns an error if no instance of a revision can start.
func (w *world) starts(t template) error {
	name, version, ok := strings.Cut(t.Secret, "@")
	if !ok {
		return nil
	}
	versions := w.Secrets[name].Versions
	number := len(versions)
	if version != "latest" {
		_, _ = fmt.Sscan(version, &number)
	}
	if !versions[number-1] {
		return fmt.Errorf("version %s of secret %s is disabled", version, name)
	}
	return nil
}

// answers returns the template of the revision that a call to a host reaches, or Cloud Run's status
// if the call reaches none.
func (w *world) answers(host string) (name string, t template, code int) {
	tag, rest, tagged := strings.Cut(host, "---")
	if !tagged {
		tag, rest = "", host
	}
	for candidate := range w.Services {
		if strings.HasPrefix(rest, candidate+"-") && len(candidate) > len(name) {
			name = candidate
		}
	}
	if name == "" {
		return "", t, 404
	}
	s, broken := w.Services[name], name
	revision := s.serving()
	if tagged {
		revision, broken = s.tagged(tag), tag+"---"+name
	}
	t, ok := s.Revisions[revision]
	switch {
	case !ok:
		return name, t, 404
	case w.starts(t) != nil || slices.Contains(w.Broken, broken):
		return name, t, 503
	}
	return name, t, 0
}

func describeService(w *world, rest []string, flags map[string]string) error {
	s := w.Services[rest[0]]
	fields, ok := strings.CutPrefix(flags["--format"], "csv[no-heading](status.traffic.")
	switch {
	case s == nil:
		return fmt.Errorf("no service %s", rest[0])
	case flags["--format"] == "value(status.latestCreatedRevisionName)":
		fmt.Println(s.Newest)
		return nil
	case !ok || flags["--flatten"] != "status.traffic[]":
		return fmt.Errorf("unknown format %q", flags)
	}
	first, second, _ := strings.Cut(strings.TrimSuffix(fields, ")"), ",status.traffic.")
	for _, p := range s.Parts {
		url := ""
		if p.Tag != "" {
			url = fmt.Sprintf("https://%s---%s-hash-uc.a.run.app", p.Tag, rest[0])
		}
		all := map[string]string{"tag": p.Tag, "revisionName": s.resolve(p.Revision), "percent": strings.TrimSuffix(fmt.Sprint(p.Percent), "0"), "url": url}
		if p.Percent > 0 {
			all["percent"] = fmt.Sprint(p.Percent)
		}
		fmt.Printf("%s,%s\n", all[first], all[second])
	}
	return nil
}

// serviceOf returns the service that a revision belongs to.
func (w *world) serviceOf(revision string) (string, *service) {
	for name, s := range w.Services {
		if _, ok := s.Revisions[revision]; ok {
			return name, s
		}
	}
	return "", nil
}

func describeRevision(w *world, rest []string, flags map[string]string) error {
	_, s := w.serviceOf(rest[0])
	if s == nil {
		return fmt.Errorf("no revision %s", rest[0])
	}
	t := s.Revisions[rest[0]]
	if flags["--format"] == "value(spec.containers[0].image)" {
		fmt.Println(t.Image)
		return nil
	}
	var variables []map[string]any
	if name, version, ok := strings.Cut(t.Secret, "@"); ok {
		variables = append(variables, map[string]any{"name": "API_TOKENS", "valueFrom": map[string]any{"secretKeyRef": map[string]string{"key": version, "name": name}}})
	}
	text, err := json.MarshalIndent(map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"env": variables}}}}, "", "  ")
	fmt.Println(string(text))
	return err
}

// updateService creates a revision even if nothing changed, as gcloud gives each revision its own
// label.
func updateService(w *world, rest []string, flags map[string]string) error {
	s, image := w.Services[rest[0]], flags["--image"]
	if s == nil || image != placeholder && (!strings.Contains(image, "@sha256:") || strings.Contains(image, ":tag")) {
		return fmt.Errorf("no service %s, or no image by its digest: %s", rest[0], image)
	}
	if _, ok := flags["--no-traffic"]; !ok {
		return errors.New("a revision would take traffic untried")
	}
	if err := s.send(s.serving()); err != nil { // the traffic stays with the revision that has it
		return err
	}
	s.Template.Image, s.Template.Name = image, ""
	tag, ok := flags["--tag"]
	if ok {
		s.Template.Name = fmt.Sprintf("%s-%05d-gen", rest[0], len(s.Revisions)+1)
	}
	if err := s.revise(rest[0]); err != nil {
		return err
	}
	if ok {
		s.untag(tag)
		s.Parts = append(s.Parts, part{Revision: s.Newest, Tag: tag})
	}
	return w.starts(s.Template)
}

func updateTraffic(w *world, rest []string, flags map[string]string) error {
	s := w.Services[rest[0]]
	if s == nil {
		return fmt.Errorf("no service %s", rest[0])
	}
	for pair := range strings.SplitSeq(flags["--update-tags"], ",") {
		tag, revision, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if _, ok := s.Revisions[revision]; !ok {
			return fmt.Errorf("no revision %s", revision)
		}
		s.untag(tag)
		s.Parts = append(s.Parts, part{Revision: revision, Tag: tag})
	}
	if tag, ok := flags["--remove-tags"]; ok {
		s.untag(tag)
	}
	if _, ok := flags["--to-latest"]; ok {
		return s.send(latest)
	}
	if revision, ok := strings.CutSuffix(flags["--to-revisions"], "=100"); ok {
		return s.send(revision)
	}
	if tag, ok := strings.CutSuffix(flags["--to-tags"], "=100"); ok {
		return s.send(s.tagged(tag))
	}
	return nil
}
