// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"fmt"
	"slices"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// countTimeout is the deadline of counting one example, which takes a fraction of a second.
const countTimeout = 3 * time.Second

// CountTokens returns the tokens of a training example for a base model, whose name is that of
// BaseModelName. Images and other files are left out. The call is free, and is not retried.
func (c *Client) CountTokens(ctx context.Context, model string, example []byte) (int64, error) {
	name := servedName.FindStringSubmatch(model)
	if name == nil {
		return 0, fmt.Errorf("count tokens: %q is not the name of a base model", model)
	}
	request, err := countRequest(model, example)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	client, err := connected(ctx, c, c.counts, name[1], aiplatform.NewLlmUtilityClient)
	if err != nil {
		return 0, err
	}
	response, err := client.CountTokens(ctx, request)
	if err != nil {
		return 0, wrap(err, "count tokens for the model "+model)
	}
	return int64(response.GetTotalTokens()), nil
}

// countRequest returns the request to count the tokens of an example. The service takes the model
// in the field endpoint, and the client's reference names both fields.
func countRequest(model string, example []byte) (*aiplatformpb.CountTokensRequest, error) {
	// An example has the form of GenerateContentRequest.
	message := &aiplatformpb.GenerateContentRequest{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(example, message); err != nil {
		// The text of the error quotes the example.
		return nil, fault.New(fault.InvalidArgument, "A training example does not have the form of Vertex AI's requests.")
	}
	request := &aiplatformpb.CountTokensRequest{
		Endpoint: model, Model: model, SystemInstruction: message.GetSystemInstruction(), Tools: message.GetTools(),
	}
	for _, content := range message.GetContents() {
		content.Parts = slices.DeleteFunc(content.GetParts(), isFile)
		if len(content.GetParts()) > 0 {
			request.Contents = append(request.Contents, content)
		}
	}
	return request, nil
}

func isFile(part *aiplatformpb.Part) bool {
	return part.GetInlineData() != nil || part.GetFileData() != nil
}
