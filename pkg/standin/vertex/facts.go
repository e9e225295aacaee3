// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
)

// What Vertex AI accepts changes every few months and is only partly documented, so it is data,
// with a source for each entry, and not code.
var (
	//go:embed models.json
	modelsJSON []byte
	//go:embed service.json
	serviceJSON []byte
)

type modelStatus string

const (
	modelTunable modelStatus = "tunable"
	modelRetired modelStatus = "retired"
	modelOpen    modelStatus = "open"
)

// modelFacts is one base model.
type modelFacts struct {
	ID                 string      `json:"id"`
	Status             modelStatus `json:"status"`
	Closed             string      `json:"closed"` // day from which on it is retired
	Regions            []string    `json:"regions"`
	Serving            string      `json:"serving"`
	AdapterSizes       []string    `json:"adapter_sizes"`
	DefaultAdapterSize string      `json:"default_adapter_size"`
	MaxTokens          int64       `json:"max_tokens"`
	CMEK               bool        `json:"cmek"`
	Modalities         []string    `json:"modalities"`
	// LearningRates are those that an open model is tuned with by default, by the modes that it
	// takes.
	LearningRates map[string]float64 `json:"learning_rates"`
	// FixedSampling says that requests with penalties, or with a last turn of the model, are
	// refused.
	FixedSampling bool `json:"fixed_sampling"`
	// ThinkingLevels are those that requests may set; ThinkingBudget says that they may set a
	// budget.
	ThinkingLevels []string `json:"thinking_levels"`
	ThinkingBudget bool     `json:"thinking_budget"`
}

func (m *modelFacts) open() bool { return m.Status == modelOpen }

// retired reports whether the model is gone at a time.
func (m *modelFacts) retired(now time.Time) bool {
	return m.Status == modelRetired || m.Closed != "" && now.UTC().Format(time.DateOnly) >= m.Closed
}

// inherit copies what is true of all open models, where the model itself does not say it.
func (m *modelFacts) inherit(all modelFacts) {
	m.Regions, m.Serving, m.AdapterSizes, m.CMEK = all.Regions, all.Serving, all.AdapterSizes, all.CMEK
	m.DefaultAdapterSize = cmp.Or(m.DefaultAdapterSize, all.DefaultAdapterSize)
	m.MaxTokens = cmp.Or(m.MaxTokens, all.MaxTokens)
}

// takesMode reports whether an open model is tuned in a mode, and at which rate by default.
func (m *modelFacts) takesMode(mode pb.SupervisedTuningSpec_TuningMode) (rate float64, ok bool) {
	rate, ok = m.LearningRates[strings.TrimPrefix(mode.String(), "TUNING_MODE_")]
	return rate, ok
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

// modelLocation is where the tuned model is: in the location of the job. Of a global job the
// service picks a region, and names it.
func modelLocation(job string) string {
	if job == "global" {
		return "us-central1"
	}
	return job
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
	ConcurrentJobs          sourced     `json:"concurrent_jobs"`
	PageSizeDefault         sourced     `json:"page_size_default"`
	PageSizeMax             sourced     `json:"page_size_max"`
	EpochCountMax           sourced     `json:"epoch_count_max"`
	LabelCountMax           sourced     `json:"label_count_max"`
	LabelRunesMax           sourced     `json:"label_runes_max"`
	DisplayNameRunesMax     sourced     `json:"display_name_runes_max"`
	DatasetBytesMax         sourced     `json:"dataset_bytes_max"`
	ExampleBytesMax         sourced     `json:"example_bytes_max"`
	ValidationExamplesMax   sourced     `json:"validation_examples_max"`
	ValidationExamplesFree  sourced     `json:"validation_examples_free"`
	ValidationPercentMax    sourced     `json:"validation_percent_max"`
	OpenValidationBytesMax  sourced     `json:"open_validation_bytes_percent_max"`
	OpenEpochs              sourced     `json:"open_epochs"`
	TextExamplesMax         sourced     `json:"text_examples_max"`
	MultimodalExamplesMax   sourced     `json:"multimodal_examples_max"`
	ImagesPerExampleMax     sourced     `json:"images_per_example_max"`
	ImageBytesMax           sourced     `json:"image_bytes_max"`
	FunctionDeclarationsMax sourced     `json:"function_declarations_max"`
	MediaTokens             sourced     `json:"media_tokens"`
	DroppedSampleMax        sourced     `json:"dropped_sample_max"`
	BatchSize               sourced     `json:"batch_size"`
	DefaultEpochs           []epochRule `json:"default_epochs"`
	MIMETypes               struct {
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
		Open   modelFacts    `json:"open"`
		Models []*modelFacts `json:"models"`
	}
	if err := json.Unmarshal(modelsJSON, &file); err != nil {
		return nil, fmt.Errorf("read embedded models.json: %w", err)
	}
	for _, m := range file.Models {
		if m.open() {
			m.inherit(file.Open)
		}
		c.models[m.ID] = m
	}
	if err := json.Unmarshal(serviceJSON, &c.service); err != nil {
		return nil, fmt.Errorf("read embedded service.json: %w", err)
	}
	return c, nil
}

// regions returns all in which some model is tuned.
func (c *catalogue) regions() (all []string) {
	for _, id := range slices.Sorted(maps.Keys(c.models)) {
		for _, region := range c.models[id].Regions {
			if region != "global" && !slices.Contains(all, region) {
				all = append(all, region)
			}
		}
	}
	return all
}
