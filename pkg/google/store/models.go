// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Model is a document of the collection models: the defaults of a job that names it.
type Model struct {
	BaseModel       string                 `firestore:"base_model"`
	DisplayName     string                 `firestore:"display_name"`
	Hyperparameters tuning.Hyperparameters `firestore:"hyperparameters"`
	TunedModel      string                 `firestore:"tuned_model"` // written by this service: the newest version
}

// Model returns the model with this ID, or a NotFound error. A document that does not have the form
// of a model is a FailedPrecondition, because the caller can repair it.
func (s *Store) Model(ctx context.Context, id string) (Model, error) {
	var m Model
	doc, err := s.client.Collection(models).Doc(id).Get(ctx)
	if doc != nil && !doc.Exists() {
		return m, unknownModel(id)
	}
	if err != nil {
		return m, wrap(err, "read model", id)
	}
	if err := doc.DataTo(&m); err != nil {
		return m, fault.Wrap(fault.FailedPrecondition, err,
			"The document models/%s does not have the form of a model: base_model and display_name are strings, hyperparameters a map of numbers.", id)
	}
	return m, nil
}

func unknownModel(id string) error {
	return fault.Refuse(fault.NotFound, "model_id", "UNKNOWN_MODEL", "There is no model %q in the collection models.", id)
}

// lastJob is the newest job of a model, in the model's document.
type lastJob struct {
	ID         string       `firestore:"id"`
	Name       string       `firestore:"job_name"`
	State      tuning.State `firestore:"status"`
	TunedModel string       `firestore:"tuned_model"`
	CreatedAt  time.Time    `firestore:"created_at"`
	UpdatedAt  time.Time    `firestore:"updated_at"`
}

// writeBack writes the job into its model's document: field last_job for the newest job, and field
// tuned_model for the tuned model of the newest job that succeeded. A model that was deleted
// meanwhile stays deleted.
func writeBack(tx *firestore.Transaction, model *firestore.DocumentSnapshot, j tuning.Job) error {
	if !model.Exists() {
		return nil
	}
	var before struct {
		LastJob lastJob   `firestore:"last_job"`
		TunedBy time.Time `firestore:"tuned_model_job_created_at"`
	}
	if err := model.DataTo(&before); err != nil {
		// Fields with these names that this service did not write are replaced.
		before.LastJob, before.TunedBy = lastJob{}, time.Time{}
	}
	var updates []firestore.Update
	if !before.LastJob.CreatedAt.After(j.CreatedAt) {
		updates = append(updates, firestore.Update{Path: "last_job", Value: lastJob{
			ID: j.ID, Name: j.Name, State: j.State, TunedModel: j.TunedModel, CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt,
		}})
	}
	if j.State == tuning.Succeeded && !before.TunedBy.After(j.CreatedAt) {
		updates = append(updates,
			firestore.Update{Path: "tuned_model", Value: j.TunedModel},
			firestore.Update{Path: "tuned_model_job_created_at", Value: j.CreatedAt})
	}
	if len(updates) == 0 {
		return nil
	}
	return tx.Update(model.Ref, updates)
}
