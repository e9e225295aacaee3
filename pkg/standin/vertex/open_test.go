// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"context"
	"strings"
	"testing"
	"time"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

const (
	openTraining = "gs://data/open.jsonl"
	openLine     = `{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello?"},{"role":"assistant","content":"Hello."}]}` + "\n"
	global       = "projects/" + project + "/locations/global"
)

// beta is a client of v1beta1, in front of a world with a training set for open models. It is not
// the official one, which takes longer to compile than all of our code.
type beta struct {
	*world
	client pb.GenAiTuningServiceClient
}

func newBeta(t *testing.T, change func(*vertex.Config)) *beta {
	t.Helper()
	b := &beta{world: newWorld(t, change)}
	b.objects.put("data/open.jsonl", strings.Repeat(openLine, 20))
	b.client = newBetaClient(t, b.server.Addr())
	return b
}

func newBetaClient(t *testing.T, addr string) pb.GenAiTuningServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return pb.NewGenAiTuningServiceClient(conn)
}

type betaChange = func(job *pb.TuningJob, spec *pb.SupervisedTuningSpec, hyper *pb.SupervisedHyperParameters)

// newOpenJob is a request for a job on an open model that nothing is wrong with.
func newOpenJob(changes ...betaChange) *pb.TuningJob {
	hyper := &pb.SupervisedHyperParameters{EpochCount: 2, LearningRate: 1e-4, BatchSize: 5, AdapterSize: pb.SupervisedHyperParameters_ADAPTER_SIZE_EIGHT}
	spec := &pb.SupervisedTuningSpec{
		TrainingDatasetUri: openTraining, HyperParameters: hyper, TuningMode: pb.SupervisedTuningSpec_TUNING_MODE_PEFT_ADAPTER,
	}
	job := &pb.TuningJob{
		SourceModel:           &pb.TuningJob_BaseModel{BaseModel: "meta/llama3_1@llama-3.1-8b"},
		TunedModelDisplayName: "open bot", OutputUri: "gs://data/out/1",
		TuningSpec: &pb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: spec},
	}
	for _, change := range changes {
		change(job, spec, hyper)
	}
	return job
}

func (b *beta) create(in string, changes ...betaChange) (*pb.TuningJob, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	return b.client.CreateTuningJob(ctx, &pb.CreateTuningJobRequest{Parent: in, TuningJob: newOpenJob(changes...)})
}

func (b *beta) get(name string) *pb.TuningJob {
	b.t.Helper()
	job, err := b.client.GetTuningJob(b.t.Context(), &pb.GetTuningJobRequest{Name: name})
	if err != nil {
		b.t.Fatal(err)
	}
	return job
}

func openModel(id string) betaChange {
	return func(j *pb.TuningJob, _ *pb.SupervisedTuningSpec, _ *pb.SupervisedHyperParameters) {
		j.SourceModel = &pb.TuningJob_BaseModel{BaseModel: id}
	}
}

func outputTo(uri string) betaChange {
	return func(j *pb.TuningJob, _ *pb.SupervisedTuningSpec, _ *pb.SupervisedHyperParameters) { j.OutputUri = uri }
}

func openHyper(change func(*pb.SupervisedHyperParameters)) betaChange {
	return func(_ *pb.TuningJob, _ *pb.SupervisedTuningSpec, h *pb.SupervisedHyperParameters) { change(h) }
}

func openKey(key string) betaChange {
	return func(j *pb.TuningJob, _ *pb.SupervisedTuningSpec, _ *pb.SupervisedHyperParameters) {
		j.EncryptionSpec = &pb.EncryptionSpec{KmsKeyName: "projects/acme/locations/" + key + "/keyRings/r/cryptoKeys/k"}
	}
}

func mode(m pb.SupervisedTuningSpec_TuningMode) betaChange {
	return func(_ *pb.TuningJob, s *pb.SupervisedTuningSpec, _ *pb.SupervisedHyperParameters) { s.TuningMode = m }
}

// A global job ends with a model in a region, which is not served by itself; v1 shows it without
// what it has no fields for.
func TestOpenModel(t *testing.T) {
	t.Parallel()
	b := newBeta(t, nil)
	job, err := b.create(global)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(job.GetName(), global+"/tuningJobs/") {
		t.Errorf("the job is %s", job.GetName())
	}
	b.clock.add(duration / 10)
	for deadline := time.Now().Add(time.Minute); b.get(job.GetName()).GetTuningDataStats() == nil && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	b.clock.add(duration)
	got := b.get(job.GetName())
	if got.GetState() != pb.JobState_JOB_STATE_SUCCEEDED {
		t.Fatalf("the job is %v", got)
	}
	m := got.GetTunedModel()
	if !strings.Contains(m.GetModel(), "/locations/us-central1/models/") || m.GetEndpoint() != "" || len(m.GetCheckpoints()) > 0 {
		t.Errorf("tuned model: %v", m)
	}
	if diff := cmp.Diff(newOpenJob().GetSupervisedTuningSpec(), got.GetSupervisedTuningSpec(), protocmp.Transform()); diff != "" || got.GetOutputUri() != "gs://data/out/1" {
		t.Errorf("output %s, spec (-asked +got):\n%s", got.GetOutputUri(), diff)
	}
	if steps := got.GetTuningDataStats().GetSupervisedTuningDataStats().GetTuningStepCount(); steps != 8 {
		t.Errorf("%d steps, want 2 epochs of 20 examples in fives", steps)
	}

	shown := b.server.Jobs()[0]
	if shown.GetName() != job.GetName() || shown.GetState() != v1.JobState_JOB_STATE_SUCCEEDED || len(shown.ProtoReflect().GetUnknown()) > 0 {
		t.Errorf("v1 shows %v", shown)
	}
	list, err := b.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: global})
	if jobs := list.GetTuningJobs(); err != nil || len(jobs) != 1 || jobs[0].GetName() != job.GetName() {
		t.Errorf("the list of global has %v: %v", jobs, err)
	}
}

// What is left open is filled in, as far as it is known.
func TestOpenModel_defaults(t *testing.T) {
	t.Parallel()
	b := newBeta(t, nil)
	job, err := b.create(parent, openHyper(func(h *pb.SupervisedHyperParameters) { h.Reset() }))
	if err != nil {
		t.Fatal(err)
	}
	b.run(job.GetName())
	got := b.get(job.GetName()).GetSupervisedTuningSpec().GetHyperParameters()
	want := &pb.SupervisedHyperParameters{EpochCount: 3, LearningRate: 2e-4, BatchSize: 8, AdapterSize: pb.SupervisedHyperParameters_ADAPTER_SIZE_SIXTEEN}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("hyperparameters (-want +got):\n%s", diff)
	}
}

func TestOpenModel_created(t *testing.T) {
	t.Parallel()
	b := newBeta(t, nil)
	b.objects.put("data/tenth.jsonl", strings.Repeat(openLine, 2))
	b.objects.put("data/half.jsonl", strings.Repeat(openLine, 10))
	full := func(j *pb.TuningJob, s *pb.SupervisedTuningSpec, h *pb.SupervisedHyperParameters) {
		s.TuningMode, h.AdapterSize = pb.SupervisedTuningSpec_TUNING_MODE_FULL, pb.SupervisedHyperParameters_ADAPTER_SIZE_UNSPECIFIED
	}
	gemini := func(change betaChange) betaChange {
		return func(j *pb.TuningJob, s *pb.SupervisedTuningSpec, h *pb.SupervisedHyperParameters) {
			openModel("gemini-3.1-flash-lite")(j, s, h)
			s.TrainingDatasetUri, s.TuningMode, j.OutputUri = training, pb.SupervisedTuningSpec_TUNING_MODE_UNSPECIFIED, ""
			h.Reset()
			change(j, s, h)
		}
	}
	validate := func(uri string) betaChange {
		return func(_ *pb.TuningJob, s *pb.SupervisedTuningSpec, _ *pb.SupervisedHyperParameters) {
			s.ValidationDatasetUri = uri
		}
	}
	nothing := func(*pb.TuningJob, *pb.SupervisedTuningSpec, *pb.SupervisedHyperParameters) {}
	const ok, invalid, precondition = codes.OK, codes.InvalidArgument, codes.FailedPrecondition
	for name, tc := range map[string]struct {
		in     string
		change betaChange
		code   codes.Code
		want   string
	}{
		"region":               {"projects/acme/locations/us-west1", nothing, ok, ""},
		"full":                 {parent, full, ok, ""},
		"resource_name":        {parent, openModel("publishers/meta/models/llama3_1@llama-3.1-8b"), ok, ""},
		"key_in_a_region":      {parent, openKey(location), ok, ""},
		"validation":           {parent, validate("gs://data/tenth.jsonl"), ok, ""},
		"gemini_in_beta":       {parent, gemini(nothing), ok, ""},
		"no_mode":              {parent, mode(0), invalid, "tuning_mode; Message: Required"},
		"no_output":            {parent, outputTo(""), invalid, "output_uri; Message: Required"},
		"output_elsewhere":     {parent, outputTo("s3://x/y"), invalid, "output_uri"},
		"mode_not_taken":       {parent, openModel("qwen/qwen3@qwen3-4b"), invalid, "The tuning mode TUNING_MODE_PEFT_ADAPTER is not supported for this base model."},
		"adapter":              {parent, openHyper(func(h *pb.SupervisedHyperParameters) { h.AdapterSize = pb.SupervisedHyperParameters_ADAPTER_SIZE_TWO }), invalid, "The adapter size is not supported for this base model."},
		"adapter_of_full":      {parent, mode(pb.SupervisedTuningSpec_TUNING_MODE_FULL), invalid, "The adapter size is not supported for this base model."},
		"multiplier":           {parent, openHyper(func(h *pb.SupervisedHyperParameters) { h.LearningRate, h.LearningRateMultiplier = 0, 2 }), invalid, "learning_rate_multiplier is not available"},
		"both_rates":           {parent, openHyper(func(h *pb.SupervisedHyperParameters) { h.LearningRateMultiplier = 2 }), invalid, "Only one of"},
		"batch":                {parent, openHyper(func(h *pb.SupervisedHyperParameters) { h.BatchSize = -1 }), invalid, "batch_size"},
		"key_in_global":        {global, openKey("global"), precondition, "not supported in location `global`"},
		"validation_too_large": {parent, validate("gs://data/half.jsonl"), invalid, "has 50.00% of the bytes of the training dataset, which exceeds the maximum of 25%."},
		"custom_base": {parent, func(j *pb.TuningJob, _ *pb.SupervisedTuningSpec, _ *pb.SupervisedHyperParameters) {
			j.CustomBaseModel = "gs://b/x"
		}, codes.Unimplemented, "custom_base_model"},
		"gemini_in_global": {global, gemini(nothing), precondition, "global"},
		"gemini_region":    {"projects/acme/locations/us-west1", gemini(nothing), precondition, "Supported locations: us-central1, europe-west4."},
		"gemini_mode":      {parent, gemini(mode(pb.SupervisedTuningSpec_TUNING_MODE_FULL)), invalid, "tuning_mode is only available for open source models."},
		"gemini_batch":     {parent, gemini(openHyper(func(h *pb.SupervisedHyperParameters) { h.BatchSize = 4 })), invalid, "batch_size is only available for open source models."},
		"gemini_rate":      {parent, gemini(openHyper(func(h *pb.SupervisedHyperParameters) { h.LearningRate = 0.1 })), invalid, "learning_rate is only available for open source models."},
		"gemini_output":    {parent, gemini(outputTo("gs://data/o")), invalid, "output_uri is only available for open source models."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.create(tc.in, tc.change)
			if status.Code(err) != tc.code || !strings.Contains(status.Convert(err).Message(), tc.want) {
				t.Errorf("got %v, want %v with %q", err, tc.code, tc.want)
			}
		})
	}
}

func TestOpenModel_lines(t *testing.T) {
	t.Parallel()
	const scout, text = "meta/llama4@llama-4-scout-17b-16e-instruct", "meta/llama3_1@llama-3.1-8b"
	image := `{"messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"gs://b/i.png"}}]},{"role":"assistant","content":"A cat."}]}`
	for name, tc := range map[string]struct{ model, line, want string }{
		"messages":          {text, strings.TrimSpace(openLine), ""},
		"completion":        {text, `{"prompt":"q","completion":"a"}`, ""},
		"contents":          {text, `{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"assistant","parts":[{"text":"a"}]}]}`, ""},
		"image":             {scout, image, ""},
		"image_for_text":    {text, image, "contains an unsupported modality [image]"},
		"gemini_role":       {text, strings.TrimSpace(goodLine), `contains an invalid role "model" in contents[1]. The role must be either 'user' or 'assistant'`},
		"last_not_answer":   {text, `{"messages":[{"role":"user","content":"q"}]}`, "must end with a message of the role 'assistant'"},
		"contents_question": {text, `{"contents":[{"role":"user","parts":[{"text":"q"}]}]}`, "must end with a turn of the role 'assistant'"},
		"no_messages":       {text, `{"messages":[]}`, "must end with a message"},
		"role":              {text, `{"messages":[{"role":"tool","content":"q"}]}`, `invalid role "tool" in messages[0]`},
		"empty_text":        {text, `{"messages":[{"role":"user","content":""},{"role":"assistant","content":"a"}]}`, "empty text in messages[0]"},
		"odd_content":       {text, `{"messages":[{"role":"user","content":5}]}`, "no text and no list of parts in messages[0]"},
		"odd_part":          {text, `{"messages":[{"role":"user","content":[{"type":"audio"}]}]}`, "neither a text nor an image in messages[0].content[0]"},
		"image_elsewhere":   {scout, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"/tmp/i"}}]}]}`, "neither a text nor an image"},
		"half":              {text, `{"prompt":"q"}`, "must have both"},
		"empty_completion":  {text, `{"prompt":"q","completion":""}`, "empty 'prompt' or 'completion'"},
		"no_json":           {text, `hello`, "is not a valid JSON object"},
		"other_form":        {text, `{"input_text":"q"}`, "is not a valid JSON object of the expected format"},
		"too_long":          {text, `{"prompt":"q","completion":"` + strings.Repeat("long ", 8000) + `"}`, "no usable examples: 1 examples, of which 1 were dropped."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBeta(t, nil)
			b.objects.put("data/open.jsonl", tc.line+"\n")
			job, err := b.create(parent, openModel(tc.model))
			if err != nil {
				t.Fatal(err)
			}
			got := b.run(job.GetName())
			if failed := got.GetState() == v1.JobState_JOB_STATE_FAILED; failed != (tc.want != "") || !strings.Contains(got.GetError().GetMessage(), tc.want) {
				t.Errorf("got %v %v, want an error with %q", got.GetState(), got.GetError(), tc.want)
			}
		})
	}
}
