// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
)

// What Vertex AI takes changes every few months and is only partly documented, so it is data with a
// source beside each entry, not code.
var (
	//go:embed models.json
	modelsJSON []byte
	//go:embed service.json
	serviceJSON []byte
)

type modelStatus string

const (
	modelTunable      modelStatus = "tunable"
	modelRetired      modelStatus = "retired"
	modelNeedsV1beta1 modelStatus = "needs_v1beta1"
)

// modelFacts is one base model.
type modelFacts struct {
	ID                 string      `json:"id"`
	Status             modelStatus `json:"status"`
	Regions            []string    `json:"regions"`
	Serving            string      `json:"serving"`
	AdapterSizes       []string    `json:"adapter_sizes"`
	DefaultAdapterSize string      `json:"default_adapter_size"`
	MaxTokens          int64       `json:"max_tokens"`
	CMEK               bool        `json:"cmek"`
	Modalities         []string    `json:"modalities"`
}

// adapterSize returns the enum value of a name as models.json writes it.
func adapterSize(name string) pb.SupervisedHyperParameters_AdapterSize {
	return pb.SupervisedHyperParameters_AdapterSize(pb.SupervisedHyperParameters_AdapterSize_value["ADAPTER_SIZE_"+name])
}

func (m *modelFacts) takesAdapter(size pb.SupervisedHyperParameters_AdapterSize) bool {
	return slices.ContainsFunc(m.AdapterSizes, func(name string) bool { return adapterSize(name) == size })
}

func (m *modelFacts) tunableIn(location string) bool {
	return len(m.Regions) == 0 || slices.Contains(m.Regions, location)
}

// endpointLocation is where tuned endpoints land: newer models are served from a multi-region only.
func (m *modelFacts) endpointLocation(job string) string {
	switch {
	case m.Serving != "multi_region":
		return job
	case strings.HasPrefix(job, "europe-"):
		return "eu"
	default:
		return "us"
	}
}

type sourced struct {
	Value int64 `json:"value"`
}

type epochRule struct {
	UpToExamples int64 `json:"up_to_examples"`
	Epochs       int64 `json:"epochs"`
}

// serviceFacts are the limits and defaults that do not depend on the base model.
type serviceFacts struct {
	ConcurrentJobs         sourced     `json:"concurrent_jobs"`
	PageSizeDefault        sourced     `json:"page_size_default"`
	PageSizeMax            sourced     `json:"page_size_max"`
	EpochCountMax          sourced     `json:"epoch_count_max"`
	LabelCountMax          sourced     `json:"label_count_max"`
	LabelRunesMax          sourced     `json:"label_runes_max"`
	DisplayNameRunesMax    sourced     `json:"display_name_runes_max"`
	DatasetBytesMax        sourced     `json:"dataset_bytes_max"`
	ExampleBytesMax        sourced     `json:"example_bytes_max"`
	ValidationExamplesMax  sourced     `json:"validation_examples_max"`
	ValidationExamplesFree sourced     `json:"validation_examples_free"`
	ValidationPercentMax   sourced     `json:"validation_percent_max"`
	ImagesPerExampleMax    sourced     `json:"images_per_example_max"`
	ImageBytesMax          sourced     `json:"image_bytes_max"`
	MediaTokens            sourced     `json:"media_tokens"`
	DroppedSampleMax       sourced     `json:"dropped_sample_max"`
	ExampleSampleMax       sourced     `json:"example_sample_max"`
	BatchSize              sourced     `json:"batch_size"`
	DefaultEpochs          []epochRule `json:"default_epochs"`
	MIMETypes              struct {
		Kinds map[string]string `json:"kinds"`
	} `json:"mime_types"`
}

// epochsFor is the epoch count the service picks when the caller leaves it unset.
func (s *serviceFacts) epochsFor(examples int64) int64 {
	for _, r := range s.DefaultEpochs {
		if r.UpToExamples == 0 || examples <= r.UpToExamples {
			return r.Epochs
		}
	}
	return 1
}

// catalogue is all facts, indexed.
type catalogue struct {
	service serviceFacts
	models  map[string]*modelFacts
}

func loadCatalogue() (*catalogue, error) {
	c := &catalogue{models: map[string]*modelFacts{}}
	var file struct {
		Models []*modelFacts `json:"models"`
	}
	if err := json.Unmarshal(modelsJSON, &file); err != nil {
		return nil, fmt.Errorf("read embedded models.json: %w", err)
	}
	for _, m := range file.Models {
		c.models[m.ID] = m
	}
	if err := json.Unmarshal(serviceJSON, &c.service); err != nil {
		return nil, fmt.Errorf("read embedded service.json: %w", err)
	}
	return c, nil
}
