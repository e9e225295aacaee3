// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// label matches the keys and the values that Google Cloud accepts for a label.
var label = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

func TestNewID(t *testing.T) {
	t.Parallel()
	if !label.MatchString(tuning.LabelKey) {
		t.Errorf("LabelKey %q is no legal key of a label", tuning.LabelKey)
	}
	seen := map[string]bool{}
	var ids []string
	moment := time.Date(2024, 12, 1, 14, 30, 22, 0, time.FixedZone("CET", 3600))
	for range 500 {
		moment = moment.Add(time.Second)
		for range 4 {
			id := tuning.NewID(moment)
			if !label.MatchString(id) || !tuning.IsID(id) {
				t.Fatalf("NewID = %q: legal as a label: %v, IsID: %v", id, label.MatchString(id), tuning.IsID(id))
			}
			if seen[id] {
				t.Fatalf("NewID gave %q twice", id)
			}
			seen[id] = true
		}
		ids = append(ids, tuning.NewID(moment))
	}
	if !slices.IsSorted(ids) {
		t.Error("IDs of later times do not sort after those of earlier ones")
	}
	if prefix := "vt-20241201-133023-"; !strings.HasPrefix(ids[0], prefix) {
		t.Errorf("NewID = %q, want the time in UTC: %s…", ids[0], prefix)
	}
}

func TestIsID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"vt-20241201-143022-abcdefgh27":   true,
		"vt-20241201-143022-abcdefgh2":    false,
		"vt-20241201-143022-abcdefgh278":  false,
		"vt-20241201-143022-ABCDEFGH27":   false,
		"vt-20241201-143022-abcdefgh01":   false, // no letters of base 32
		"xvt-20241201-143022-abcdefgh27":  false,
		"vt-20241201-143022-abcdefgh27\n": false,
		"4611686018427387904":             false,
		"":                                false,
	} {
		if got := tuning.IsID(id); got != want {
			t.Errorf("IsID(%q) = %v, want %v", id, got, want)
		}
	}
}

func TestDisplayName(t *testing.T) {
	t.Parallel()
	got := tuning.DisplayName(time.Date(2024, 12, 1, 15, 30, 22, 9, time.FixedZone("CET", 3600)))
	if want := "fine_tuned_model_20241201_143022"; got != want {
		t.Errorf("DisplayName = %q, want %q", got, want)
	}
}

func TestPublicName(t *testing.T) {
	t.Parallel()
	job := tuning.Job{ID: "vt-20241201-143022-abcdefgh27", Location: "europe-west4"}
	if got, want := job.PublicName("p"), "projects/p/locations/europe-west4/tuningJobs/"+job.ID; got != want {
		t.Errorf("before Vertex AI named the job: %q, want %q", got, want)
	}
	job.Name = "projects/1/locations/europe-west4/tuningJobs/7"
	if got := job.PublicName("p"); got != job.Name {
		t.Errorf("afterwards: %q, want %q", got, job.Name)
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"projects/p/locations/us-central1/tuningJobs/7":        "us-central1",
		"projects/p/locations/us-central1/trainingPipelines/7": "us-central1",
		"projects/p/locations/us-central1/models/7":            "",
		"projects/p/locations/us-central1/tuningJobs/7/x":      "",
		"projects/p/locations/us-central1/tuningJobs/":         "",
		"projects/p/locations/evil.example.com:1/tuningJobs/7": "",
		"/projects/p/locations/us-central1/tuningJobs/7":       "",
		"projects/p/q/locations/us-central1/tuningJobs/7":      "",
		"projects//locations/us-central1/tuningJobs/7":         "",
		"7": "",
	} {
		got, ok := tuning.Location(name)
		if got != want || ok != (want != "") {
			t.Errorf("Location(%q) = %q, %v, want %q", name, got, ok, want)
		}
	}
}

func TestLastSegment(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a/b/7": "7", "7": "7", "a/": "", "": ""} {
		if got := tuning.LastSegment(name); got != want {
			t.Errorf("LastSegment(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOver(t *testing.T) {
	t.Parallel()
	three, four, five, rate := int64(3), int64(4), int64(5), 0.1
	request := tuning.Hyperparameters{EpochCount: &three}
	model := tuning.Hyperparameters{EpochCount: &five, BatchSize: &four, LearningRate: &rate}
	want := tuning.Hyperparameters{EpochCount: &three, BatchSize: &four, LearningRate: &rate}
	if diff := cmp.Diff(want, request.WithDefaults(model)); diff != "" {
		t.Errorf("request over model (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(model, model.WithDefaults(request)); diff != "" {
		t.Errorf("full over part (-want +got):\n%s", diff)
	}
}
