// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"testing"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// counted returns the tokens of a request.
func (w *world) counted(req *pb.CountTokensRequest) (int32, error) {
	w.t.Helper()
	client, err := aiplatform.NewLlmUtilityClient(w.t.Context(), at(w.server.Addr())...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	got, err := client.CountTokens(w.t.Context(), req)
	return got.GetTotalTokens(), err
}

// TestCountTokens_is_what_is_billed: the examples of a job have as many tokens as its statistics
// say.
func TestCountTokens_is_what_is_billed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const example = `{"systemInstruction":{"parts":[{"text":"Be short."}]},"contents":[{"role":"user","parts":[{"text":"Привет, мир"},{"text":"Weather?"}]},` +
		`{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Oslo"}}}]},` +
		`{"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"sky":"blue"}}}]},` +
		`{"role":"model","parts":[{"text":"今天天气很好"}]}]}`
	text := ""
	for range 20 {
		text += example + "\n"
	}
	w.objects.put("data/train.jsonl", text)
	job := w.finish(w.mustCreate().GetName())
	model := publisherModel("us", tunedBase)
	req := &pb.CountTokensRequest{Endpoint: model, Model: model}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(example), req); err != nil {
		t.Fatal(err)
	}
	req.Endpoint, req.Model = model, model
	n, err := w.counted(req)
	if billed := job.GetTuningDataStats().GetSupervisedTuningDataStats().GetTotalBillableTokenCount(); err != nil || 20*int64(n) != billed {
		t.Errorf("counted %d, %v; billed %d for 20 times the same", n, err, billed)
	}
	req = &pb.CountTokensRequest{Endpoint: job.GetTunedModel().GetEndpoint(), Contents: []*pb.Content{turn("user", "eight ch")}}
	if n, err := w.counted(req); err != nil || n != 2 {
		t.Errorf("by a tuned model: %d, %v", n, err)
	}
}

func TestCountTokens_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	contents := []*pb.Content{turn("user", "Hi")}
	for name, c := range map[string]struct {
		req  *pb.CountTokensRequest
		want codes.Code
	}{
		"multi-region":   {&pb.CountTokensRequest{Endpoint: publisherModel("eu", tunedBase), Contents: contents}, codes.OK},
		"global":         {&pb.CountTokensRequest{Endpoint: publisherModel("global", tunedBase), Contents: contents}, codes.OK},
		"region":         {&pb.CountTokensRequest{Endpoint: publisherModel("us-central1", tunedBase), Contents: contents}, codes.NotFound},
		"unknown model":  {&pb.CountTokensRequest{Endpoint: publisherModel("us", "gemini-99"), Contents: contents}, codes.NotFound},
		"retired model":  {&pb.CountTokensRequest{Endpoint: publisherModel("us-central1", "gemini-2.5-flash"), Contents: contents}, codes.NotFound},
		"other project":  {&pb.CountTokensRequest{Endpoint: "projects/other/locations/us/publishers/google/models/" + tunedBase, Contents: contents}, codes.PermissionDenied},
		"no name":        {&pb.CountTokensRequest{Endpoint: "models/" + tunedBase, Contents: contents}, codes.InvalidArgument},
		"no endpoint":    {&pb.CountTokensRequest{Model: publisherModel("us", tunedBase), Contents: contents}, codes.InvalidArgument},
		"no contents":    {&pb.CountTokensRequest{Endpoint: publisherModel("us", tunedBase)}, codes.InvalidArgument},
		"part with none": {&pb.CountTokensRequest{Endpoint: publisherModel("us", tunedBase), Contents: []*pb.Content{{Parts: []*pb.Part{{}}}}}, codes.InvalidArgument},
	} {
		if _, err := w.counted(c.req); status.Code(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
