// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// NoPreferenceTuning returns the error for a start on preference data. The caller cannot force such
// a start: the job would be sent as supervised tuning and would fail on its data.
func (c *Catalogue) NoPreferenceTuning(base string) error {
	m, reason := c.Lookup(base), "No model that runs today is documented for preference tuning, and this service does not offer it."
	if m != nil && m.PreferenceTuning != nil && m.PreferenceTuning.Value {
		reason = fmt.Sprintf("%s can be tuned on preferences, but this service does not start such jobs yet.", m.ID)
	}
	e := fault.Invalid(fault.Violation{
		Field: "training_data", Reason: "PREFERENCE_TUNING",
		Description: "is preference data: pairs of a better and a worse answer. " + reason + " Give examples with one answer each.",
	})
	e.Reason = "PREFERENCE_TUNING"
	e.Message = "The data is preference data. " + reason + " It can be converted and kept; to start a job, give examples with one answer each."
	return e
}
