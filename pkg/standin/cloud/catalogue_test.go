// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloud_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// The contract's model can be tuned by the catalogue of the stand-ins and by it alone; all others
// are as they were.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	text, err := cloud.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	const contract = "gemini-1.5-flash-001"
	request := catalogue.Request{
		BaseModel: contract, Location: "us-central1", Today: time.Now(), Modalities: []catalogue.Modality{catalogue.Text},
		Hyperparameters: catalogue.Hyperparameters{EpochCount: new(int64(3)), BatchSize: new(int64(4)), LearningRate: new(0.0001)},
	}
	v := c.Check(request)
	if diff := cmp.Diff([]string{"learning_rate", "batch_size"}, v.NotTaken); diff != "" || v.Err() != nil || len(v.Warnings) != 2 {
		t.Errorf("%v, warnings %v, not taken (-want +got):\n%s", v.Err(), v.Texts(), diff)
	}
	if catalogue.Default().Check(request).Err() == nil {
		t.Error("the program's own catalogue takes it too")
	}
	if len(c.Models) != len(catalogue.Default().Models) {
		t.Fatalf("%d models, want %d", len(c.Models), len(catalogue.Default().Models))
	}
	for i, m := range catalogue.Default().Models {
		if m.ID != contract && !cmp.Equal(m, c.Models[i]) {
			t.Errorf("%s has changed", m.ID)
		}
	}
}
