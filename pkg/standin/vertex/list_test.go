// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/journal"
	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

// names reads a list to its end; the numbers are the display names of the jobs.
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
		w.mustCreate(numbered(100, nil)) // must neither shift nor repeat what follows
	}
	want := []string{"6", "5", "4", "true", "3", "2", "1", "true", "0", "false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if got := names(t, w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: other})); !slices.Equal(got, []string{"99"}) {
		t.Errorf("the other location lists %v", got)
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.mustCreate(numbered(0, map[string]string{"key": "a", "owner": "ann"}))
	w.mustCreate(numbered(1, map[string]string{"key": "b", "owner": "ann"}))
	cancelled := w.mustCreate(numbered(2, map[string]string{"key": "a", "owner": "größe"}))
	if err := w.cancel(cancelled.GetName()); err != nil {
		t.Fatal(err)
	}
	w.clock.add(11 * time.Second)
	for filter, want := range map[string][]string{
		"":                                  {"2", "1", "0"},
		"labels.key=a":                      {"2", "0"},
		`labels.key = "b"`:                  {"1"},
		"labels.owner=größe":                {"2"},
		"labels.none=a":                     nil,
		`state="JOB_STATE_RUNNING"`:         {"1", "0"},
		`state="JOB_STATE_CANCELLED"`:       {"2"},
		"labels.key=a AND labels.owner=ann": {"0"},
		` labels.key="a" AND state="JOB_STATE_CANCELLED" `:       {"2"},
		`state="JOB_STATE_RUNNING" AND state="JOB_STATE_FAILED"`: nil,
	} {
		got := names(t, w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: parent, Filter: filter, PageSize: 1}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("filter %q (-want +got):\n%s", filter, diff)
		}
	}
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for range 3 {
		w.mustCreate()
	}
	var page []*pb.TuningJob
	token, err := iterator.NewPager(w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: parent}), 1, "").NextPage(&page)
	if err != nil {
		t.Fatal(err)
	}
	requests := map[string]*pb.ListTuningJobsRequest{
		"negative_size":  {PageSize: -1},
		"bad_token":      {PageToken: "zzz"},
		"other_request":  {PageToken: token, Filter: "labels.a=b"},
		"state_value":    {Filter: `state="RUNNING"`},
		"state_bare":     {Filter: "state=JOB_STATE_RUNNING"},
		"or":             {Filter: "labels.a=b OR labels.c=d"},
		"not":            {Filter: "NOT labels.a=b"},
		"other_field":    {Filter: `create_time>"2026-01-01"`},
		"presence":       {Filter: "labels.a:*"},
		"half":           {Filter: "labels.a=b AND "},
		"and_alone":      {Filter: "AND"},
		"glued":          {Filter: `labels.a="b"labels.c="d"`},
		"contradiction":  {Filter: "labels.a=b AND labels.a=c"},
		"unclosed_quote": {Filter: `labels.a="b`},
	}
	for name, req := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req.Parent = parent
			_, err := w.client.ListTuningJobs(t.Context(), req).Next()
			if status.Code(err) != codes.InvalidArgument {
				t.Errorf("got %v, want InvalidArgument", err)
			}
		})
	}
}

// The jobs come from a journal: creating them by calls takes longer than what is tested.
func TestTenThousandJobs(t *testing.T) {
	t.Parallel()
	const count = 10_000
	w := newWorld(t, func(c *vertex.Config) { c.Dir, c.ConcurrentJobs = t.TempDir(), count })
	job := w.mustCreate(numbered(0, nil))
	if err := w.server.Close(); err != nil {
		t.Fatal(err)
	}
	var record string
	j, err := journal.Open(w.cfg.Dir, func(r []byte) error { record = string(r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	id := job.GetName()[len(parent+"/tuningJobs/"):]
	if err := j.Rewrite(func(yield func([]byte, error) bool) {
		for i := range count {
			text := strings.ReplaceAll(record, id, fmt.Sprint(2_000_000_000_000_000_000+i))
			text = strings.Replace(text, `"tunedModelDisplayName":"0"`, fmt.Sprintf(`"tunedModelDisplayName":"%d"`, i), 1)
			if !yield([]byte(text), nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	w.start()
	got := names(t, w.client.ListTuningJobs(t.Context(), &pb.ListTuningJobsRequest{Parent: parent}))
	if len(got) != count || got[0] != "9999" || got[count-1] != "0" {
		t.Fatalf("%d jobs: %.60v", len(got), got)
	}
}
