// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"
	"strings"
	"testing"
)

// Every word that a row uses comes from its pattern or has a placeholder.
func TestTable_words(t *testing.T) {
	t.Parallel()
	for _, r := range table {
		out := r.remedy(map[string]string{}, Answer{}, Context{})
		if strings.TrimSpace(out.Sentence) == "" || strings.TrimSpace(out.Fix) == "" {
			t.Errorf("%s says nothing", r.code)
		}
		for _, text := range []string{r.sentence, r.fix} {
			for part := range strings.SplitSeq(text, "${") {
				word, _, ok := strings.Cut(part, "}")
				if ok && placeholders[word] == "" {
					t.Errorf("%s: there is no word %q", r.code, word)
				}
			}
		}
	}
}

func TestFor_knows_its_limits(t *testing.T) {
	t.Parallel()
	for _, a := range []Answer{
		{},
		{Vertex, 3, "Something new.", nil, "", nil},
		{Storage, 5, "No such object: b/o", nil, "", nil},
		{Vertex, 2, "unknown", nil, "", nil},
		{Storage, 3, "List of found errors:\t1.Field: x; Message: y\t", nil, "", nil},
	} {
		if got, ok := For(a, exampleContext); ok {
			t.Errorf("%+v is taken for %s", a, got.Code)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	got, _ := For(Answer{Vertex, 7, "Permission 'aiplatform.tuningJobs.create' denied on resource '//aiplatform.googleapis.com/projects/p/locations/l' (or it may not exist).", nil, "", nil}, Context{})
	want := "gcloud projects add-iam-policy-binding p --member=serviceAccount:SERVICE_ACCOUNT --role=roles/aiplatform.user"
	if got.Fix != want {
		t.Errorf("fix = %q, want %q", got.Fix, want)
	}
}

// Callers retry only transient errors.
func TestTable_passes(t *testing.T) {
	t.Parallel()
	for i := range table {
		r := &table[i]
		want := slices.Contains([]string{"TUNING_QUOTA", "QUOTA", "CONTENTION", "TRANSIENT"}, r.code)
		if got := r.remedy(nil, Answer{}, Context{}); got.Passes != want {
			t.Errorf("%s may pass: %v, want %v", r.code, got.Passes, want)
		}
	}
}

// The sentence about a field contains its name.
func TestFor_names_the_field(t *testing.T) {
	t.Parallel()
	got, _ := For(Answer{Vertex, 3, "", []Field{{"job.training_dataset_uri", "It should be a GCS object of type JSONL."}}, "", nil}, exampleContext)
	if want := "job.training_dataset_uri must be a JSONL file in Cloud Storage."; got.Sentence != want {
		t.Errorf("sentence %q, want %q", got.Sentence, want)
	}
}
