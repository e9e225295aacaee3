// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// pages reads a list to its end and returns the IDs of the jobs, page by page. It calls afterPage
// after each page except the last one.
func (w *world) pages(t *testing.T, p store.Page, afterPage func()) (pages [][]string) {
	t.Helper()
	for {
		records, next, err := w.ListJobs(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		page := []string{}
		for _, r := range records {
			page = append(page, r.ID)
		}
		if len(page) > p.Size {
			t.Errorf("a page of at most %d jobs has %d", p.Size, len(page))
		}
		if pages = append(pages, page); next == nil {
			return pages
		}
		if p.After != nil && *next == *p.After {
			t.Fatalf("the list does not advance from %+v", *next)
		}
		p.After = next
		afterPage()
	}
}

func nothing() {}

func TestListJobs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		var all, running []string
		// Three jobs have the same time, so that the ID decides among them. They are created out of
		// order.
		for _, n := range []int{4, 8, 0, 2, 6, 1, 7, 3, 5} {
			job := newJob(n)
			job.CreatedAt = noon.Add(time.Duration(n/3) * time.Microsecond)
			job.UpdatedAt = noon.Add(-time.Duration(n/3) * time.Microsecond)
			if n%2 == 0 {
				job.State = tuning.Running
			}
			w.create(t, job)
		}
		for n := 8; n >= 0; n-- {
			all = append(all, jobID(n))
			if n%2 == 0 {
				running = append(running, jobID(n))
			}
		}
		changed := []string{2: jobID(0), 1: jobID(1), 0: jobID(2), 5: jobID(3), 4: jobID(4), 3: jobID(5), 8: jobID(6), 7: jobID(7), 6: jobID(8)}
		oldest := slices.Clone(all)
		slices.Reverse(oldest)
		tests := map[string]struct {
			page store.Page
			want []string
		}{
			"all":     {store.Page{Order: store.NewestFirst}, all},
			"state":   {store.Page{Order: store.NewestFirst, Filter: store.Filter{State: tuning.Running}}, running},
			"none":    {store.Page{Order: store.NewestFirst, Filter: store.Filter{State: tuning.Paused}}, nil},
			"oldest":  {store.Page{Order: store.OldestFirst}, oldest},
			"changed": {store.Page{Order: store.ChangedFirst}, changed},
			"range": {store.Page{Order: store.NewestFirst, Filter: store.Filter{
				CreatedFrom: noon.Add(time.Microsecond), CreatedBefore: noon.Add(2 * time.Microsecond),
			}}, all[3:6]},
		}
		for name, tt := range tests {
			for size := 1; size <= 10; size++ {
				tt.page.Size, tt.page.Scan = size, 1000
				pages := w.pages(t, tt.page, nothing)
				if diff := cmp.Diff(tt.want, slices.Concat(pages...)); diff != "" {
					t.Errorf("%s in pages of %d (-want +got):\n%s", name, size, diff)
				}
				if want := max(1, (len(tt.want)+size-1)/size); len(pages) != want {
					t.Errorf("%s: %d pages of %d, want %d", name, len(pages), size, want)
				}
			}
		}
	})
}

// TestListJobs_scan: a page that has read its limit of records is returned even if it is not full,
// and the next page continues after these records.
func TestListJobs_scan(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const jobs, wanted = 1100, 3 // more than two batches
		var want []string
		var all sync.WaitGroup
		for n := range jobs {
			job := newJob(n)
			job.CreatedAt = noon.Add(-time.Duration(n) * time.Second)
			if n%500 == 40 {
				job.DisplayName = "The Wanted One"
				want = append(want, job.ID)
			}
			all.Go(func() { w.create(t, job) })
			if n%50 == 0 {
				all.Wait()
			}
		}
		all.Wait()
		page := store.Page{Order: store.NewestFirst, Filter: store.Filter{DisplayName: "wanted"}, Size: 10}
		for scan, counts := range map[int][]int{1: {1, 1, 1}, 1000: {2, 1}, 5000: {3}} {
			page.Scan = scan
			var got []int
			pages := w.pages(t, page, nothing)
			for _, p := range pages {
				got = append(got, len(p))
			}
			if diff := cmp.Diff(counts, got); diff != "" {
				t.Errorf("jobs on each page with a scan limit of %d (-want +got):\n%s", scan, diff)
			}
			if diff := cmp.Diff(want, slices.Concat(pages...)); diff != "" {
				t.Errorf("IDs with a scan limit of %d (-want +got):\n%s", scan, diff)
			}
		}
		if len(want) != wanted {
			t.Errorf("%d jobs have the wanted name, want %d", len(want), wanted)
		}
	})
}

// randomJob returns a job with one of a few values in each field of a filter, at one of a few
// times.
func randomJob(n int) tuning.Job {
	job := newJob(n)
	job.CreatedAt = noon.Add(time.Duration(rand.IntN(20)) * time.Second)
	job.UpdatedAt = job.CreatedAt.Add(time.Duration(rand.IntN(20)) * time.Second)
	job.State = tuning.States[rand.IntN(len(tuning.States))]
	job.BaseModel = fmt.Sprint("model-", rand.IntN(2))
	job.StartedBy = fmt.Sprint("caller-", rand.IntN(2))
	job.DisplayName = fmt.Sprint([]string{"Nightly", "weekly", "NIGHT shift"}[rand.IntN(3)], " ", n)
	if rand.IntN(2) == 0 {
		job.Spec.Labels = map[string]string{"team": fmt.Sprint(rand.IntN(2)), "stage": ""}
	}
	return job
}

func randomPage() store.Page {
	p := store.Page{Order: store.Orders[rand.IntN(len(store.Orders))], Size: 1 + rand.IntN(7), Scan: 1 + rand.IntN(40)}
	for _, set := range []func(){
		func() { p.State = tuning.States[rand.IntN(len(tuning.States))] },
		func() { p.BaseModel = "model-1" },
		func() { p.StartedBy = "caller-0" },
		func() { p.LabelKey, p.LabelValue = "team", "1" },
		func() { p.LabelKey, p.LabelValue = "stage", "" },
		func() { p.CreatedFrom = noon.Add(time.Duration(rand.IntN(20)) * time.Second) },
		func() { p.CreatedBefore = noon.Add(time.Duration(rand.IntN(20)) * time.Second) },
		func() { p.DisplayName = "night" },
	} {
		if rand.IntN(4) == 0 {
			set()
		}
	}
	return p
}

// want returns the expected list, computed in another way than the store does.
func want(jobs []tuning.Job, p store.Page) (ids []string) {
	var left []tuning.Job
	for _, j := range jobs {
		label, labelled := j.Spec.Labels[p.LabelKey]
		excluded := p.State != "" && p.State != j.State || p.BaseModel != "" && p.BaseModel != j.BaseModel ||
			p.StartedBy != "" && p.StartedBy != j.StartedBy || p.LabelKey != "" && (!labelled || label != p.LabelValue) ||
			j.CreatedAt.Before(p.CreatedFrom) || !p.CreatedBefore.IsZero() && j.CreatedAt.Compare(p.CreatedBefore) >= 0 ||
			p.DisplayName != "" && strings.HasPrefix(j.DisplayName, "weekly")
		if !excluded {
			left = append(left, j)
		}
	}
	slices.SortFunc(left, func(a, b tuning.Job) int {
		at, bt := a.CreatedAt, b.CreatedAt
		if p.Order == store.ChangedFirst {
			at, bt = a.UpdatedAt, b.UpdatedAt
		}
		by := at.Compare(bt)
		if by == 0 {
			by = strings.Compare(a.ID, b.ID)
		}
		if p.Order != store.OldestFirst {
			by = -by
		}
		return by
	})
	for _, j := range left {
		ids = append(ids, j.ID)
	}
	return ids
}

// TestListJobs_random reads random lists while jobs are created. Each job that existed before is
// listed once, in order. Each later job is listed at most once, and only if the filter selects it.
func TestListJobs_random(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		var jobs []tuning.Job
		add := func() {
			job := randomJob(len(jobs))
			w.create(t, job)
			jobs = append(jobs, job)
		}
		for range 60 {
			add()
		}
		for range 60 {
			p := randomPage()
			before := want(jobs, p)
			got := slices.Concat(w.pages(t, p, func() {
				if rand.IntN(4) == 0 {
					add()
				}
			})...)
			after := want(jobs, p)
			// The list is a part of the final list in the same order, without repetitions.
			rest := after
			for _, id := range got {
				at := slices.Index(rest, id)
				if at < 0 {
					t.Fatalf("%+v: %s is listed twice, not in order, or not selected by the filter\n%v", p, id, got)
				}
				rest = rest[at+1:]
			}
			old := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return !slices.Contains(before, id) })
			if diff := cmp.Diff(before, old); diff != "" && len(before)+len(old) > 0 {
				t.Fatalf("%+v: existing jobs (-want +got):\n%s", p, diff)
			}
		}
	})
}

// TestListJobs_amid_inserts: other goroutines create jobs all the time, before, between and after
// the existing ones. Each list has every job that existed at its beginning once, and no job twice.
func TestListJobs_amid_inserts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const jobs, writers, more = 80, 4, 150
		var existing []tuning.Job
		for n := range jobs {
			existing = append(existing, randomJob(n))
			w.create(t, existing[n])
		}
		var all sync.WaitGroup
		var created atomic.Int64
		for range writers {
			all.Go(func() {
				for range more {
					if _, err := w.CreateJob(t.Context(), randomJob(jobs+int(created.Add(1))), nil); err != nil {
						t.Errorf("create a job: %v", err)
					}
				}
			})
		}
		for lists := 0; created.Load() < writers*more || lists == 0; lists++ {
			p := randomPage()
			got := slices.Concat(w.pages(t, p, nothing)...)
			if n := len(slices.Compact(slices.Sorted(slices.Values(got)))); n < len(got) {
				t.Errorf("%+v: %d of %d jobs are listed a second time", p, len(got)-n, len(got))
			}
			want := want(existing, p)
			old := slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want, id) })
			if diff := cmp.Diff(want, old, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%+v: existing jobs (-want +got):\n%s", p, diff)
			}
		}
		all.Wait()
	})
}
