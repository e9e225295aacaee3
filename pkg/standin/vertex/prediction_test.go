// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"fmt"
	"strings"
	"testing"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// publisherModel is the name of a base model at a location.
func publisherModel(where, id string) string {
	return "projects/" + project + "/locations/" + where + "/publishers/google/models/" + id
}

const tunedBase = "gemini-3.1-flash-lite"

func turn(role, text string) *pb.Content {
	return &pb.Content{Role: role, Parts: []*pb.Part{{Data: &pb.Part_Text{Text: text}}}}
}

// ask asks a model a question.
func (w *world) ask(model, question string, change ...func(*pb.GenerateContentRequest)) (*pb.GenerateContentResponse, error) {
	w.t.Helper()
	client, err := aiplatform.NewPredictionClient(w.t.Context(), at(w.server.Addr())...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	req := &pb.GenerateContentRequest{Model: model, Contents: []*pb.Content{turn("user", question)}}
	for _, c := range change {
		c(req)
	}
	return client.GenerateContent(w.t.Context(), req)
}

func (w *world) answer(model, question string) string {
	w.t.Helper()
	got, err := w.ask(model, question)
	if err != nil {
		w.t.Fatal(err)
	}
	return got.GetCandidates()[0].GetContent().GetParts()[0].GetText()
}

// capitals returns examples with different questions.
func capitals(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `{"contents":[{"role":"user","parts":[{"text":"What is the capital of country%d?"}]},`+
			`{"role":"model","parts":[{"text":"It is city%d."}]}]}`+"\n", i, i)
	}
	return all.String()
}

// TestGenerateContent_follows_from_the_data: a tuned model gives answers of the training data. A
// later checkpoint gives more of these answers than an earlier one, and the base model gives none.
func TestGenerateContent_follows_from_the_data(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inDir(t.TempDir()))
	w.objects.put("data/train.jsonl", capitals(100))
	job := w.finish(w.mustCreate().GetName())
	right := func(model string) (n int) {
		for i := range 100 {
			if w.answer(model, fmt.Sprintf("What is the capital of country%d?", i)) == fmt.Sprintf("It is city%d.", i) {
				n++
			}
		}
		return n
	}
	if n := right(publisherModel("us", tunedBase)); n != 0 {
		t.Errorf("the base has %d right answers", n)
	}
	before := 0
	for i, c := range job.GetTunedModel().GetCheckpoints() {
		n := right(c.GetEndpoint())
		if n <= before || n == 100 {
			t.Errorf("checkpoint %d has %d right answers, the one before %d", i, n, before)
		}
		before = n
	}
	if n := right(job.GetTunedModel().GetEndpoint()); n != before {
		t.Errorf("the endpoint has %d right answers, and the last checkpoint %d", n, before)
	}
	if before < 90 {
		t.Errorf("the tuned model has %d right answers", before)
	}
	w.objects.remove("data/train.jsonl")
	w.restart()
	if n := right(job.GetTunedModel().GetEndpoint()); n != before {
		t.Errorf("after a restart: %d right answers, want %d", n, before)
	}
}

func TestGenerateContent_counts_and_cuts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	got, err := w.ask(publisherModel("global", tunedBase), "Where is my parcel?", func(r *pb.GenerateContentRequest) {
		r.SystemInstruction = turn("", "Be short.") // 28 characters in all
		r.GenerationConfig = &pb.GenerationConfig{MaxOutputTokens: proto.Int32(5)}
	})
	if err != nil {
		t.Fatal(err)
	}
	usage, candidate := got.GetUsageMetadata(), got.GetCandidates()[0]
	if usage.GetPromptTokenCount() != 7 || usage.GetCandidatesTokenCount() != 5 || usage.GetTotalTokenCount() != 12 ||
		candidate.GetFinishReason() != pb.Candidate_MAX_TOKENS || len(candidate.GetContent().GetParts()[0].GetText()) != 20 {
		t.Errorf("%v", got)
	}
	got, err = w.ask(publisherModel("eu", tunedBase), "Where is my parcel?")
	if err != nil || got.GetCandidates()[0].GetFinishReason() != pb.Candidate_STOP || got.GetModelVersion() != tunedBase {
		t.Errorf("%v, %v", got, err)
	}
}

// TestGenerateContent_names: a model that is not served at a place is not found there.
func TestGenerateContent_names(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	names := []string{w.mustCreate().GetName(), w.mustCreate(baseModel("gemini-1.5-flash-001")).GetName()}
	w.run(names[0])
	w.run(names[1])
	w.clock.add(duration)
	job, running := w.get(names[0]), w.mustCreate()
	endpoint := job.GetTunedModel().GetEndpoint()
	regional := w.get(names[1]).GetTunedModel().GetEndpoint()
	for name, want := range map[string]codes.Code{
		endpoint: codes.OK,
		regional: codes.OK,
		job.GetTunedModel().GetCheckpoints()[0].GetEndpoint(): codes.OK,
		strings.Replace(endpoint, "/us/", "/us-central1/", 1): codes.NotFound,
		strings.Replace(endpoint, "/us/", "/global/", 1):      codes.NotFound,
		strings.Replace(endpoint, "/us/", "/eu/", 1):          codes.NotFound,
		endpoint + "1":                                                        codes.NotFound,
		publisherModel("us", tunedBase):                                       codes.OK,
		publisherModel("us-central1", tunedBase):                              codes.NotFound,
		publisherModel("us-central1", "gemini-1.5-flash-001"):                 codes.OK,
		publisherModel("us", "gemini-1.5-flash-001"):                          codes.NotFound,
		publisherModel("us", "gemini-2.0-flash-001"):                          codes.NotFound,
		publisherModel("us", "gemini-0"):                                      codes.NotFound,
		strings.Replace(publisherModel("us", tunedBase), project, "other", 1): codes.PermissionDenied,
		"models/" + tunedBase:                                                 codes.InvalidArgument,
		running.GetName():                                                     codes.InvalidArgument,
	} {
		if _, err := w.ask(name, "Hello?"); status.Code(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestGenerateContent_refuses: newer models refuse what older ones took.
func TestGenerateContent_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	config := func(c *pb.GenerationConfig) func(*pb.GenerateContentRequest) {
		return func(r *pb.GenerateContentRequest) { r.GenerationConfig = c }
	}
	minimal, unspecified := pb.GenerationConfig_ThinkingConfig_MINIMAL, pb.GenerationConfig_ThinkingConfig_THINKING_LEVEL_UNSPECIFIED
	thinking := func(c *pb.GenerationConfig_ThinkingConfig) func(*pb.GenerateContentRequest) {
		return config(&pb.GenerationConfig{ThinkingConfig: c})
	}
	call := &pb.Part{Data: &pb.Part_FunctionCall{FunctionCall: &pb.FunctionCall{Name: "f"}}}
	calls := func(signature string) func(*pb.GenerateContentRequest) {
		return func(r *pb.GenerateContentRequest) {
			signed := proto.CloneOf(call)
			signed.ThoughtSignature = []byte(signature)
			r.Contents = append(r.Contents, &pb.Content{Role: "model", Parts: []*pb.Part{signed}}, turn("user", "Go on."))
		}
	}
	lastOfModel := func(r *pb.GenerateContentRequest) { r.Contents = append(r.Contents, turn("model", "Well,")) }
	const newest, newer, older = "gemini-3.5-flash", tunedBase, "gemini-1.5-flash-001"
	for i, c := range []struct {
		model  string
		change func(*pb.GenerateContentRequest)
		want   codes.Code
	}{
		{newest, config(&pb.GenerationConfig{FrequencyPenalty: proto.Float32(1)}), codes.InvalidArgument},
		{newest, config(&pb.GenerationConfig{PresencePenalty: proto.Float32(1)}), codes.InvalidArgument},
		{newest, config(&pb.GenerationConfig{Temperature: proto.Float32(1), TopP: proto.Float32(1)}), codes.OK},
		{newer, config(&pb.GenerationConfig{FrequencyPenalty: proto.Float32(1)}), codes.OK},
		{newest, lastOfModel, codes.InvalidArgument},
		{newer, lastOfModel, codes.OK},
		{newest, thinking(&pb.GenerationConfig_ThinkingConfig{ThinkingLevel: &minimal}), codes.OK},
		{newest, thinking(&pb.GenerationConfig_ThinkingConfig{ThinkingLevel: &unspecified}), codes.InvalidArgument},
		{newest, thinking(&pb.GenerationConfig_ThinkingConfig{ThinkingLevel: &minimal, ThinkingBudget: proto.Int32(0)}), codes.InvalidArgument},
		{older, thinking(&pb.GenerationConfig_ThinkingConfig{ThinkingLevel: &minimal}), codes.InvalidArgument},
		{older, thinking(&pb.GenerationConfig_ThinkingConfig{ThinkingBudget: proto.Int32(0)}), codes.InvalidArgument},
		{newer, calls(""), codes.InvalidArgument},
		{newer, calls("skip"), codes.OK},
		{older, calls(""), codes.OK},
		{newer, func(r *pb.GenerateContentRequest) { r.Contents = nil }, codes.InvalidArgument},
		{newer, func(r *pb.GenerateContentRequest) { r.Contents[0].Parts = nil }, codes.InvalidArgument},
		{newer, func(r *pb.GenerateContentRequest) { r.Contents[0].Role = "assistant" }, codes.InvalidArgument},
	} {
		where := "us"
		if c.model == older {
			where = location
		}
		if _, err := w.ask(publisherModel(where, c.model), "Hello?", c.change); status.Code(err) != c.want {
			t.Errorf("case %d: %v, want %s", i, err, c.want)
		}
	}
}

// TestGenerateContent_recalls_calls: a tuned model calls functions as the training data do.
func TestGenerateContent_recalls_calls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.objects.put("data/train.jsonl", strings.Repeat(`{"contents":[{"role":"user","parts":[{"text":"Weather in Oslo"}]},`+
		`{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Oslo"}}}]}]}`+"\n", 20))
	endpoint := w.finish(w.mustCreate().GetName()).GetTunedModel().GetEndpoint()
	got, err := w.ask(endpoint, "Weather in Oslo")
	if err != nil {
		t.Fatal(err)
	}
	call := got.GetCandidates()[0].GetContent().GetParts()[0].GetFunctionCall()
	if call.GetName() != "weather" || call.GetArgs().GetFields()["city"].GetStringValue() != "Oslo" {
		t.Errorf("%v", got)
	}
	if text := w.answer(endpoint, "Something else?"); !strings.Contains(text, "Something else?") {
		t.Errorf("an unknown question is answered by %q", text)
	}
}
