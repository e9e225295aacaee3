// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func baseModel(id string) func(*pb.TuningJob) {
	return func(j *pb.TuningJob) { j.SourceModel = &pb.TuningJob_BaseModel{BaseModel: id} }
}

func spec(change func(*pb.SupervisedTuningSpec)) func(*pb.TuningJob) {
	return func(j *pb.TuningJob) { change(j.GetSupervisedTuningSpec()) }
}

func hyper(h *pb.SupervisedHyperParameters) func(*pb.TuningJob) {
	return spec(func(s *pb.SupervisedTuningSpec) { s.HyperParameters = h })
}

func trainOn(uri string) func(*pb.TuningJob) {
	return spec(func(s *pb.SupervisedTuningSpec) { s.TrainingDatasetUri = uri })
}

func label(key, value string) func(*pb.TuningJob) {
	return func(j *pb.TuningJob) { j.Labels = map[string]string{key: value} }
}

func encrypt(location string) func(*pb.TuningJob) {
	return func(j *pb.TuningJob) {
		j.EncryptionSpec = &pb.EncryptionSpec{KmsKeyName: "projects/acme/locations/" + location + "/keyRings/r/cryptoKeys/k"}
	}
}

func TestCreate_accepts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.objects.put("data/a b/ünï.jsonl", goodLine)
	for name, change := range map[string]func(*pb.TuningJob){
		"first_contract":    baseModel("gemini-1.5-flash-001"),
		"newest_model":      baseModel("gemini-3.5-flash"),
		"newest_lite":       baseModel("gemini-3.5-flash-lite"),
		"full_model_name":   baseModel("publishers/google/models/gemini-3.1-flash-lite"),
		"odd_object_name":   trainOn("gs://data/a b/ünï.jsonl"),
		"no_hyper":          hyper(nil),
		"all_hyper":         hyper(&pb.SupervisedHyperParameters{EpochCount: 1, LearningRateMultiplier: 0.5, AdapterSize: pb.SupervisedHyperParameters_ADAPTER_SIZE_SIXTEEN}),
		"long_name":         func(j *pb.TuningJob) { j.TunedModelDisplayName = strings.Repeat("ü", 128) },
		"label":             label("owner_1", "größe-2"),
		"empty_label_value": label(strings.Repeat("k", 64), ""),
		"service_account":   func(j *pb.TuningJob) { j.ServiceAccount = "tuner@acme.iam.gserviceaccount.com" },
		"cmek": func(j *pb.TuningJob) {
			baseModel("gemini-1.5-flash-001")(j)
			encrypt(location)(j)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.create(change); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCreate_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.objects.denied["data/secret.jsonl"] = true
	const invalid = codes.InvalidArgument
	many := map[string]string{}
	for i := range 65 {
		many[fmt.Sprintf("k%d", i)] = "v"
	}
	for name, tc := range map[string]struct {
		change   func(*pb.TuningJob)
		wantCode codes.Code
		want     string
	}{
		"no_source":      {func(j *pb.TuningJob) { j.SourceModel = nil }, invalid, "1.Field: tuning_job.base_model; Message: Required"},
		"empty_source":   {baseModel(""), invalid, "1.Field: tuning_job.base_model; Message: Required"},
		"no_spec":        {func(j *pb.TuningJob) { j.TuningSpec = nil }, invalid, "tuning_job.supervised_tuning_spec; Message: Required"},
		"no_dataset":     {trainOn(""), invalid, "training_dataset_uri; Message: Required"},
		"unknown_model":  {baseModel("gemini-9"), codes.NotFound, "Publisher Model `projects/acme/locations/us-central1/publishers/google/models/gemini-9` was not found or your project does not have access to it."},
		"retired_model":  {baseModel("gemini-2.5-flash"), codes.NotFound, "Publisher Model"},
		"retired_1.5":    {baseModel("gemini-1.5-flash-002"), codes.NotFound, "Publisher Model"},
		"open_model":     {baseModel("google/gemma3@gemma-3-27b-it"), invalid, "v1beta1"},
		"open_no_vers":   {baseModel("google/gemma-3-27b-it"), invalid, "Invalid open source publisher model resource name"},
		"open_unknown":   {baseModel("acme/llm@llm-1"), codes.NotFound, "Publisher Model"},
		"adapter":        {hyper(&pb.SupervisedHyperParameters{AdapterSize: pb.SupervisedHyperParameters_ADAPTER_SIZE_THIRTY_TWO}), invalid, "The adapter size is not supported for this base model."},
		"adapter_enum":   {hyper(&pb.SupervisedHyperParameters{AdapterSize: 99}), invalid, "hyper_parameters.adapter_size"},
		"epochs":         {hyper(&pb.SupervisedHyperParameters{EpochCount: -1}), invalid, "List of found errors:\t1.Field: tuning_job.supervised_tuning_spec.hyper_parameters.epoch_count; Message: "},
		"epochs_many":    {hyper(&pb.SupervisedHyperParameters{EpochCount: math.MaxInt64}), invalid, "hyper_parameters.epoch_count"},
		"learning_rate":  {hyper(&pb.SupervisedHyperParameters{LearningRateMultiplier: math.Inf(1)}), invalid, "hyper_parameters.learning_rate_multiplier"},
		"cmek":           {encrypt(location), codes.FailedPrecondition, "Customer-managed encryption keys are not supported"},
		"cmek_elsewhere": {func(j *pb.TuningJob) { baseModel("gemini-1.5-flash-001")(j); encrypt("europe-west4")(j) }, invalid, "kms_key_name"},
		"cmek_no_name":   {func(j *pb.TuningJob) { j.EncryptionSpec = &pb.EncryptionSpec{KmsKeyName: "k"} }, invalid, "kms_key_name"},
		"long_name":      {func(j *pb.TuningJob) { j.TunedModelDisplayName = strings.Repeat("n", 129) }, invalid, "tuned_model_display_name"},
		"label_upper":    {label("Owner", "ann"), invalid, "tuning_job.labels"},
		"label_dot":      {label("owner", "a.b"), invalid, "tuning_job.labels"},
		"label_long":     {label("owner", strings.Repeat("x", 65)), invalid, "tuning_job.labels"},
		"label_empty":    {label("", "x"), invalid, "tuning_job.labels"},
		"labels_many":    {func(j *pb.TuningJob) { j.Labels = many }, invalid, "65 labels"},
		"account":        {func(j *pb.TuningJob) { j.ServiceAccount = "tuner" }, invalid, "service_account"},
		"uri_scheme":     {trainOn("s3://data/train.jsonl"), invalid, "training_dataset_uri should be a GCS object of type JSONL."},
		"uri_suffix":     {trainOn("gs://data/train.json"), invalid, "training_dataset_uri should be a GCS object of type JSONL."},
		"uri_bucket":     {trainOn("gs://data.jsonl"), invalid, "training_dataset_uri should be a GCS object of type JSONL."},
		"object_missing": {trainOn("gs://data/none.jsonl"), invalid, "gs://data/none.jsonl does not exist"},
		"object_denied":  {trainOn("gs://data/secret.jsonl"), codes.PermissionDenied, "storage.objects.get"},
		"evaluation":     {spec(func(s *pb.SupervisedTuningSpec) { s.EvaluationConfig = &pb.EvaluationConfig{} }), codes.Unimplemented, "evaluation_config"},
		"pre_tuned_form": {continueFrom("models/1"), invalid, "pre_tuned_model.tuned_model_name"},
		"pre_tuned_none": {continueFrom(parent + "/models/1@1"), codes.NotFound, "Model projects/acme/locations/us-central1/models/1@1 does not exist."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.create(tc.change)
			if status.Code(err) != tc.wantCode || !strings.Contains(status.Convert(err).Message(), tc.want) {
				t.Errorf("got %v, want %v with %q", err, tc.wantCode, tc.want)
			}
		})
	}
	t.Cleanup(func() {
		if jobs := w.server.Jobs(); len(jobs) != 0 {
			t.Errorf("%d jobs exist after nothing but refusals", len(jobs))
		}
	})
}

// A model is tuned until the month before it retires, on whatever clock.
func TestClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.clock.add(-65 * 24 * time.Hour) // 2026-09-19
	w.restart()
	if _, err := w.create(baseModel("gemini-2.5-flash")); err != nil {
		t.Errorf("the day before: %v", err)
	}
	w.clock.add(12 * time.Hour)
	if _, err := w.create(baseModel("gemini-2.5-flash")); status.Code(err) != codes.NotFound {
		t.Errorf("the day after that: %v", err)
	}
}

func TestFieldViolations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	_, err := w.create(spec(func(s *pb.SupervisedTuningSpec) {
		s.TrainingDatasetUri, s.ValidationDatasetUri = "train.csv", "gs://data/"
	}))
	wantMessage, want, got := "List of found errors:\t", []string(nil), []string(nil)
	for i, field := range []string{"training_dataset_uri", "validation_dataset_uri"} {
		full, problem := "tuning_job.supervised_tuning_spec."+field, field+" should be a GCS object of type JSONL."
		wantMessage += fmt.Sprintf("%d.Field: %s; Message: %s\t", i+1, full, problem)
		want = append(want, full+": "+problem)
	}
	for _, detail := range status.Convert(err).Details() {
		for _, v := range detail.(*errdetails.BadRequest).GetFieldViolations() {
			got = append(got, v.GetField()+": "+v.GetDescription())
		}
	}
	if diff := cmp.Diff(wantMessage, status.Convert(err).Message()) + cmp.Diff(want, got); diff != "" {
		t.Errorf("message and field violations (-want +got):\n%s", diff)
	}
}

// TestNames_refused asks for a place, or for a job in it, in every way there is.
func TestNames_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	job := w.mustCreate().GetName()
	id := job[strings.LastIndex(job, "/"):]
	const invalid, notFound = codes.InvalidArgument, codes.NotFound
	for name, tc := range map[string]struct {
		parent, name string // without a parent, only the job is asked for
		wantCode     codes.Code
		want         string
	}{
		"global":         {"projects/acme/locations/global", "", codes.FailedPrecondition, "global"},
		"other_region":   {"projects/acme/locations/asia-east1", "", invalid, "The provided location ID doesn't match the endpoint. The valid location ID is `us-central1`, `europe-west4`, `us-west1`, `us-east5`, `asia-southeast1`, `asia-southeast2`."},
		"other_project":  {"projects/other/locations/us-central1", "", codes.PermissionDenied, "denied on resource '//aiplatform.googleapis.com/projects/other/locations/us-central1' (or it may not exist)."},
		"no_location":    {"projects/acme", "", invalid, "Invalid resource name"},
		"other_location": {"", strings.Replace(job, "us-central1", "europe-west4", 1), notFound, ""},
		"no_such_job":    {"", parent + "/tuningJobs/1234567890123456789", notFound, ""},
		"pipeline":       {"", strings.Replace(job, "tuningJobs", "trainingPipelines", 1), invalid, ""},
		"empty":          {"", "", invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := map[string]error{}
			if tc.parent != "" {
				tc.name = tc.parent + "/tuningJobs" + id
				_, errs["create"] = w.client.CreateTuningJob(t.Context(), &pb.CreateTuningJobRequest{Parent: tc.parent, TuningJob: newJob()})
				_, errs["list"] = w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: tc.parent}).Next()
			}
			_, errs["get"] = w.client.GetTuningJob(t.Context(), &pb.GetTuningJobRequest{Name: tc.name})
			errs["cancel"] = w.cancel(tc.name)
			for method, err := range errs {
				if status.Code(err) != tc.wantCode || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%s: got %v, want %v with %q", method, err, tc.wantCode, tc.want)
				}
			}
		})
	}
}

// A client may name the project by its number, as resources that Vertex AI returns do.
func TestProjectNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	job := w.finish(w.mustCreate().GetName())
	number := strings.Split(job.GetTunedModel().GetModel(), "/")[1]
	byNumber := strings.Replace(job.GetName(), "projects/"+project, "projects/"+number, 1)
	if got := w.get(byNumber).GetName(); got != job.GetName() {
		t.Errorf("got %s by number, want %s", got, job.GetName())
	}
}

func continueFrom(model string) func(*pb.TuningJob) {
	return func(j *pb.TuningJob) {
		j.SourceModel = &pb.TuningJob_PreTunedModel{PreTunedModel: &pb.PreTunedModel{TunedModelName: model}}
	}
}
