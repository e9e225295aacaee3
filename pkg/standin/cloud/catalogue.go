// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
)

//go:embed contract.json
var contractJSON []byte

// Catalogue returns the text of a catalogue of base models that agrees with these stand-ins. The
// variable CATALOGUE can name a file with this text. It is the built-in catalogue with one change:
// the model of the first HTTP contract, which Vertex AI has retired, can be tuned on the stand-in.
func Catalogue() ([]byte, error) {
	var contract struct{ Source, Model json.RawMessage }
	var members map[string]json.RawMessage
	var sources map[string]json.RawMessage
	var models []json.RawMessage
	if err := errors.Join(
		json.Unmarshal(contractJSON, &contract),
		json.Unmarshal(catalogue.JSON(), &members),
		json.Unmarshal(members["sources"], &sources),
		json.Unmarshal(members["models"], &models),
	); err != nil {
		return nil, fmt.Errorf("decode the built-in catalogue: %w", err)
	}
	sources["stand-in"] = contract.Source
	for i, model := range models {
		if id(model) == id(contract.Model) {
			models[i] = contract.Model
		}
	}
	var errs [3]error
	members["sources"], errs[0] = json.Marshal(sources)
	members["models"], errs[1] = json.Marshal(models)
	text, err := json.MarshalIndent(members, "", "  ") // indented, because people edit it
	errs[2] = err
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("encode the catalogue of the stand-ins: %w", err)
	}
	return text, nil
}

func id(model json.RawMessage) string {
	var m struct{ ID string }
	if json.Unmarshal(model, &m) != nil {
		return "" // it cannot be the contract's model
	}
	return m.ID
}

// Facts is the decoded catalogue of the stand-ins. It never changes.
type Facts struct{ catalogue *catalogue.Catalogue }

// LoadFacts decodes the catalogue that Catalogue returns, once in a process.
var LoadFacts = sync.OnceValues(func() (Facts, error) {
	text, err := Catalogue()
	if err != nil {
		return Facts{}, err
	}
	known, err := catalogue.Load(text)
	if err != nil {
		return Facts{}, fmt.Errorf("read the catalogue of the stand-ins: %w", err)
	}
	return Facts{known}, nil
})

// Current returns the catalogue of the stand-ins.
func (f Facts) Current(context.Context) *catalogue.Catalogue { return f.catalogue }
