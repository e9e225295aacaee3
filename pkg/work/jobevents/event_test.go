// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	project = "test"
	jobName = "projects/215882136076/locations/us-central1/tuningJobs/42"
)

// at returns the time that many seconds after the jobs' creation. It has more digits than Firestore
// keeps.
func at(seconds int) time.Time {
	return time.Date(2026, 11, 24, 9, 30, seconds, 123456789, time.UTC)
}

// recorded returns a job in the form of its first record.
func recorded() tuning.Job {
	return tuning.Job{
		ID: "vt-20261124-093000-abcdefghij", Location: "us-central1", DisplayName: `"Helper" <for> R&D`,
		BaseModel: "gemini-3.1-flash-lite", StartedBy: "ci", CancelWhenStalled: true, CreatedAt: at(0).Truncate(time.Microsecond),
	}.MarkRecorded(at(30)).KeepAnswer()
}

// observed returns Vertex AI's description of the job after the given number of seconds.
func observed(job tuning.Job, state string, seconds int, more ...func(*tuning.Observation)) tuning.Job {
	o := tuning.Observation{Name: jobName, VertexState: "JOB_STATE_" + state, UpdatedAt: at(seconds)}
	for _, f := range more {
		f(&o)
	}
	job, _ = job.Observe(o)
	return job
}

// lives returns finished jobs; together they have events of every type.
func lives(t *testing.T) map[string]tuning.Job {
	t.Helper()
	sent := recorded().MarkWaiting().MarkSubmitting(at(75))
	running := observed(observed(sent, "PENDING", 3), "RUNNING", 4)
	wished, err := sent.Cancel("somebody", at(3))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := recorded().Cancel("somebody", at(1))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]tuning.Job{
		"succeeded": observed(running, "SUCCEEDED", 9, func(o *tuning.Observation) {
			o.TunedModel, o.TunedEndpoint = "projects/1/locations/us-central1/models/2@1", "projects/1/locations/us/endpoints/3"
		}),
		"failed": observed(running, "FAILED", 9, func(o *tuning.Observation) {
			o.Failure = &tuning.Failure{Code: 3, Message: "The dataset has <no> examples."}
		}),
		"refused": sent.Fail(tuning.FailureOf(fault.Invalid(fault.Violation{
			Field: "message_ids[0]", Reason: "WRONG_SESSION", Description: "Message \"m\" is not of session \"s\".",
		}), 3), at(2)),
		"cancelled_before_it_was_sent": cancelled,
		"cancelled_on_its_way":         observed(observed(observed(wished, "PENDING", 4), "CANCELLING", 5), "CANCELLED", 6),
		"stalled":                      observed(running.Stall(tuning.NoChange, at(8)), "CANCELLED", 9),
		"timed_out":                    observed(running.Stall(tuning.TimedOut, at(8)), "SUCCEEDED", 9),
		"unknown_state":                observed(running, "UNHEARD_OF", 5),
	}
}

// eventsOf returns all events of a job.
func eventsOf(t *testing.T, job tuning.Job) (all []cloudevent.Event) {
	t.Helper()
	for _, e := range job.Events {
		event, err := jobevents.CloudEvent(project, job, e)
		if err != nil {
			t.Fatalf("CloudEvent of %s %d: %v", job.ID, e.Seq, err)
		}
		all = append(all, event)
	}
	return all
}

// schemas compiles the schema of each type of event, by the type.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := filepath.Glob("schema/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("schemas: %v, %v", files, err)
	}
	all := map[string]*jsonschema.Schema{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		if err := compiler.AddResource(file, document); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		schema, err := compiler.Compile(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if want := jobevents.TypePrefix + name; schema.Title != want {
			t.Errorf("%s is titled %q, want %q", file, schema.Title, want)
		}
		all[jobevents.TypePrefix+name] = schema
	}
	return all
}

func data(t *testing.T, e cloudevent.Event) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data()))
	if err != nil {
		t.Fatalf("data of %s: %v", e.ID(), err)
	}
	return value
}

// TestEvents_are_as_their_schemas_say: every event is a CloudEvent, and its data match the schema
// of its type.
func TestEvents_are_as_their_schemas_say(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	types := map[string]bool{}
	for name, job := range lives(t) {
		for _, e := range eventsOf(t, job) {
			if err := e.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			schema := all[e.Type()]
			if schema == nil {
				t.Fatalf("%s: there is no schema of %s", name, e.Type())
			}
			if err := schema.Validate(data(t, e)); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, e.ID(), err, e.Data())
			}
			types[e.Type()] = true
		}
	}
	want := slices.Sorted(maps.Keys(all))
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(types))); diff != "" {
		t.Errorf("types (-with a schema +published):\n%s", diff)
	}
}

// TestSchemas_refuse: the schemas reject wrong data; a schema that accepts everything would prove
// nothing.
func TestSchemas_refuse(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	wrong := map[string]func(map[string]any){
		"another_field":      func(d map[string]any) { d["more"] = true },
		"unknown_status":     func(d map[string]any) { d["status"] = "RUNNING" },
		"time_not_a_time":    func(d map[string]any) { d["created_at"] = "yesterday" },
		"foreign_id":         func(d map[string]any) { d["job_id"] = "42" },
		"name_not_a_name":    func(d map[string]any) { d["job_name"] = "42" },
		"actor_not_a_text":   func(d map[string]any) { d["actor"] = 7 },
		"error_without_code": func(d map[string]any) { d["error"] = "it failed" },
		"unknown_reason":     func(d map[string]any) { d["reason"] = "BORED" },
	}
	for name, job := range lives(t) {
		for _, e := range eventsOf(t, job) {
			schema := all[e.Type()]
			spoil := maps.Clone(wrong)
			for _, field := range schema.Required {
				spoil["no_"+field] = func(d map[string]any) { delete(d, field) }
			}
			if len(schema.Required) < 6 {
				t.Errorf("%s requires %v only", e.Type(), schema.Required)
			}
			for how, f := range spoil {
				d := data(t, e).(map[string]any)
				f(d)
				if schema.Validate(d) == nil {
					t.Errorf("%s: %s with %s is accepted", name, e.ID(), how)
				}
			}
		}
	}
}

// TestEvents compares the events of whole lives of jobs with a file.
func TestEvents(t *testing.T) {
	t.Parallel()
	for name, job := range lives(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.MarshalIndent(eventsOf(t, job), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			file := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("events (-want +got), -update writes them:\n%s", diff)
			}
		})
	}
}

// TestEvents_never_change: an event stays the same whatever happens to the job later.
func TestEvents_never_change(t *testing.T) {
	t.Parallel()
	for name, job := range lives(t) {
		before := recorded()
		first := eventsOf(t, before)[0]
		after := eventsOf(t, job)
		if diff := cmp.Diff(first.String(), after[0].String()); diff != "" {
			t.Errorf("%s: first event (-then +now):\n%s", name, diff)
		}
		for i, e := range after {
			want := job.ID + []string{"-000001", "-000002", "-000003", "-000004", "-000005", "-000006"}[i]
			if e.ID() != want || e.Subject() != "tuningJobs/"+job.ID || e.Source() != "//vertextune/projects/test" {
				t.Errorf("%s: event %d is %s of %s at %s, want %s", name, i+1, e.ID(), e.Subject(), e.Source(), want)
			}
		}
	}
}
