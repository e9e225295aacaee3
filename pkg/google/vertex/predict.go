// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"fmt"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// generateTimeout is the deadline of one question: a long answer takes half a minute.
const generateTimeout = 40 * time.Second

var servedName = lazyregexp.New(`^projects/[^/]+/locations/([a-z0-9-]+)/(?:endpoints/[^/]+|publishers/google/models/[^/]+)$`)

// BaseModelName returns the resource name under which a location serves a base model of Google's.
func (c *Client) BaseModelName(location, id string) string {
	return c.parent(location) + "/publishers/google/models/" + id
}

// Generate asks a model one question and returns its response. model is the name of a base model,
// see BaseModelName, or of an endpoint. Request and response are the JSON of generateContent. The
// call is not retried, because each call is billed. The error is a ResourceExhausted if there is no
// quota left, a NotFound if the location does not serve the model, and an InvalidArgument if the
// model refuses the question.
func (c *Client) Generate(ctx context.Context, model string, request []byte) ([]byte, error) {
	name := servedName.FindStringSubmatch(model)
	if name == nil {
		return nil, fmt.Errorf("ask a model: %q is neither the name of an endpoint nor that of a base model", model)
	}
	message := &aiplatformpb.GenerateContentRequest{}
	if err := protojson.Unmarshal(request, message); err != nil {
		// The text of the error quotes the request.
		return nil, fault.New(fault.InvalidArgument, "The question has a field that Vertex AI's client does not know, or that has another type.")
	}
	message.Model = model
	ctx, cancel := context.WithTimeout(ctx, generateTimeout)
	defer cancel()
	client, err := c.serving(ctx, name[1])
	if err != nil {
		return nil, err
	}
	response, err := client.GenerateContent(ctx, message)
	if err != nil {
		return nil, wrap(err, "ask the model "+model)
	}
	text, err := protojson.Marshal(response)
	if err != nil {
		return nil, fmt.Errorf("encode the answer of the model %s: %w", model, err)
	}
	return text, nil
}

// serving returns the connection to a location that serves models.
func (c *Client) serving(ctx context.Context, location string) (*aiplatform.PredictionClient, error) {
	return connected(ctx, c, c.models, location, aiplatform.NewPredictionClient)
}
