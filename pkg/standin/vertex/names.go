// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
)

var (
	parentPattern  = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)$`)
	jobPattern     = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/tuningJobs/([^/]+)$`)
	modelPattern   = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/models/([^/@]+)(?:@([^/@]+))?$`)
	keyPattern     = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+$`)
	bucketPattern  = regexp.MustCompile(`^gs://[a-z0-9][a-z0-9._-]+[a-z0-9](/.*)?$`)
	contextPattern = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/metadataStores/default/contexts/([^/]+)$`)
	runsPattern    = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/tensorboards/([^/]+)/experiments/([^/]+)(?:/runs/([^/]+)(?:/timeSeries/([^/]+))?)?$`)
	numberPattern  = regexp.MustCompile(`^[0-9]+$`)
)

// place is where a job lives: a project, by its id, and a location.
type place struct{ project, location string }

func (p place) String() string {
	return "projects/" + p.project + "/locations/" + p.location
}

func (p place) job(id string) string { return p.String() + "/tuningJobs/" + id }

// Resources that a job creates are named by project number, not id, as Vertex AI does.
func (p place) model(id string, version int) string {
	return fmt.Sprintf("projects/%s/locations/%s/models/%s@%d", projectNumber(p.project), p.location, id, version)
}

func (p place) endpoint(id string) string {
	return fmt.Sprintf("projects/%s/locations/%s/endpoints/%s", projectNumber(p.project), p.location, id)
}

func (p place) experiment(id string) string {
	return fmt.Sprintf("projects/%s/locations/%s/metadataStores/default/contexts/%s", projectNumber(p.project), p.location, id)
}

// tensorboard is the one TensorBoard of a location that holds the metrics of all tuning jobs.
func (p place) tensorboard() string {
	number := projectNumber(p.project)
	return fmt.Sprintf("projects/%s/locations/%s/tensorboards/%s", number, p.location, derivedID("tensorboard", number, p.location))
}

// projectNumber makes up the number that belongs to a project id: twelve digits, always the same.
func projectNumber(project string) string {
	if numberPattern.MatchString(project) {
		return project
	}
	return strconv.FormatUint(1e11+hash("project", project)%9e11, 10)
}

// derivedID makes a 19-digit id that is a pure function of its parts, so that a resource has the
// same name after a restart without being journalled.
func derivedID(parts ...string) string { return strconv.FormatUint(1e18+hash(parts...)%8e18, 10) }

func randomID() string { return strconv.FormatInt(1e18+rand.Int64N(8e18), 10) }

func hash(parts ...string) uint64 {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}
