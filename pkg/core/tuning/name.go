// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// LabelKey is the key of the label on each of our tuning jobs; the label's value is the job's ID.
// Vertex AI's CreateTuningJob has no request ID, so the label is the only way to find a job whose
// create was not answered.
const LabelKey = "vertextune-job"

// NewID returns an ID that is unique, sorts by time, and is a legal label value: lower-case
// letters, digits and dashes, at most 63 characters.
func NewID(now time.Time) string {
	return "vt-" + now.UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:10])
}

var idPattern = lazyregexp.New(`^vt-[0-9]{8}-[0-9]{6}-[a-z2-7]{10}$`)

// IsID reports whether s has the form of an ID.
func IsID(s string) bool { return idPattern.MatchString(s) }

// DisplayName returns the default display name of a job created at now.
func DisplayName(now time.Time) string {
	return "fine_tuned_model_" + now.UTC().Format("20060102_150405")
}

// PublicName returns the job_name that callers see: Vertex AI's resource name if the job has one,
// and otherwise a name of the same form with our own ID as its number. Both names find the job.
func (j Job) PublicName(project string) string {
	if j.Name != "" {
		return j.Name
	}
	return fmt.Sprintf("projects/%s/locations/%s/tuningJobs/%s", project, j.Location, j.ID)
}

// LastSegment returns the part of a resource name after the last slash, or the whole name if it has
// none.
func LastSegment(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

var namePattern = lazyregexp.New(`^projects/[^/]+/locations/([a-z0-9-]+)/(?:tuningJobs|trainingPipelines)/[^/]+$`)

// Location returns the location in a job's resource name, and whether the name has the form of one.
func Location(name string) (string, bool) {
	m := namePattern.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	return m[1], true
}

var modelLocation = lazyregexp.New(`^projects/[^/]+/locations/([a-z0-9-]+)/models/`)

// ModelLocation returns the location in the resource name of a tuned model.
func ModelLocation(name string) (string, bool) {
	m := modelLocation.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	return m[1], true
}
