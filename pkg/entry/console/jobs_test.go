// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(_ *system, c *cloud.Config) { c.ConcurrentJobs = 1 })
	s.get(t, reader, "/console").has(t, http.StatusOK, "There are no jobs yet.")
	first := s.start(t, nil)
	second := s.start(t, func(r *tuning.Request) { r.DisplayName = "waits" })
	page := s.get(t, reader, "/console").has(t, http.StatusOK, "/console/jobs/"+first.ID, "/console/jobs/"+second.ID,
		"Pending", "Queued", "place 1", "stella", baseModel, "expected", `data-live="4"`)
	if strings.Index(page.body, second.ID) > strings.Index(page.body, first.ID) {
		t.Error("the older job is first")
	}
	s.get(t, reader, "/console?display_name=WAI&status=&created_after="+time.Now().UTC().Format(time.DateOnly)+"&created_before="+time.Now().UTC().Format(time.DateOnly)).
		has(t, http.StatusOK, second.ID, `value="WAI"`).hasNo(t, first.ID)
	s.get(t, reader, "/console?started_by=nobody").has(t, http.StatusOK, "No job matches the filter.")
	s.get(t, reader, "/console?status=NONE").has(t, http.StatusBadRequest, "status")
	s.get(t, reader, "/console?nonsense=1").has(t, http.StatusBadRequest, "nonsense")
}

func TestJobs_pages(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.many(t, 120)
	seen := map[string]bool{}
	pages := 0
	for path := "/console?started_by=ann"; path != ""; pages++ {
		page := s.get(t, reader, path).has(t, http.StatusOK)
		for part := range strings.SplitSeq(page.body, `href="/console/jobs/`) {
			if id, _, ok := strings.Cut(part, `"`); ok && tuning.IsID(id) {
				seen[id] = true
			}
		}
		path = between(page.body, `<a href="`, `" rel="next">`)
		if pages > 0 && !strings.Contains(page.body, `<a href="/console?started_by=ann">First page</a>`) {
			t.Error("there is no way back to the first page")
		}
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("there are %d jobs on %d pages, want 120 on 3", len(seen), pages)
	}
}

// between returns the last text before the end that follows the beginning, with entities decoded.
func between(text, begin, end string) string {
	before, _, ok := strings.Cut(text, end)
	if !ok {
		return ""
	}
	return strings.ReplaceAll(before[strings.LastIndex(before, begin)+len(begin):], "&amp;", "&")
}
