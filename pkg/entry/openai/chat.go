// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"fmt"
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/endpoint"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// chat refuses a call of a model, in either of OpenAI's forms. Its message says how to call the
// model on Vertex AI, whose endpoints answer OpenAI's chat completions too. Sources:
// "projects.locations.endpoints.chat.completions" of the v1beta1 REST reference, and "Call Gemini
// with the OpenAI library".
func (s *Service) chat(r *http.Request, _ string) (any, error) {
	f, err := s.API.Fields(r)
	if err != nil {
		return nil, err
	}
	name := f.Text("model")
	parent, model := fmt.Sprintf("projects/%s/locations/%s/endpoints/openapi", s.Project, s.Location), "google/"+s.BaseModel
	location := s.Location
	if m := endpointName.FindStringSubmatch(name); m != nil {
		parent, model, location = name, tuning.LastSegment(name), m[1]
	} else if known := s.Catalogue.Current(r.Context()).Lookup(name); known != nil {
		model = "google/" + known.ID
	}
	e := fault.New(fault.FailedPrecondition, "This service tunes models and calls none. Call the model on Vertex AI, with the same client:\n\n"+`import google.auth, google.auth.transport.requests, openai

credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
credentials.refresh(google.auth.transport.requests.Request())  # the token is valid for an hour
client = openai.OpenAI(
    base_url="https://%s/v1beta1/%s",
    api_key=credentials.token,  # or: gcloud auth print-access-token
)
client.chat.completions.create(model=%q, messages=[{"role": "user", "content": "Hello"}])
`, endpoint.Host(location), parent, model)
	e.Reason = "CALL_VERTEX_AI"
	return nil, e
}
