// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"slices"
	"strconv"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// models serves the tuned models of jobs that have succeeded, in the Model Registry.
type models struct {
	v1.UnimplementedModelServiceServer
	*service
}

func (m *models) GetModel(_ context.Context, req *v1.GetModelRequest) (*v1.Model, error) {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	j, err := m.find("name", req.GetName(), "aiplatform.models.get")
	if err != nil {
		return nil, err
	}
	return j.model(), nil
}

// UpdateModel changes the default checkpoint of a version, and nothing else.
func (m *models) UpdateModel(_ context.Context, req *v1.UpdateModelRequest) (*v1.Model, error) {
	switch paths := req.GetUpdateMask().GetPaths(); {
	case len(paths) == 0:
		return nil, invalidField("update_mask", "Required field is not set.")
	case !slices.Equal(paths, []string{"default_checkpoint_id"}):
		return nil, status.Errorf(codes.Unimplemented, "update_mask %q is not implemented by the local stand-in for Vertex AI", paths)
	}
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	j, err := m.find("model.name", req.GetModel().GetName(), "aiplatform.models.update")
	if err != nil {
		return nil, err
	}
	id := req.GetModel().GetDefaultCheckpointId()
	if !slices.Contains(j.checkpointIDs(), id) {
		return nil, invalidField("model.default_checkpoint_id", "The checkpoint %q does not exist in the model version.", id)
	}
	if err := m.engine.append(record{Kind: recordDefault, ID: j.id, At: m.engine.moment(j), Checkpoint: id}); err != nil {
		return nil, status.Errorf(codes.Internal, "Internal error encountered: %v", err)
	}
	j.chosen = id
	return j.model(), nil
}

// find returns the job that made a version of a model. Without a version in the name it is the
// newest one. The caller holds the lock of the engine.
func (m *models) find(field, name, permission string) (*job, error) {
	parts := modelPattern.FindStringSubmatch(name)
	if parts == nil {
		return nil, invalidField(field, "Invalid resource name %q: the format is projects/{project}/locations/{location}/models/{model}.", name)
	}
	where, err := m.place(field, parts[1], parts[2], permission)
	if err != nil {
		return nil, err
	}
	m.engine.now()
	if j := m.engine.version(where, parts[3], parts[4]); j != nil {
		return j, nil
	}
	return nil, status.Errorf(codes.NotFound, "The Model does not exist: %s", name)
}

// version returns the job that made a version of a model, or nil. The caller holds the lock.
func (e *engine) version(where place, id, version string) *job {
	model := e.board.models[id]
	if model == nil || !samePlace(place{model.place.project, modelLocation(model.place.location)}, where) {
		return nil
	}
	for _, j := range slices.Backward(model.versions) {
		if !j.deleted && (version == "" || version == strconv.Itoa(j.version)) {
			return j
		}
	}
	return nil
}

// DeleteModel deletes a version of a model, as a user of Vertex AI would.
func (s *Server) DeleteModel(name string) error {
	parts := modelPattern.FindStringSubmatch(name)
	if parts == nil {
		return invalidField("name", "Invalid resource name %q.", name)
	}
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	s.engine.now()
	j := s.engine.version(place{parts[1], parts[2]}, parts[3], parts[4])
	if j == nil {
		return status.Errorf(codes.NotFound, "The Model does not exist: %s", name)
	}
	j.deleted = true
	return s.engine.append(record{Kind: recordDelete, ID: j.id, At: s.engine.moment(j)})
}

// checkpointIDs returns the IDs of the checkpoints that a tuned model has.
func (j *job) checkpointIDs() (ids []string) {
	all := j.outcome.checkpoints
	if j.spec.GetSupervisedTuningSpec().GetExportLastCheckpointOnly() || j.facts.open() {
		all = all[len(all)-1:]
	}
	for _, c := range all {
		ids = append(ids, c.GetCheckpointId())
	}
	return ids
}

// defaultCheckpoint returns the ID of the checkpoint that the model's endpoint serves. It is the
// last one until a caller chooses another.
func (j *job) defaultCheckpoint() string {
	if j.chosen != "" {
		return j.chosen
	}
	ids := j.checkpointIDs()
	return ids[len(ids)-1]
}

// model is the version of a model that the job made. Its name has no version, as on Vertex AI.
func (j *job) model() *v1.Model {
	where := place{projectNumber(j.place.project), modelLocation(j.place.location)}
	return &v1.Model{
		Name: where.String() + "/models/" + j.modelID, VersionId: strconv.Itoa(j.version),
		DisplayName: j.spec.GetTunedModelDisplayName(), DefaultCheckpointId: j.defaultCheckpoint(),
	}
}
