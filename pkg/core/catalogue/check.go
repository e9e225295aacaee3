// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Request is a tuning request for a base model.
type Request struct {
	BaseModel       string // an ID, an alias or a resource name
	Location        string // the location of the job
	Hyperparameters Hyperparameters
	Modalities      []Modality // the kinds of content in the data
	Training        Size       // the size of the training file, if it is known
	Validation      Size
	KMSKey          string // resource name of the customer's encryption key
	Today           time.Time
	Force           bool // turns known failures into warnings
}

// Hyperparameters are the hyperparameters that a caller sets; nil and "" mean that one is not set.
type Hyperparameters struct {
	EpochCount               *int64
	LearningRateMultiplier   *float64
	LearningRate             *float64
	AdapterSize              *int64
	BatchSize                *int64
	TuningMode               string
	ExportLastCheckpointOnly *bool
}

// These are the names of the hyperparameters in Vertex AI.
const (
	EpochCount               = "epoch_count"
	LearningRateMultiplier   = "learning_rate_multiplier"
	LearningRate             = "learning_rate"
	AdapterSize              = "adapter_size"
	BatchSize                = "batch_size"
	TuningMode               = "tuning_mode"
	ExportLastCheckpointOnly = "export_last_checkpoint_only"
)

// Verdict is the result of a check.
type Verdict struct {
	Model *Model // nil if the catalogue does not have it
	// Family is the family of the model, or a guess if the model is unknown. APIVersion is the
	// version of the tuning service for that family.
	Family     string
	APIVersion string
	// TuningMode is the mode to request: the mode in the request, or else the model's first mode.
	// It is "" if the model has no modes.
	TuningMode string
	// Unsupported names the hyperparameters that the caller sets and the model's family does not
	// accept. Vertex AI ignores or refuses them, so they must not be sent.
	Unsupported []string
	// Refusals are the reasons for which the job is known to fail. If Request.Force is set, they
	// are among the Warnings instead.
	Refusals []fault.Violation
	Warnings []fault.Violation
}

// Err returns the refusals as an error with the reason KNOWN_TO_FAIL, or nil.
func (v Verdict) Err() error {
	if len(v.Refusals) == 0 {
		return nil
	}
	e := fault.Invalid(v.Refusals...)
	e.Reason = "KNOWN_TO_FAIL"
	e.Message = fmt.Sprintf("Vertex AI would refuse this job: %s To try it anyway, set \"force\": true.", v.Refusals[0].Description)
	return e
}

// Texts returns the warnings as sentences.
func (v Verdict) Texts() []string {
	var all []string
	for _, w := range v.Warnings {
		all = append(all, w.Description)
	}
	return all
}

// check is the state of one call of Check.
type check struct {
	*Catalogue
	Request
	Verdict
	model   *Model // if the model is unknown, a model with the facts of its family
	isGuess bool   // the model is unknown, so the family and its facts are only a guess
	today   Date
}

// Check compares a request with the catalogue.
func (c *Catalogue) Check(r Request) Verdict {
	k := &check{Catalogue: c, Request: r, model: c.Lookup(r.BaseModel), today: dayOf(r.Today)}
	k.Verdict.Model = k.model
	if k.model == nil {
		k.checkUnknownModel()
	} else {
		k.checkLifetime()
	}
	k.Family, k.APIVersion = k.model.Family, c.Families[k.model.Family].APIVersion.Value
	k.checkLocation()
	k.chooseMode()
	k.checkHyperparameters()
	k.checkAdapterSize()
	k.checkContent()
	k.checkKey()
	return k.verdict()
}

// CheckContent compares only the data of a request with the catalogue, for a caller that sees the
// data later than the rest of the request. The verdict is empty if the model is unknown.
func (c *Catalogue) CheckContent(r Request) Verdict {
	k := &check{Catalogue: c, Request: r, model: c.Lookup(r.BaseModel)}
	if k.model == nil {
		return Verdict{}
	}
	k.Verdict.Model, k.Family, k.APIVersion = k.model, k.model.Family, c.Families[k.model.Family].APIVersion.Value
	k.checkContent()
	return k.verdict()
}

func (k *check) verdict() Verdict {
	if k.Force {
		for _, refusal := range k.Refusals {
			refusal.Description = "Tried because of \"force\": " + refusal.Description
			k.Warnings = append(k.Warnings, refusal)
		}
		k.Refusals = nil
	}
	return k.Verdict
}

// addFailure records a refusal if the fact behind it is confirmed, and otherwise a warning.
func (k *check) addFailure(confirmed bool, field, reason, format string, args ...any) {
	v := fault.Violation{Field: field, Reason: reason, Description: fmt.Sprintf(format, args...)}
	if confirmed && !k.isGuess {
		k.Refusals = append(k.Refusals, v)
		return
	}
	v.Description += " This is not confirmed, so it is tried."
	k.Warnings = append(k.Warnings, v)
}

func (k *check) addWarning(field, reason, format string, args ...any) {
	k.Warnings = append(k.Warnings, fault.Violation{Field: field, Reason: reason, Description: fmt.Sprintf(format, args...)})
}

// checkUnknownModel handles a model that is not in the catalogue. A new model must work before we
// add it to the catalogue, so only a name that Vertex AI cannot parse is known to fail.
func (k *check) checkUnknownModel() {
	id, family := ID(k.BaseModel), Gemini
	publisher, _, isOpen := strings.Cut(id, "/")
	isTuned := publisher == "projects"
	if isOpen && !isTuned {
		family = Open
	}
	k.model = &Model{ID: id, Family: family, Facts: k.Families[family].Facts}
	switch {
	case isTuned: // a tuned open model has no name of this form
		k.addWarning("base_model", "UNKNOWN_MODEL", "The base model of %s is not known, so only a part of this job can be checked.", id)
	case isOpen && !strings.Contains(id, "@"):
		hint := ""
		if known := k.published(publisher); len(known) > 0 {
			hint = " Known models of this publisher are " + list(known) + "."
		}
		k.addFailure(true, "base_model", "OPEN_MODEL_NAME", "%s is not the name of an open model, which is PUBLISHER/FAMILY@VERSION.%s", k.BaseModel, hint)
	default:
		k.addWarning("base_model", "UNKNOWN_MODEL", "%s is not in the catalogue of %s, so little of this job can be checked.%s",
			k.BaseModel, k.AsOf, k.knownTunable(family))
	}
	k.isGuess = true
}

// checkLifetime checks whether the model can be tuned today.
func (k *check) checkLifetime() {
	m := k.model
	hint := k.replacements(m)
	if k.checkRetirement(m, hint) {
		return
	}
	switch t := m.Tunable; {
	case t == nil:
		k.addWarning("base_model", "UNCONFIRMED", "Whether %s can be tuned is not known.%s", m.ID, hint)
	case !t.Value:
		k.addFailure(t.Confirmed, "base_model", "NOT_TUNABLE", "%s is not in any list of models that can be tuned.%s", m.ID, hint)
	case !t.Confirmed:
		k.addWarning("base_model", "UNCONFIRMED", "That %s can be tuned is not confirmed (%s).%s", m.ID, k.cite(t.Source), hint)
	}
}

// checkRetirement reports whether the model is closed to tuning, and adds what its retirement means
// for the job.
func (k *check) checkRetirement(m *Model, hint string) bool {
	r := m.Retirement
	if r == nil {
		return false
	}
	closes := k.closes(m)
	switch {
	case k.today.Before(closes.Time):
		if !k.today.Before(closes.monthsBefore(k.MonthsWarned.Value).Time) {
			k.addWarning("base_model", "RETIRES_SOON", "%s retires %s, and the models tuned from it retire with it.%s", m.ID, r.Value, hint)
		}
		return false
	case r.Value.When == NotBefore:
		k.addWarning("base_model", "MAY_BE_CLOSED", "%s retires %s, and tuning closes some time before that: it may be closed already.%s", m.ID, r.Value, hint)
		return false
	case k.today.Before(r.Value.Date.Time):
		k.addFailure(r.Confirmed, "base_model", "CLOSED", "%s retires %s, and has been closed to tuning since %s.%s", m.ID, r.Value, closes, hint)
	default:
		k.addFailure(r.Confirmed, "base_model", "RETIRED", "%s was retired %s.%s", m.ID, r.Value, hint)
	}
	return true
}

// checkLocation checks the location of the job.
func (k *check) checkLocation() {
	where := ""
	if l := k.model.TuningLocations; l != nil {
		where = " It can be tuned in " + list(l.Value) + "."
	}
	switch refused, allowed := k.model.RefusedLocations, k.model.TuningLocations; {
	case k.Location == "":
	case refused != nil && slices.Contains(refused.Value, k.Location):
		k.addFailure(refused.Confirmed, "location", "LOCATION", "%s cannot be tuned in the location %s.%s", k.model.ID, k.Location, where)
	case allowed != nil && !slices.Contains(allowed.Value, k.Location):
		k.addFailure(allowed.Confirmed, "location", "LOCATION", "%s cannot be tuned in %s.%s", k.model.ID, k.Location, where)
	}
}

// checkKey checks the customer's encryption key.
func (k *check) checkKey() {
	const field = "kms_key_name"
	if k.KMSKey == "" {
		return
	}
	switch supported, refused := k.model.CMEK, k.model.CMEKRefused; {
	case supported != nil && !supported.Value:
		k.addFailure(supported.Confirmed, field, "CMEK", "%s cannot be tuned with a key of your own. Leave kms_key_name out.", k.model.ID)
	case refused != nil && slices.Contains(refused.Value, k.Location):
		k.addFailure(refused.Confirmed, field, "CMEK", "The location %s does not accept a key of your own. Use a region, and a key in that region.", k.Location)
	case supported == nil:
		k.addWarning(field, "UNCONFIRMED", "Whether %s can be tuned with a key of your own is not known.", k.model.ID)
	}
	if location := keyLocation(k.KMSKey); location != "" && k.Location != "" && location != k.Location {
		k.addFailure(true, field, "KEY_LOCATION", "The key is in %s, and must be in the location of the job, %s.", location, k.Location)
	}
}

// keyLocation returns the location in the name of a key,
// projects/P/locations/L/keyRings/R/cryptoKeys/K.
func keyLocation(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) != 8 || parts[2] != "locations" {
		return ""
	}
	return parts[3]
}

// checkContent checks the content of the training and validation data.
func (k *check) checkContent() {
	if bounds := k.model.Validation; bounds != nil {
		if excess := bounds.Value.Exceeded(k.Training, k.Request.Validation); excess != "" {
			k.addFailure(bounds.Confirmed, "validation_data", "VALIDATION_TOO_LARGE", "The validation file %s.", excess)
		}
	}
	for _, modality := range k.Modalities {
		fact, known := k.model.Modalities[modality]
		switch {
		case !known:
			k.addWarning("training_data", "UNCONFIRMED", "Whether %s can be tuned on data of the kind %s is not known.", k.model.ID, modality)
		case !fact.Value:
			k.addFailure(fact.Confirmed, "training_data", "MODALITY", "%s cannot be tuned on data of the kind %s, which the dataset contains. It takes %s.",
				k.model.ID, modality, list(k.model.acceptedModalities()))
		case !fact.Confirmed:
			k.addWarning("training_data", "UNCONFIRMED", "That %s can be tuned on data of the kind %s is not confirmed (%s).", k.model.ID, modality, k.cite(fact.Source))
		}
	}
}

// acceptedModalities returns the modalities that the model accepts.
func (m *Model) acceptedModalities() (names []string) {
	for _, modality := range modalities {
		if fact, ok := m.Modalities[modality]; ok && fact.Value {
			names = append(names, string(modality))
		}
	}
	return names
}
