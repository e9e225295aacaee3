// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package endpoint builds a call of a tuned model from the name of its endpoint. The host is a
// common mistake: newer models are served from a multi-region, whose host has a special form, and
// not from the region in which they were tuned.
package endpoint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// Call is a complete call of a tuned model. Its JSON is part of the API.
type Call struct {
	Location string `json:"location"`
	Host     string `json:"host"`
	URL      string `json:"url"` // for POST
	// Body is a request for one short answer; Curl is the whole call as a shell command.
	Body json.RawMessage `json:"body"`
	Curl string          `json:"curl"`
	// Advice lists what the caller should know.
	Advice []string `json:"advice"`
}

var namePattern = lazyregexp.New(`^projects/[A-Za-z0-9:._-]+/locations/([a-z0-9-]+)/endpoints/[A-Za-z0-9_-]+$`)

// multiRegions lists the locations whose hosts have a special form: us-aiplatform.googleapis.com
// does not exist. Source: github.com/googleapis/python-genai/issues/2498.
var multiRegions = []string{"us", "eu"}

// Host returns the host that serves a location of Vertex AI.
func Host(location string) string {
	switch {
	case location == "global":
		return "aiplatform.googleapis.com"
	case slices.Contains(multiRegions, location):
		return "aiplatform." + location + ".rep.googleapis.com"
	default:
		return location + "-aiplatform.googleapis.com"
	}
}

// BaseLocation returns the location that serves a base model to a job at another location: that of
// the job, or the multi-region around it, so that the job's data do not leave it. It returns "" if
// there is none, or if it is not known.
func BaseLocation(base *catalogue.Model, job string) string {
	if base == nil || base.ServingLocations == nil {
		return ""
	}
	serving := base.ServingLocations.Value
	around, _, _ := strings.Cut(job, "-")
	if around == "europe" {
		around = "eu"
	}
	switch {
	case slices.Contains(serving, "job"):
		return job
	case slices.Contains(serving, around):
		return around
	default:
		return ""
	}
}

// Ready returns the call of a tuned model. name is the name of its endpoint,
// projects/N/locations/L/endpoints/E; another form is an error. base may be nil if the base model
// is not in the catalogue.
func Ready(name string, base *catalogue.Model) (Call, error) {
	m := namePattern.FindStringSubmatch(name)
	if m == nil {
		return Call{}, fmt.Errorf("%q is not the name of an endpoint, projects/P/locations/L/endpoints/E", name)
	}
	c := Call{Location: m[1], Host: Host(m[1])}
	c.URL = "https://" + c.Host + "/v1/" + name + ":generateContent"
	body, err := json.Marshal(request(base))
	if err != nil {
		return Call{}, fmt.Errorf("write a request for %s: %w", name, err)
	}
	c.Body = body
	c.Curl = strings.Join([]string{
		`curl -sS -X POST`, `-H "Authorization: Bearer $(gcloud auth print-access-token)"`, `-H 'Content-Type: application/json'`,
		`-d '` + string(body) + `'`, `'` + c.URL + `'`,
	}, " ")
	c.Advice = advice(c, base)
	return c, nil
}

// body is the part of a generateContent request that is needed here.
type body struct {
	Contents []content `json:"contents"`
	Config   *config   `json:"generationConfig,omitempty"`
}

type content struct {
	Role  string `json:"role"`
	Parts []part `json:"parts"`
}

type part struct {
	Text string `json:"text"`
}

type config struct {
	Thinking *catalogue.Thinking `json:"thinkingConfig,omitempty"`
}

func request(base *catalogue.Model) body {
	b := body{Contents: []content{{Role: "user", Parts: []part{{Text: "Hello"}}}}}
	if base != nil && base.Thinking != nil {
		b.Config = &config{Thinking: &base.Thinking.Value}
	}
	return b
}

func advice(c Call, base *catalogue.Model) []string {
	all := []string{
		"Tuning teaches answers without thoughts, so have the model think as little as it can (generationConfig.thinkingConfig).",
		"Do not send responseSchema: on a tuned model it makes the answers worse. Ask for the form in words, as the training examples did.",
	}
	if base != nil && base.FixedSampling != nil && base.FixedSampling.Value {
		all = append(all, "Send no temperature, topP or topK (the model ignores them), no frequencyPenalty or presencePenalty "+
			"(the model refuses them), and end on a user's turn.")
	}
	if slices.Contains(multiRegions, c.Location) {
		all = append(all, fmt.Sprintf("The model is served from the multi-region %s: use the host %s, and the location %s in client libraries, "+
			"whichever region it was tuned in.", c.Location, c.Host, c.Location))
	}
	if base != nil && base.Thinking != nil && !base.Thinking.Confirmed {
		all = append(all, "The thinkingConfig of the example is not confirmed for this model: leave it out if it is refused.")
	}
	return all
}
