// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// fieldOf returns the path of a hyperparameter in a request. Two of them are outside the object
// "hyperparameters".
func fieldOf(name string) string {
	if name == TuningMode || name == ExportLastCheckpointOnly {
		return name
	}
	return "hyperparameters." + name
}

// set is a hyperparameter that the caller set.
type set struct {
	name  string
	value float64 // only for numbers
}

// set returns the hyperparameters that are set.
func (h Hyperparameters) set() (all []set) {
	integer := func(name string, n *int64) {
		if n != nil {
			all = append(all, set{name, float64(*n)})
		}
	}
	number := func(name string, x *float64) {
		if x != nil {
			all = append(all, set{name, *x})
		}
	}
	integer(EpochCount, h.EpochCount)
	number(LearningRateMultiplier, h.LearningRateMultiplier)
	number(LearningRate, h.LearningRate)
	integer(AdapterSize, h.AdapterSize)
	integer(BatchSize, h.BatchSize)
	if h.TuningMode != "" {
		all = append(all, set{name: TuningMode})
	}
	if h.ExportLastCheckpointOnly != nil {
		all = append(all, set{name: ExportLastCheckpointOnly})
	}
	return all
}

// chooseMode determines the tuning mode.
func (k *check) chooseMode() {
	if _, taken := k.Families[k.model.Family].Hyperparameters[TuningMode]; !taken {
		return
	}
	k.TuningMode = k.Hyperparameters.TuningMode
	switch modes := k.model.TuningModes; {
	case modes == nil:
	case k.TuningMode == "":
		k.TuningMode = modes.Value[0]
		if len(modes.Value) > 1 {
			k.addWarning(TuningMode, "MODE_CHOSEN", "No tuning_mode is given: %s is tuned with %s. It also takes %s.",
				k.model.ID, modes.Value[0], list(modes.Value[1:]))
		}
	case !slices.Contains(modes.Value, k.TuningMode):
		k.addFailure(modes.Confirmed, TuningMode, "TUNING_MODE", "%s is not tuned with %s, but with %s.",
			k.model.ID, k.TuningMode, joinOr(modes.Value))
	}
}

// checkHyperparameters compares the hyperparameters of the request with the domains of the family.
func (k *check) checkHyperparameters() {
	domains := k.Families[k.model.Family].Hyperparameters
	for _, s := range k.Hyperparameters.set() {
		fact, taken := domains[s.name]
		domain := fact.Value
		switch {
		case !taken:
			k.notTaken(s.name, k.model.ID+" does not take it")
		case domain.TuningMode != "" && domain.TuningMode != k.TuningMode:
			k.notTaken(s.name, fmt.Sprintf("it goes with tuning_mode %s only", domain.TuningMode))
		case domain.Min != nil && s.value < *domain.Min:
			k.addFailure(fact.Confirmed, fieldOf(s.name), "OUT_OF_RANGE", "%s must be at least %v.", s.name, *domain.Min)
		case domain.Above != nil && !(s.value > *domain.Above):
			k.addFailure(fact.Confirmed, fieldOf(s.name), "OUT_OF_RANGE", "%s must be more than %v.", s.name, *domain.Above)
		}
	}
}

func (k *check) notTaken(name, why string) {
	k.Unsupported = append(k.Unsupported, name)
	k.addWarning(fieldOf(name), "NOT_TAKEN", "%s is not sent to Vertex AI: %s, and the service chooses its own.", fieldOf(name), why)
}

// checkAdapterSize checks the adapter size.
func (k *check) checkAdapterSize() {
	size, sizes := k.Hyperparameters.AdapterSize, k.model.AdapterSizes
	if size == nil || sizes == nil || slices.Contains(k.Unsupported, AdapterSize) || slices.Contains(sizes.Value, *size) {
		return
	}
	var words []string
	for _, n := range sizes.Value {
		words = append(words, fmt.Sprint(n))
	}
	k.addFailure(sizes.Confirmed, fieldOf(AdapterSize), "ADAPTER_SIZE", "%s does not take the adapter size %d. It takes %s.", k.model.ID, *size, list(words))
}

// list writes words as "a, b and c".
func list(words []string) string { return join(words, " and ") }

// joinOr writes words as "a, b or c".
func joinOr(words []string) string { return join(words, " or ") }

func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + last + words[n]
}
