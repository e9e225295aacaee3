// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"testing"
	"time"
)

// TestJobID: start, job-status, the list, lineage, events and cancel return the same job_id, before
// and after the job's job_name changes. The job can be found by each of its names.
func TestJobID(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 20*time.Millisecond, 0 })
	s.message("1", turn("a", "user", "one"))
	type named struct {
		ID   string `json:"job_id"`
		Name string `json:"job_name"`
	}
	var first struct {
		Job named `json:"job_info"`
	}
	s.post(t, base+"/start", `{"session_id":"a"}`).decode(&first)
	s.finished(t, first.Job.Name)
	for _, name := range []string{first.Job.Name, first.Job.ID} {
		var status named
		var list, lineage struct {
			Jobs []named `json:"jobs"`
		}
		var events struct {
			Events []struct {
				Subject string `json:"subject"`
				Data    named  `json:"data"`
			} `json:"events"`
		}
		s.get(t, base+"/job-status/"+name).decode(&status)
		s.get(t, base+"/jobs").decode(&list)
		s.get(t, base+"/lineage/"+name).decode(&lineage)
		s.get(t, base+"/jobs/"+name+"/events").decode(&events)
		if len(list.Jobs) != 1 || len(lineage.Jobs) != 1 || len(events.Events) == 0 {
			t.Fatalf("%s finds %d jobs, %d jobs in the lineage and %d events", name, len(list.Jobs), len(lineage.Jobs), len(events.Events))
		}
		for what, got := range map[string]named{"job-status": status, "jobs": list.Jobs[0], "lineage": lineage.Jobs[0]} {
			if got != first.Job {
				t.Errorf("%s has %+v, start %+v", what, got, first.Job)
			}
		}
		for _, e := range events.Events {
			if e.Data.ID != first.Job.ID || e.Subject != "tuningJobs/"+first.Job.ID {
				t.Errorf("an event of %s is about %+v, %s", first.Job.ID, e.Data, e.Subject)
			}
		}
	}
}

// TestCancelOwnOnly: with the setting CancelOwnOnly, callers can cancel only the jobs that they
// have started.
func TestCancelOwnOnly(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.api.CancelOwnOnly = true })
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, `{"session_id":"a"}`).Job.Name
	s.send(t, http.MethodPost, base+"/cancel/"+name, "", bearing("another")).failed(http.StatusForbidden)
	s.post(t, base+"/cancel/"+name, "").into(new(jobStatus))
}
