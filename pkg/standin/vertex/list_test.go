// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	locationpb "google.golang.org/genproto/googleapis/cloud/location"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// names reads a list to its end, and returns the display names of the jobs.
func names(t *testing.T, it *aiplatform.TuningJobIterator) []string {
	t.Helper()
	var out []string
	for {
		job, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, job.GetTunedModelDisplayName())
	}
}

func numbered(i int, labels map[string]string) func(*pb.TuningJob) {
	return func(j *pb.TuningJob) {
		j.TunedModelDisplayName = fmt.Sprint(i)
		j.Labels = labels
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 7 {
		w.mustCreate(numbered(i, nil))
	}
	other := strings.Replace(parent, "us-central1", "europe-west4", 1)
	if _, err := w.client.CreateTuningJob(t.Context(), &pb.CreateTuningJobRequest{Parent: other, TuningJob: newJob(numbered(99, nil))}); err != nil {
		t.Fatal(err)
	}
	it := w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: parent, PageSize: 3})
	var got []string
	first := ""
	for range 3 {
		var page []*pb.TuningJob
		token, err := iterator.NewPager(it, 3, it.PageInfo().Token).NextPage(&page)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range page {
			got = append(got, job.GetTunedModelDisplayName())
		}
		got = append(got, fmt.Sprint(token != ""))
		first = stdcmp.Or(first, token)
		w.mustCreate(numbered(100, nil)) // a new job must neither shift nor repeat the jobs on the next pages
	}
	want := []string{"6", "5", "4", "true", "3", "2", "1", "true", "0", "false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if got := names(t, w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: other})); !slices.Equal(got, []string{"99"}) {
		t.Errorf("the other location lists %v", got)
	}
	for name, req := range map[string]*pb.ListTuningJobsRequest{
		"negative_size": {Parent: parent, PageSize: -1}, "bad_token": {Parent: parent, PageToken: "zzz"}, "token_of_another_parent": {Parent: other, PageToken: first},
	} {
		if _, err := w.client.ListTuningJobs(t.Context(), req).Next(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want InvalidArgument", name, err)
		}
	}
}

func TestGetTrainingPipeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	client, err := aiplatform.NewPipelineClient(t.Context(), at(w.server.Addr())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	const name = "projects/acme/locations/us-central1/trainingPipelines/5"
	for _, wrong := range []string{"", "5", name + "/6"} {
		if err := w.server.AddPipeline(&pb.TrainingPipeline{Name: wrong}); err == nil {
			t.Errorf("a pipeline of the name %q was accepted", wrong)
		}
	}
	if err := w.server.AddPipeline(&pb.TrainingPipeline{Name: name, DisplayName: "old"}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]codes.Code{
		name:       codes.OK,
		name + "0": codes.NotFound,
		strings.Replace(name, "us-central1", "europe-west4", 1): codes.NotFound,
		strings.Replace(name, "acme", "other", 1):               codes.PermissionDenied,
		"projects/acme/locations/us-central1/tuningJobs/5":      codes.InvalidArgument,
	}
	for name, code := range tests {
		got, err := client.GetTrainingPipeline(t.Context(), &pb.GetTrainingPipelineRequest{Name: name})
		if status.Code(err) != code || err == nil && got.GetDisplayName() != "old" {
			t.Errorf("%s: %v, %v, want %v", name, got, err, code)
		}
	}
	_, mixin := client.GetLocation(t.Context(), &locationpb.GetLocationRequest{Name: parent})
	for method, err := range map[string]error{
		"CancelTrainingPipeline":                      client.CancelTrainingPipeline(t.Context(), &pb.CancelTrainingPipelineRequest{Name: name}),
		"google.cloud.location.Locations/GetLocation": mixin,
	} {
		if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), method) {
			t.Errorf("%s: %v, want Unimplemented with the name", method, err)
		}
	}
}
