// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"cmp"
	"context"
	"encoding/json"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/types/known/structpb"
)

// counter counts tokens as this stand-in counts those of training data, so that a job is billed by
// the tokens that were counted. A token always has four characters. That can be far
// from the estimate of a caller, which depends on the script of the text, such as Cyrillic.
type counter struct {
	v1.UnimplementedLlmUtilityServiceServer
	models *prediction
}

// CountTokens counts the tokens of a request to a base model or a tuned endpoint. Unlike an answer,
// a count needs no turn of the user at the end.
func (c *counter) CountTokens(_ context.Context, req *v1.CountTokensRequest) (*v1.CountTokensResponse, error) {
	if req.GetEndpoint() == "" {
		return nil, invalidField("endpoint", "Required field is not set.")
	}
	if _, err := c.models.model(cmp.Or(req.GetModel(), req.GetEndpoint())); err != nil {
		return nil, err
	}
	if len(req.GetContents()) == 0 {
		return nil, invalidField("contents", "Required field is not set.")
	}
	e := &example{}
	for _, content := range append(req.GetContents(), req.GetSystemInstruction()) {
		for _, part := range content.GetParts() {
			if err := c.part(e, part); err != nil {
				return nil, err
			}
		}
	}
	return &v1.CountTokensResponse{TotalTokens: int32(e.input), TotalBillableCharacters: int32(e.characters)}, nil
}

func (c *counter) part(e *example, part *v1.Part) error {
	switch data := part.GetData().(type) {
	case *v1.Part_Text:
		e.addText(&e.input, data.Text)
	case *v1.Part_FunctionCall:
		e.addText(&e.input, data.FunctionCall.GetName()+jsonOf(data.FunctionCall.GetArgs()))
	case *v1.Part_FunctionResponse:
		e.addText(&e.input, data.FunctionResponse.GetName()+jsonOf(data.FunctionResponse.GetResponse()))
	case *v1.Part_InlineData, *v1.Part_FileData:
		e.input += mediaTokens
	default:
		return invalidField("contents", "A part has no data.")
	}
	return nil
}

func jsonOf(value *structpb.Struct) string {
	encoded, err := json.Marshal(value.AsMap())
	if err != nil {
		return "" // a value such as NaN has no JSON
	}
	return string(encoded)
}
