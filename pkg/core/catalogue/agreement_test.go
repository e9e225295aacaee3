// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/split"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

// service is the stand-in for Vertex AI, which has its own facts and refuses requests by them. Its
// field catalogue is the catalogue that describes the same facts.
type service struct {
	*cloudtest.Cloud
	catalogue *catalogue.Catalogue
	tuning    pb.GenAiTuningServiceClient
}

const (
	geminiData = "gs://data/gemini.jsonl"
	openData   = "gs://data/open.jsonl"
)

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{Cloud: cloudtest.Start(t, func(c *cloud.Config) { c.Project, c.Data, c.ConcurrentJobs = "p", "data", 100_000 })}
	s.catalogue = s.Catalogue.Current(t.Context())
	conn, err := grpc.NewClient(s.Run.Addresses.Vertex, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.tuning = pb.NewGenAiTuningServiceClient(conn)
	s.upload(t, geminiData, dataset.AppendPair(nil, "Hello?", "Hello."))
	s.upload(t, openData, []byte(`{"prompt":"Hello?","completion":"Hello."}`+"\n"))
	return s
}

func (s *service) upload(t *testing.T, uri string, content []byte) {
	t.Helper()
	bucket, name, _ := strings.Cut(strings.TrimPrefix(uri, "gs://"), "/")
	s.Upload(t, bucket, name, string(content), nil)
}

// create submits the job of a request, in the version of the API and with the hyperparameters that
// the verdict allows.
func (s *service) create(t *testing.T, r catalogue.Request, v catalogue.Verdict, validation string) error {
	t.Helper()
	hyper := &pb.SupervisedHyperParameters{}
	if size := r.Hyperparameters.AdapterSize; size != nil && !slices.Contains(v.Unsupported, catalogue.AdapterSize) {
		hyper.AdapterSize = map[int64]pb.SupervisedHyperParameters_AdapterSize{
			1: pb.SupervisedHyperParameters_ADAPTER_SIZE_ONE, 2: pb.SupervisedHyperParameters_ADAPTER_SIZE_TWO,
			4: pb.SupervisedHyperParameters_ADAPTER_SIZE_FOUR, 8: pb.SupervisedHyperParameters_ADAPTER_SIZE_EIGHT,
			16: pb.SupervisedHyperParameters_ADAPTER_SIZE_SIXTEEN, 32: pb.SupervisedHyperParameters_ADAPTER_SIZE_THIRTY_TWO,
		}[*size]
	}
	if rate := r.Hyperparameters.LearningRate; rate != nil && !slices.Contains(v.Unsupported, catalogue.LearningRate) {
		hyper.LearningRate = *rate
	}
	if factor := r.Hyperparameters.LearningRateMultiplier; factor != nil && !slices.Contains(v.Unsupported, catalogue.LearningRateMultiplier) {
		hyper.LearningRateMultiplier = *factor
	}
	spec := &pb.SupervisedTuningSpec{TrainingDatasetUri: geminiData, ValidationDatasetUri: validation, HyperParameters: hyper}
	job := &pb.TuningJob{SourceModel: &pb.TuningJob_BaseModel{BaseModel: r.BaseModel}, TuningSpec: &pb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: spec}}
	if v.APIVersion == "v1beta1" {
		spec.TrainingDatasetUri, job.OutputUri = openData, "gs://data/out"
		spec.TuningMode = pb.SupervisedTuningSpec_TuningMode(pb.SupervisedTuningSpec_TuningMode_value["TUNING_MODE_"+v.TuningMode])
	}
	if r.KMSKey != "" {
		job.EncryptionSpec = &pb.EncryptionSpec{KmsKeyName: r.KMSKey}
	}
	_, err := s.tuning.CreateTuningJob(t.Context(), &pb.CreateTuningJobRequest{Parent: "projects/p/locations/" + r.Location, TuningJob: job})
	return err
}

// requestsFor returns the requests for a model that are compared, by name.
func requestsFor(model string) map[string]catalogue.Request {
	requests := map[string]catalogue.Request{}
	add := func(name string, change func(*catalogue.Request)) {
		r := catalogue.Request{BaseModel: model, Location: region, Today: time.Now()}
		change(&r)
		requests[name] = r
	}
	add("plain", func(*catalogue.Request) {})
	for _, location := range []string{"global", "us-central1", "europe-west4", "us-west1", "us-east5", "asia-southeast1", "asia-southeast2"} {
		add("in "+location, func(r *catalogue.Request) { r.Location = location })
		add("key in "+location, func(r *catalogue.Request) {
			r.Location, r.KMSKey = location, "projects/p/locations/"+location+"/keyRings/r/cryptoKeys/k"
		})
	}
	add("key elsewhere", func(r *catalogue.Request) { r.KMSKey = "projects/p/locations/us-east5/keyRings/r/cryptoKeys/k" })
	for _, mode := range []string{"", catalogue.PEFT, catalogue.Full} {
		add("mode "+mode, func(r *catalogue.Request) { r.Hyperparameters.TuningMode = mode })
		for _, size := range []int64{1, 2, 4, 8, 16, 32} {
			add(fmt.Sprintf("adapter %d %s", size, mode), func(r *catalogue.Request) {
				r.Hyperparameters.TuningMode, r.Hyperparameters.AdapterSize = mode, &size
			})
		}
	}
	add("both learning rates", func(r *catalogue.Request) {
		r.Hyperparameters.LearningRate, r.Hyperparameters.LearningRateMultiplier = new(0.1), new(2.0)
	})
	return requests
}

// TestAgreement checks for every model and every kind of request that the service refuses what the
// catalogue refuses, and accepts what the catalogue accepts without a warning. It fails if a rule
// exists on one side only.
func TestAgreement(t *testing.T) {
	t.Parallel()
	s := newService(t)
	outcomes := map[bool]int{}
	for _, m := range s.catalogue.Models {
		for name, r := range requestsFor(m.ID) {
			v := s.catalogue.Check(r)
			doubts := false
			for _, w := range v.Warnings {
				switch w.Reason {
				case "MODE_CHOSEN", "RETIRES_SOON", "NOT_TAKEN": // these cannot fail
				default:
					doubts = true
				}
			}
			if doubts && len(v.Refusals) == 0 {
				continue // Vertex AI decides
			}
			refused := len(v.Refusals) > 0
			outcomes[refused]++
			if err := s.create(t, r, v, ""); (err != nil) != refused {
				t.Errorf("%s, %s: the catalogue refuses %q, but the service returns %v", m.ID, name, texts(v.Refusals), err)
			}
		}
	}
	if outcomes[true] < 100 || outcomes[false] < 100 {
		t.Errorf("only %d refusals and %d others were compared", outcomes[true], outcomes[false])
	}
}

// TestAgreement_on_names checks that both sides refuse a name of an open model that Vertex AI
// cannot parse.
func TestAgreement_on_names(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, name := range []string{"google/gemma-3-27b-it", "Qwen/Qwen3-8B"} {
		v := s.catalogue.Check(catalogue.Request{BaseModel: name, Location: region, Today: time.Now()})
		err := s.create(t, catalogue.Request{BaseModel: name, Location: region}, v, "")
		if v.Err() == nil || err == nil || !strings.Contains(err.Error(), "Invalid open source publisher model resource name") {
			t.Errorf("%s: the catalogue returns %v, the service %v", name, v.Err(), err)
		}
	}
}

// The service accepts a validation file that was split off within the limits of the catalogue, and
// refuses one that was split off without limits.
func TestAgreement_on_validation(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const model = "qwen/qwen3@qwen3-4b"
	bounds := s.catalogue.Lookup(model).Validation.Value
	for name, tt := range map[string]struct {
		bounds   catalogue.Validation
		accepted bool
	}{"bounded": {bounds, true}, "unbounded": {catalogue.Validation{}, false}} {
		var training, validation bytes.Buffer
		parts, err := split.New(split.Options{Share: 0.3, Bounds: tt.bounds}, func(e split.Example) error {
			training.Write(e.Line)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			line := fmt.Sprintf(`{"prompt":"Question %d?","completion":"Answer %d."}`+"\n", i, i)
			if err := parts.Add(split.Example{Line: []byte(line), Group: fmt.Sprint("session ", i/3)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := parts.Finish(); err != nil {
			t.Fatal(err)
		}
		for e := range parts.Validation() {
			validation.Write(e.Line)
		}
		s.upload(t, openData, training.Bytes())
		s.upload(t, "gs://data/validation.jsonl", validation.Bytes())
		r := catalogue.Request{BaseModel: model, Location: "global", Today: time.Now()}
		err = s.create(t, r, s.catalogue.Check(r), "gs://data/validation.jsonl")
		if (err == nil) != tt.accepted || err != nil && !strings.Contains(err.Error(), "exceeds the maximum of 25%") {
			t.Errorf("%s, %d and %d bytes: %v", name, training.Len(), validation.Len(), err)
		}
	}
}
