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
	parentPattern         = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)$`)
	jobPattern            = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/tuningJobs/([^/]+)$`)
	modelPattern          = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/models/([^/@]+)(?:@([^/@]+))?$`)
	keyPattern            = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+$`)
	bucketPattern         = regexp.MustCompile(`^gs://[a-z0-9][a-z0-9._-]+[a-z0-9](/.*)?$`)
	contextPattern        = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/metadataStores/default/contexts/([^/]+)$`)
	runsPattern           = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/tensorboards/([^/]+)/experiments/([^/]+)(?:/runs/([^/]+)(?:/timeSeries/([^/]+))?)?$`)
	publisherModelPattern = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/publishers/google/models/([^/]+)$`)
	endpointPattern       = regexp.MustCompile(`^projects/([^/]+)/locations/([^/]+)/endpoints/([^/]+)$`)
	numberPattern         = regexp.MustCompile(`^[0-9]+$`)
)

// place is the project, by its ID, and the location of a job.
type place struct{ project, location string }

func (p place) String() string {
	return "projects/" + p.project + "/locations/" + p.location
}

func (p place) job(id string) string { return p.String() + "/tuningJobs/" + id }

// The names of resources that a job creates contain the project's number, not its ID, as on Vertex
// AI.
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

// projectNumber derives the number of a project from its ID. It has twelve digits and is always the
// same for one ID.
func projectNumber(project string) string {
	if numberPattern.MatchString(project) {
		return project
	}
	return strconv.FormatUint(1e11+hash("project", project)%9e11, 10)
}

// derivedID returns a 19-digit ID that depends only on its parts. A resource therefore has the same
// name after a restart, although the journal does not contain it.
func derivedID(parts ...string) string { return strconv.FormatUint(1e18+hash(parts...)%8e18, 10) }

func randomID() string { return strconv.FormatInt(1e18+rand.Int64N(8e18), 10) }

func hash(parts ...string) uint64 {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}
