// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// released returns a project with the second release of the functions.
func released() world {
	w := world{
		Billing: true, Services: map[string]*service{}, Jobs: map[string]*job{},
		Deployments: map[string]*deployment{"vertextune": {Mode: "iam"}},
	}
	for _, f := range []string{"api", "convert", "poll"} {
		name := "vertextune-" + f
		s := &service{Account: name + "@my-project.iam.gserviceaccount.com", Revisions: map[string]template{}}
		for n := range 3 {
			s.Template = template{Image: imageOf(f, n)}
			_ = s.revise(name)
		}
		s.Parts = []part{{Revision: latest, Percent: 100}, {Revision: name + "-00003-abc", Tag: "released"}, {Revision: name + "-00002-abc", Tag: "previous"}}
		w.Services[name] = s
	}
	for trial, host := range map[string]string{"candidate-convert": "candidate---vertextune-convert-", "candidate-poll": "candidate---vertextune-poll-", "serving-poll": "vertextune-poll-"} {
		w.Jobs["vertextune-try-"+trial] = &job{Host: host}
	}
	return w
}

// imageOf returns the image of a function in a release; release 0 is the placeholder.
func imageOf(function string, release int) string {
	if release == 0 {
		return placeholder
	}
	return fmt.Sprintf("us-central1-docker.pkg.dev/my-project/vertextune/%s@sha256:%064d", function, release)
}

func imagesOf(release int) string {
	return imageOf("api", release) + "\n" + imageOf("convert", release) + "\n" + imageOf("poll", release) + "\n"
}

// release runs scripts/release as the owner of the project.
func (s *stage) release(t *testing.T, images string) (string, *world, error) {
	t.Helper()
	file := filepath.Join(s.dir, "images")
	write(t, file, images)
	return s.run(t, "release", "my-project", "us-central1", file)
}

func TestRelease(t *testing.T) {
	t.Parallel()
	t.Run("as_an_account", func(t *testing.T) {
		t.Parallel()
		w := released()
		w.Identity = true
		s := setUp(t, w).withFunctions(t)
		said, after, err := s.release(t, imagesOf(3))
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		wantServing(t, after, "vertextune", 3, 2)
	})
	// The candidate works until it has the traffic.
	t.Run("takes_back_what_fails", func(t *testing.T) {
		t.Parallel()
		w := released()
		w.Broken = []string{"vertextune-api"}
		s := setUp(t, w).withFunctions(t)
		said, after, err := s.release(t, imagesOf(3))
		if err == nil || !strings.Contains(said, "back to the revisions before") {
			t.Errorf("error %v:\n%s", err, said)
		}
		wantServing(t, after, "vertextune", 2, 1)
	})
	// A killed release left the traffic with a candidate, so a rollback must go to an older
	// revision.
	t.Run("after_one_that_was_killed", func(t *testing.T) {
		t.Parallel()
		w := released()
		for name, s := range w.Services {
			s.Template.Image = imageOf(strings.TrimPrefix(name, "vertextune-"), 3)
			_ = s.revise(name)
			s.Parts = append(s.Parts, part{Revision: s.Newest, Tag: "candidate"})
		}
		said, after, err := setUp(t, w).withoutSmoke(t).release(t, imagesOf(4))
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		wantServing(t, after, "vertextune", 4, 2)
	})
}

// TestRelease_fails makes a release fail at each of its steps, for the first release and for a
// later one. The functions must keep their code, the newest revision must have the traffic, and the
// release must be repeatable.
func TestRelease_fails(t *testing.T) {
	t.Parallel()
	for step, w := range map[string]world{
		"run services update vertextune-convert --image":                  {},
		"run services update vertextune-api --image":                      {},
		"run services update-traffic vertextune-poll --update-tags":       {},
		"scheduler jobs run vertextune-try-candidate-poll":                {},
		"run services update-traffic vertextune-poll --to-latest":         {},
		"scheduler jobs run vertextune-try-serving-poll":                  {},
		"run services update-traffic vertextune-api --update-tags=releas": {},
		"a candidate of convert that fails":                               {Broken: []string{"candidate---vertextune-convert"}},
		"poll that fails once it has the traffic":                         {Broken: []string{"vertextune-poll"}},
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/first_%t", step, first), func(t *testing.T) {
				t.Parallel()
				failAt(t, step, w.Broken, first)
			})
		}
	}
}

func failAt(t *testing.T, step string, broken []string, first bool) {
	t.Helper()
	w, now, before := released(), 2, 1
	if first {
		now, before = 0, -1
		for name, s := range w.Services {
			s.Revisions = map[string]template{name + "-00001-abc": s.Revisions[name+"-00001-abc"]}
			s.Template, s.Newest, s.Parts = s.Revisions[name+"-00001-abc"], name+"-00001-abc", []part{{Revision: latest, Percent: 100}}
		}
	}
	w.Broken = broken
	if broken == nil {
		w.FailOn = step
	}
	s := setUp(t, w).withoutSmoke(t)
	said, after, err := s.release(t, imagesOf(3))
	if err == nil {
		t.Errorf("it does not fail:\n%s", said)
	}
	if !strings.Contains(step, "=releas") { // the candidates were tried before; some have their tags
		wantServing(t, after, "vertextune", now, before)
	}
	for name, service := range after.Services {
		if service.Parts[0] != (part{Revision: latest, Percent: 100}) {
			t.Errorf("%s: what Terraform changes would take no effect: %+v", name, service.Parts)
		}
		// In any case, Terraform's next change must create a new revision.
		service.Template.Settings = "changed"
		if err := service.revise(name); err != nil {
			t.Error(err)
		}
	}
	after.Broken = nil
	s.set(t, after)
	if said, after, err = s.release(t, imagesOf(3)); err != nil {
		t.Errorf("repeated: %v\n%s", err, said)
	}
	for name, service := range after.Services {
		if got := service.release(service.serving()); got != 3 {
			t.Errorf("repeated: %s: release %d has the traffic", name, got)
		}
	}
}

// TestRelease_refuses checks that a release which could not be completed is refused before it
// changes anything.
func TestRelease_refuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		images string
		change func(*world)
		want   string
	}{
		"an_image_is_missing": {images: imageOf("api", 3) + "\n" + imageOf("poll", 3) + "\n", want: "no image .../convert@sha256:"},
		"an_image_by_its_tag": {images: strings.Replace(imagesOf(3), imageOf("api", 3), "r/api:latest", 1), want: "no image .../api@sha256:"},
		"split_traffic": {images: imagesOf(3), want: "is split", change: func(w *world) {
			w.Services["vertextune-poll"].Parts[0].Percent = 50
		}},
		"an_image_that_grew": {images: imagesOf(3), want: "poll: the image grew from 1000 to 1101 bytes, more than 10 %", change: func(w *world) {
			w.Sizes = map[string]int{fmt.Sprintf("sha256:%064d", 3): 1101}
			w.Services["vertextune-convert"].Template.Image = placeholder // from another registry: not compared
			_ = w.Services["vertextune-convert"].revise("vertextune-convert")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := released()
			if tt.change != nil {
				tt.change(&w)
			}
			newest := maps.Clone(w.Services["vertextune-api"].Revisions)
			said, after, err := setUp(t, w).release(t, tt.images)
			if err == nil || !strings.Contains(said, tt.want) {
				t.Errorf("error %v, want %q:\n%s", err, tt.want, said)
			}
			if got := after.Services["vertextune-api"].Revisions; !maps.Equal(newest, got) {
				t.Errorf("revisions %v", slices.Sorted(maps.Keys(got)))
			}
		})
	}
}

// TestRelease_of_a_larger_image checks that a larger image can be released on purpose.
func TestRelease_of_a_larger_image(t *testing.T) {
	t.Parallel()
	w := released()
	w.Sizes = map[string]int{fmt.Sprintf("sha256:%064d", 3): 1500}
	s := setUp(t, w).withoutSmoke(t)
	s.env = append(s.env, "MAX_GROWTH=50")
	if said, _, err := s.release(t, imagesOf(3)); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestRollback_of_the_first checks that the first release has no rollback.
func TestRollback_of_the_first(t *testing.T) {
	t.Parallel()
	w := released()
	w.Services["vertextune-poll"].untag("previous")
	said, after, err := setUp(t, w).run(t, "rollback", "my-project", "us-central1")
	if err == nil || !strings.Contains(said, "not taken back: poll") {
		t.Errorf("error %v:\n%s", err, said)
	}
	if got := after.Services["vertextune-api"].serving(); got != "vertextune-api-00002-abc" {
		t.Errorf("api: %s has the traffic: the others go back all the same", got)
	}
}
