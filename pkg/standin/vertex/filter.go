// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"regexp"
	"strings"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
)

// filter is a conjunction of what a job must have. Vertex AI does not say which filters it takes for
// tuning jobs; only these are taken here, so that nothing comes to lean on more.
type filter struct {
	labels map[string]string
	states []pb.JobState
}

var (
	labelTerm = regexp.MustCompile(`^labels\.([\p{L}\p{N}_-]+)\s*=\s*(?:"([^"\\]*)"|([\p{L}\p{N}_-]+))`)
	stateTerm = regexp.MustCompile(`^state\s*=\s*"([A-Z_]+)"`)
	andWord   = regexp.MustCompile(`^\s+AND\s+`)
)

func parseFilter(text string) (filter, error) {
	f := filter{labels: map[string]string{}}
	rest := strings.TrimSpace(text)
	if rest == "" {
		return f, nil
	}
	for {
		n, ok := f.term(rest)
		if ok && n == len(rest) {
			return f, nil
		}
		and := andWord.FindString(rest[n:])
		if !ok || and == "" {
			return f, invalidField("filter", "Invalid filter %q: only labels.key=value and state=\"JOB_STATE_...\", "+
				"joined by AND, are supported.", text)
		}
		rest = rest[n+len(and):]
	}
}

// term takes one term off the front of text and returns its length.
func (f *filter) term(text string) (int, bool) {
	if m := labelTerm.FindStringSubmatch(text); m != nil {
		value := m[2] + m[3]
		if old, ok := f.labels[m[1]]; ok && old != value {
			return 0, false
		}
		f.labels[m[1]] = value
		return len(m[0]), true
	}
	if m := stateTerm.FindStringSubmatch(text); m != nil {
		state, ok := pb.JobState_value[m[1]]
		f.states = append(f.states, pb.JobState(state))
		return len(m[0]), ok
	}
	return 0, false
}

func (f filter) matches(labels map[string]string, state pb.JobState) bool {
	for key, want := range f.labels {
		if got, ok := labels[key]; !ok || got != want {
			return false
		}
	}
	for _, want := range f.states {
		if state != want {
			return false
		}
	}
	return true
}
