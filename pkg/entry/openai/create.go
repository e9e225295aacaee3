// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	// sameCreate is how long an equal create of the same caller is the same job, from the first one
	// on. OpenAI's clients repeat a create by themselves and send no key.
	sameCreate = 10 * time.Minute

	// OpenAI's limits on a job.
	suffixLimit   = 64 // characters
	metadataPairs = 16
	metadataKey   = 64  // characters
	metadataValue = 512 // characters
)

// creation is the body of a create, as far as it is valid by itself.
type creation struct {
	model, training, validation string
	request                     tuning.Request
	dryRun                      bool
}

// createJob starts a job.
func (s *Service) createJob(r *http.Request, _ string) (any, error) {
	f, err := s.API.Fields(r)
	if err != nil {
		return nil, err
	}
	c, faults := readCreate(f)
	o := jobs.StartRequest{Caller: s.API.Caller(r.Context()), Key: s.API.IdempotencyKey(r.Header, &faults)}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if err := s.resolve(r.Context(), &c); err != nil {
		return nil, err
	}
	o.Request = c.request
	if c.dryRun {
		plan, err := s.Jobs.DryRun(r.Context(), o)
		if err != nil {
			return nil, err
		}
		return s.viewPlan(plan), nil
	}
	if o.Key == "" {
		// No header can be equal to this key, because it has a space.
		o.Key, o.KeyLife = "equal create "+o.Hash(), sameCreate
	}
	job, err := s.API.Start(r.Context(), o)
	if err != nil {
		return nil, err
	}
	return s.viewJob(job), nil
}

// readCreate reads the body of a create.
func readCreate(f *requestfields.Reader) (creation, fault.Faults) {
	c := creation{model: f.Text("model"), training: f.Text("training_file"), validation: f.Text("validation_file")}
	own := &tuning.OpenAI{TrainingFile: c.training, ValidationFile: c.validation, Suffix: f.Text("suffix")}
	c.request = tuning.Request{OpenAI: own, DisplayName: own.Suffix, MaxCost: f.Dollars("max_cost_usd")}
	c.dryRun, c.request.Force = f.Flag("dry_run"), f.Flag("force")
	if seed := f.Integer("seed"); seed != nil {
		own.Seed = *seed
		own.Warnings = append(own.Warnings, "seed has no effect: Vertex AI takes none.")
	}
	f.Refuse("integrations", "is not supported. Leave the field out.")
	f.Object("hyperparameters", c.hyperparameters)
	f.Object("method", func(m *requestfields.Reader) {
		const supervised = "supervised"
		if kind := m.Text("type"); kind != "" && kind != supervised {
			m.Add("type", "UNSUPPORTED_METHOD", requestfields.OneOf(supervised)+" No Gemini model that can be tuned here takes another method.")
		}
		m.Object(supervised, func(inner *requestfields.Reader) { inner.Object("hyperparameters", c.hyperparameters) })
		for _, other := range []string{"dpo", "reinforcement"} {
			m.Refuse(other, "is not supported: only supervised is.")
		}
	})
	c.metadata(f)
	for _, required := range []struct{ name, value, description string }{
		{"model", c.model, "a base model, such as gemini-3.1-flash-lite"}, {"training_file", c.training, "the id of a file"},
	} {
		if required.value == "" && !f.Given(required.name) {
			f.Add(required.name, "REQUIRED", "must be given: "+required.description+".")
		}
	}
	if utf8.RuneCountInString(own.Suffix) > suffixLimit {
		f.Add("suffix", "TOO_LONG", fmt.Sprintf("must be at most %d characters.", suffixLimit))
	}
	return c, f.Faults()
}

// hyperparameters reads hyperparameters, in the old place or in the new one. "auto" is the same as
// an absent value.
func (c *creation) hyperparameters(h *requestfields.Reader) {
	p := &c.request.Hyperparameters
	for _, known := range []struct {
		name string
		read func()
	}{
		{"n_epochs", func() { p.EpochCount = cmp.Or(h.Integer("n_epochs"), p.EpochCount) }},
		{"batch_size", func() { p.BatchSize = cmp.Or(h.Integer("batch_size"), p.BatchSize) }},
		{"learning_rate_multiplier", func() {
			p.LearningRateMultiplier = cmp.Or(h.Number("learning_rate_multiplier"), p.LearningRateMultiplier)
		}},
	} {
		if !h.Auto(known.name) {
			known.read()
		}
	}
}

// metadata reads the metadata. Two of its keys have a meaning: max_cost_usd and dry_run, which have
// no place in OpenAI's types.
func (c *creation) metadata(f *requestfields.Reader) {
	pairs := f.TextMap("metadata")
	if len(pairs) == 0 {
		return
	}
	if len(pairs) > metadataPairs {
		f.Add("metadata", "TOO_MANY", fmt.Sprintf("must be at most %d pairs.", metadataPairs))
	}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if key == "" || utf8.RuneCountInString(key) > metadataKey || utf8.RuneCountInString(pairs[key]) > metadataValue {
			f.Add("metadata."+key, "TOO_LONG", fmt.Sprintf("must have a key of 1 to %d and a value of at most %d characters.", metadataKey, metadataValue))
		}
	}
	if text, ok := pairs["max_cost_usd"]; ok && c.request.MaxCost == 0 {
		var err error
		if c.request.MaxCost, err = usd.Parse(text); err != nil || c.request.MaxCost <= 0 {
			f.Add("metadata.max_cost_usd", "OUT_OF_RANGE", "must be an amount of US dollars greater than 0, such as \"5\" or \"2.50\".")
		}
	}
	switch pairs["dry_run"] {
	case "true":
		c.dryRun = true
	case "", "false":
	default:
		f.Add("metadata.dry_run", "INVALID_TYPE", requestfields.OneOf("true", "false"))
	}
	c.request.OpenAI.Metadata, _ = json.Marshal(pairs) // strings can always be encoded
}

// resolve sets the base model and the data of a start.
func (s *Service) resolve(ctx context.Context, c *creation) error {
	var faults fault.Faults
	err := s.resolveModel(ctx, c, &faults)
	for _, file := range []struct {
		field, id string
		uri       *string
	}{{"training_file", c.training, &c.request.TrainingData}, {"validation_file", c.validation, &c.request.ValidationData}} {
		if file.id != "" {
			var readErr error
			*file.uri, readErr = s.resolveFile(ctx, file.field, file.id, &faults)
			err = errors.Join(err, readErr)
		}
	}
	return cmp.Or(faults.Err(), err)
}

// resolveFile returns the address of a file, which must have been found usable. A gs:// URI is an
// address already.
func (s *Service) resolveFile(ctx context.Context, field, id string, faults *fault.Faults) (string, error) {
	if strings.HasPrefix(id, "gs://") {
		return id, nil
	}
	file, err := s.findFile(ctx, id)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		faults.Add(field, "UNKNOWN_FILE", fmt.Sprintf("must be the id of a file, or a gs:// URI. There is no file %q.", id))
		return "", nil
	case err != nil:
		return "", err
	case file.Purpose != fineTune:
		faults.Add(field, "INVALID_PURPOSE", "must be a file with the purpose fine-tune.")
	case file.Status != processed:
		faults.Add(field, "INVALID_FILE", "cannot be used. "+file.Details)
	}
	return "gs://" + s.Bucket + "/" + objectOf(id), nil
}

var (
	// openAIModel matches the names of OpenAI's models, tuned ones too.
	openAIModel = lazyregexp.New(`^(ft:.+|(gpt|chatgpt|o[0-9]|davinci|babbage|curie|ada)([.-].*)?)$`)
	snapshot    = lazyregexp.New(`-[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// resolveModel sets the model to tune: the one that an alias stands for, the tuned model to
// continue, or the given one. A model of OpenAI's without an alias is a fault.
func (s *Service) resolveModel(ctx context.Context, c *creation, faults *fault.Faults) error {
	name := c.model
	alias, ok := s.Config.Aliases[name]
	if !ok {
		alias = s.Config.Aliases[snapshot.ReplaceAllString(name, "")]
	}
	switch {
	case alias != "":
		c.request.BaseModel = alias
	case endpointName.MatchString(name):
		made, err := s.Records.JobsOfEndpoint(ctx, name, s.Project)
		if err != nil {
			return err
		}
		if len(made) == 0 {
			faults.Add("model", "UNKNOWN_MODEL", "must be a base model or a tuned model of this service. GET /v1/models lists them.")
			return nil
		}
		c.request.PreTunedModel = made[len(made)-1].TunedModel
	case openAIModel.MatchString(name) && s.Catalogue.Current(ctx).Lookup(name) == nil:
		faults.Add("model", "MODEL_OF_OPENAI", fmt.Sprintf("must be a model that Vertex AI tunes. %s is a model of OpenAI's. Use %s. "+
			"The operator of this service can map names with OPENAI_MODEL_ALIASES.", name, s.BaseModel))
	default:
		c.request.BaseModel = name
	}
	return nil
}
