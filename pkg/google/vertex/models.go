// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"errors"
	"fmt"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// SetDefaultCheckpoint makes a checkpoint the default one of a tuned model, given the name of its
// version, projects/P/locations/L/models/M@V. Without a checkpoint it only checks that the version
// exists. It is idempotent. The error is a NotFound if the version was deleted. Such calls are
// rare, so each opens and closes its own connection.
func (c *Client) SetDefaultCheckpoint(ctx context.Context, model, checkpoint string) (err error) {
	location, ok := tuning.ModelLocation(model)
	if !ok {
		return fmt.Errorf("set the default checkpoint: %q is not the name of a model", model)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, err := aiplatform.NewModelClient(ctx, c.options(location)...)
	if err != nil {
		return fmt.Errorf("connect to the models of Vertex AI in %s: %w", location, err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	got, err := client.GetModel(ctx, &aiplatformpb.GetModelRequest{Name: model})
	if err != nil {
		return wrap(err, "read the model "+model)
	}
	if checkpoint == "" || got.GetDefaultCheckpointId() == checkpoint {
		return nil
	}
	// The name has the version: the default checkpoint is a field of a version. Source:
	// Model.default_checkpoint_id and UpdateModelRequest in the v1 API.
	_, err = client.UpdateModel(ctx, &aiplatformpb.UpdateModelRequest{
		Model:      &aiplatformpb.Model{Name: model, DefaultCheckpointId: checkpoint},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"default_checkpoint_id"}},
	})
	return wrap(err, "set the default checkpoint of the model "+model)
}
