// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"testing"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// newer are fields of v1 that v1beta1 does not have yet. None is of a job itself: they are of an
// evaluation, which is not served, and of what turns hold, which is read from datasets as v1 has
// it.
var newer = map[protoreflect.FullName]bool{
	"google.cloud.aiplatform.v1.AutoraterConfig.generation_config":              true,
	"google.cloud.aiplatform.v1.GenerationConfig.ThinkingConfig.thinking_level": true,
	"google.cloud.aiplatform.v1.ImageConfig.image_output_options":               true,
	"google.cloud.aiplatform.v1.ImageConfig.person_generation":                  true,
	"google.cloud.aiplatform.v1.ImageConfig.image_size":                         true,
	"google.cloud.aiplatform.v1.VideoMetadata.fps":                              true,
	"google.cloud.aiplatform.v1.Part.media_resolution":                          true,
}

// All that v1 says is said the same way, under the same numbers, in v1beta1.
func TestVersions_agree(t *testing.T) {
	t.Parallel()
	seen := map[protoreflect.FullName]bool{}
	var compare func(old, next protoreflect.MessageDescriptor)
	compare = func(old, next protoreflect.MessageDescriptor) {
		if seen[old.FullName()] {
			return
		}
		seen[old.FullName()] = true
		for i := range old.Fields().Len() {
			f := old.Fields().Get(i)
			g := next.Fields().ByNumber(f.Number())
			if newer[f.FullName()] {
				continue
			}
			if g == nil || g.Name() != f.Name() || g.Kind() != f.Kind() || g.Cardinality() != f.Cardinality() {
				t.Errorf("%s is %v in v1beta1", f.FullName(), g)
				continue
			}
			if f.Message() != nil {
				compare(f.Message(), g.Message())
			}
			for k := 0; f.Enum() != nil && k < f.Enum().Values().Len(); k++ {
				value := f.Enum().Values().Get(k)
				if other := g.Enum().Values().ByNumber(value.Number()); other == nil || other.Name() != value.Name() {
					t.Errorf("%s is %v in v1beta1", value.FullName(), other)
				}
			}
		}
	}
	compare((&v1.TuningJob{}).ProtoReflect().Descriptor(), (&pb.TuningJob{}).ProtoReflect().Descriptor())
	compare((&v1.CreateTuningJobRequest{}).ProtoReflect().Descriptor(), (&pb.CreateTuningJobRequest{}).ProtoReflect().Descriptor())
	if len(seen) < 10 {
		t.Errorf("only %d messages were compared", len(seen))
	}
}
