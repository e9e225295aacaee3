// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"slices"
	"strconv"
	"strings"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// resolveSource finds the base model of a draft, directly or through the tuned model that it goes
// on from.
func (s *service) resolveSource(d *draft) error {
	base := d.spec.GetBaseModel()
	if pre := d.spec.GetPreTunedModel(); pre != nil {
		parent, err := s.engine.preTuned(d.place, pre)
		if err != nil {
			return err
		}
		if parent.key != d.spec.GetEncryptionSpec().GetKmsKeyName() {
			return status.Error(codes.InvalidArgument, "A pre-tuned model must be tuned with the encryption key that it was made with.")
		}
		base = parent.base
		pre.BaseModel = base
		if d.spec.GetTunedModelDisplayName() == "" {
			d.spec.TunedModelDisplayName = parent.displayName
		}
		if d.spec.GetTunedModelDisplayName() == parent.displayName {
			d.modelID = parent.modelID
		}
	}
	facts, err := s.baseModel(d.place, base)
	d.facts = facts
	return err
}

// modelID is the name of a model as the facts have it: publishers/p/models/m@v is p/m@v, and
// Google's own models go without publisher.
func modelID(name string) string {
	publisher, model, ok := strings.Cut(strings.TrimPrefix(name, "publishers/"), "/models/")
	switch {
	case !ok || !strings.HasPrefix(name, "publishers/"):
		return name
	case publisher == "google" && !strings.Contains(model, "@"):
		return model
	}
	return publisher + "/" + model
}

func (s *service) baseModel(where place, name string) (*modelFacts, error) {
	id := modelID(name)
	if family, version, found := strings.Cut(id, "@"); strings.Contains(id, "/") && (!found || version == "" || strings.HasSuffix(family, "/")) {
		return nil, status.Error(codes.InvalidArgument, "Invalid open source publisher model resource name")
	}
	facts := s.facts.models[id]
	switch {
	case facts == nil || facts.retired(s.engine.clock()):
		return nil, publisherModelNotFound(where, id)
	case facts.open() && !s.beta:
		return nil, status.Errorf(codes.InvalidArgument, "Tuning of the open model %s needs tuning_mode and output_uri, "+
			"which only google.cloud.aiplatform.v1beta1 has.", id)
	}
	return facts, nil
}

// checkModel finds what the base model does not take.
func (s *service) checkModel(d draft) error {
	if d.place.location == "global" && !d.facts.open() {
		return globalRefused()
	}
	if !d.facts.tunableIn(d.place.location) {
		return status.Errorf(codes.FailedPrecondition, "Tuning of base model %s is not supported in location `%s`. Supported locations: %s.",
			d.facts.ID, d.place.location, strings.Join(d.facts.Regions, ", "))
	}
	if err := checkKind(d); err != nil {
		return err
	}
	size := d.spec.GetSupervisedTuningSpec().GetHyperParameters().GetAdapterSize()
	if size != pb.SupervisedHyperParameters_ADAPTER_SIZE_UNSPECIFIED && !d.facts.takesAdapter(size) {
		return status.Error(codes.InvalidArgument, "The adapter size is not supported for this base model.")
	}
	return checkKey(d)
}

func checkKey(d draft) error {
	key := d.spec.GetEncryptionSpec().GetKmsKeyName()
	if key == "" {
		return nil
	}
	m := keyPattern.FindStringSubmatch(key)
	switch {
	case m == nil:
		return invalidField("tuning_job.encryption_spec.kms_key_name", "Invalid resource name %q of a key.", key)
	case d.place.location == "global":
		return status.Error(codes.FailedPrecondition, "Customer-managed encryption keys are not supported in location `global`.")
	case !d.facts.CMEK:
		return status.Errorf(codes.FailedPrecondition, "Customer-managed encryption keys are not supported for base model %s.", d.facts.ID)
	case m[1] != d.place.location:
		return invalidField("tuning_job.encryption_spec.kms_key_name", "The key must be in the location of the job, `%s`.", d.place.location)
	}
	return nil
}

// lineage is what a job inherits from the tuned model that it continues.
type lineage struct{ modelID, base, displayName, key string }

// preTuned finds the tuned model, and its checkpoint, that a job continues.
func (e *engine) preTuned(where place, ref *pb.PreTunedModel) (lineage, error) {
	const field = "tuning_job.pre_tuned_model.tuned_model_name"
	m := modelPattern.FindStringSubmatch(ref.GetTunedModelName())
	if m == nil {
		return lineage{}, invalidField(field, "Invalid resource name %q: the format is "+
			"projects/{project}/locations/{location}/models/{model}@{version_id}.", ref.GetTunedModelName())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now()
	model := e.board.models[m[3]]
	if model == nil || !samePlace(model.place, place{m[1], m[2]}) {
		return lineage{}, modelNotFound(ref)
	}
	if !samePlace(model.place, where) {
		return lineage{}, invalidField(field, "The model must be in the project and location of the job.")
	}
	version := len(model.versions)
	if m[4] != "" && m[4] != "default" {
		n, err := strconv.Atoi(m[4])
		if err != nil || n < 1 || n > len(model.versions) {
			return lineage{}, modelNotFound(ref)
		}
		version = n
	}
	made := model.versions[version-1]
	if id := ref.GetCheckpointId(); id != "" && !made.hasCheckpoint(id) {
		return lineage{}, status.Errorf(codes.NotFound, "Checkpoint %s of model %s does not exist.", id, ref.GetTunedModelName())
	}
	return lineage{
		modelID: model.id, base: made.facts.ID, displayName: made.spec.GetTunedModelDisplayName(),
		key: made.spec.GetEncryptionSpec().GetKmsKeyName(),
	}, nil
}

func (j *job) hasCheckpoint(id string) bool {
	if j.spec.GetSupervisedTuningSpec().GetExportLastCheckpointOnly() {
		return false
	}
	return slices.ContainsFunc(j.outcome.checkpoints, func(c *pb.TunedModelCheckpoint) bool { return c.GetCheckpointId() == id })
}

func modelNotFound(ref *pb.PreTunedModel) error {
	return status.Errorf(codes.NotFound, "Model %s does not exist.", ref.GetTunedModelName())
}
