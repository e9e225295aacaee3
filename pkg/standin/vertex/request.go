// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	fieldTraining   = "tuning_job.supervised_tuning_spec.training_dataset_uri"
	fieldValidation = "tuning_job.supervised_tuning_spec.validation_dataset_uri"
	fieldHyper      = "tuning_job.supervised_tuning_spec.hyper_parameters"
)

// A storage service that does not answer must not block a create without end.
const objectCheckTimeout = 30 * time.Second

// draft checks what a caller asks for and keeps of it what a caller may set.
func (s *service) draft(where place, in *pb.TuningJob) (draft, error) {
	d := draft{place: where}
	if err := s.checkFields(in); err != nil {
		return d, err
	}
	for field, set := range map[string]bool{
		"supervised_tuning_spec.evaluation_config": in.GetSupervisedTuningSpec().GetEvaluationConfig() != nil,
		"custom_base_model":                        in.GetCustomBaseModel() != "",
	} {
		if set {
			return d, status.Errorf(codes.Unimplemented, "tuning_job.%s is not implemented by the local stand-in for Vertex AI", field)
		}
	}
	d.spec = &pb.TuningJob{
		SourceModel:           in.GetSourceModel(),
		TuningSpec:            in.GetTuningSpec(),
		TunedModelDisplayName: in.GetTunedModelDisplayName(),
		Description:           in.GetDescription(),
		Labels:                in.GetLabels(),
		EncryptionSpec:        in.GetEncryptionSpec(),
		ServiceAccount:        in.GetServiceAccount(),
		OutputUri:             in.GetOutputUri(),
	}
	// The caller's message may not be ours to keep: an interceptor has seen it too.
	d.spec = proto.CloneOf(d.spec)
	if err := s.resolveSource(&d); err != nil {
		return d, err
	}
	if d.spec.GetTunedModelDisplayName() == "" {
		d.spec.TunedModelDisplayName = "tuned-model-" + randomID()
	}
	return d, s.checkModel(d)
}

// checkFields finds every fault that a field has by itself.
func (s *service) checkFields(in *pb.TuningJob) error {
	var v violations
	if in.GetSourceModel() == nil || in.GetBaseModel() == "" && in.GetPreTunedModel() == nil {
		v.add("tuning_job.base_model", "Required field is not set: either base_model or pre_tuned_model.")
	}
	if in.GetSupervisedTuningSpec() == nil {
		v.add("tuning_job.supervised_tuning_spec", "Required field is not set.")
		return v.err()
	}
	spec := in.GetSupervisedTuningSpec()
	if spec.GetTrainingDatasetUri() == "" {
		v.add(fieldTraining, "Required field is not set.")
	} else {
		checkURI(&v, fieldTraining, spec.GetTrainingDatasetUri())
	}
	if spec.GetValidationDatasetUri() != "" {
		checkURI(&v, fieldValidation, spec.GetValidationDatasetUri())
	}
	s.checkHyper(&v, spec.GetHyperParameters())
	if uri := in.GetOutputUri(); uri != "" && !bucketPattern.MatchString(uri) {
		v.add("tuning_job.output_uri", "output_uri should be a Cloud Storage directory: gs://bucket/path.")
	}
	if n := utf8.RuneCountInString(in.GetTunedModelDisplayName()); int64(n) > s.facts.service.DisplayNameRunesMax.Value {
		v.add("tuning_job.tuned_model_display_name", "The display name has %d characters; the maximum is %d.", n, s.facts.service.DisplayNameRunesMax.Value)
	}
	if account := in.GetServiceAccount(); account != "" && !strings.Contains(account, "@") {
		v.add("tuning_job.service_account", "Service account %q is not an email address.", account)
	}
	s.checkLabels(&v, in.GetLabels())
	return v.err()
}

func checkURI(v *violations, field, uri string) {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(uri, "gs://"), "/")
	if !strings.HasPrefix(uri, "gs://") || bucket == "" || object == ".jsonl" || !strings.HasSuffix(object, ".jsonl") {
		v.add(field, "%s should be a GCS object of type JSONL.", field[strings.LastIndex(field, ".")+1:])
	}
}

func (s *service) checkHyper(v *violations, h *pb.SupervisedHyperParameters) {
	if n, limit := h.GetEpochCount(), s.facts.service.EpochCountMax.Value; n < 0 || n > limit {
		v.add(fieldHyper+".epoch_count", "The epoch count must be between 1 and %d, got %d.", limit, n)
	}
	for _, rate := range []struct {
		name  string
		value float64
	}{{"learning_rate_multiplier", h.GetLearningRateMultiplier()}, {"learning_rate", h.GetLearningRate()}} {
		if rate.value < 0 || math.IsNaN(rate.value) || math.IsInf(rate.value, 0) {
			v.add(fieldHyper+"."+rate.name, "The %s must be positive, got %v.", strings.ReplaceAll(rate.name, "_", " "), rate.value)
		}
	}
	if h.GetLearningRateMultiplier() != 0 && h.GetLearningRate() != 0 {
		v.add(fieldHyper+".learning_rate", "Only one of learning_rate and learning_rate_multiplier can be set.")
	}
	if n := h.GetBatchSize(); n < 0 {
		v.add(fieldHyper+".batch_size", "The batch size must be positive, got %d.", n)
	}
	if _, ok := pb.SupervisedHyperParameters_AdapterSize_name[int32(h.GetAdapterSize())]; !ok {
		v.add(fieldHyper+".adapter_size", "Invalid value %d for an AdapterSize.", h.GetAdapterSize())
	}
}

func (s *service) checkLabels(v *violations, labels map[string]string) {
	facts := &s.facts.service
	if int64(len(labels)) > facts.LabelCountMax.Value {
		v.add("tuning_job.labels", "%d labels are set; the maximum is %d.", len(labels), facts.LabelCountMax.Value)
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		for _, text := range []string{key, labels[key]} {
			if int64(utf8.RuneCountInString(text)) > facts.LabelRunesMax.Value || strings.ContainsFunc(text, notInLabel) {
				v.add("tuning_job.labels", "Label %q: keys and values can be no longer than %d characters and can only contain "+
					"lowercase letters, numeric characters, underscores and dashes.", key, facts.LabelRunesMax.Value)
				break
			}
		}
		if key == "" {
			v.add("tuning_job.labels", "A label key must not be empty.")
		}
	}
}

// notInLabel lets international letters pass, if they have no case or the lower one.
func notInLabel(r rune) bool {
	letter := unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsTitle(r)
	return !letter && !unicode.IsDigit(r) && r != '_' && r != '-'
}

// checkDatasets asks whether the files exist and are not too large. What they hold is read when the
// job begins to run, and may be something else by then.
func (s *service) checkDatasets(ctx context.Context, d draft) error {
	ctx, cancel := context.WithTimeout(ctx, objectCheckTimeout)
	defer cancel()
	spec := d.spec.GetSupervisedTuningSpec()
	training, err := s.size(ctx, d.place, fieldTraining, spec.GetTrainingDatasetUri())
	if err != nil || spec.GetValidationDatasetUri() == "" {
		return err
	}
	validation, err := s.size(ctx, d.place, fieldValidation, spec.GetValidationDatasetUri())
	if err != nil {
		return err
	}
	if percent := s.facts.service.OpenValidationBytesMax.Value; d.facts.open() && validation*100 > training*percent {
		return invalidField(fieldValidation, "The validation dataset has %.2f%% of the bytes of the training dataset, which exceeds the maximum of %d%%.",
			float64(validation)*100/float64(training), percent)
	}
	return nil
}

// size returns the size of a dataset that is not too large.
func (s *service) size(ctx context.Context, where place, field, uri string) (int64, error) {
	attrs, err := objectOf(s.engine, uri).Attrs(ctx)
	if err != nil {
		return 0, objectError(where, field, uri, err)
	}
	if limit := s.facts.service.DatasetBytesMax.Value; attrs.Size > limit {
		return 0, invalidField(field, "%s has %d bytes; the maximum is %d.", uri, attrs.Size, limit)
	}
	return attrs.Size, nil
}

func objectError(where place, field, uri string, err error) error {
	var api *googleapi.Error
	switch {
	case errors.Is(err, storage.ErrObjectNotExist), errors.Is(err, storage.ErrBucketNotExist):
		return invalidField(field, "The Cloud Storage object %s does not exist.", uri)
	case errors.As(err, &api) && (api.Code == http.StatusForbidden || api.Code == http.StatusUnauthorized):
		return status.Errorf(codes.PermissionDenied, "service-%s@gcp-sa-aiplatform.iam.gserviceaccount.com does not have "+
			"storage.objects.get access to the Google Cloud Storage object %s.", projectNumber(where.project), uri)
	default:
		return status.Errorf(codes.Unavailable, "The Cloud Storage object %s could not be read: %v", uri, err)
	}
}
