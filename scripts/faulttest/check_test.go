// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	succeeded = "PIPELINE_STATE_SUCCEEDED"
	failed    = "PIPELINE_STATE_FAILED"
	cancelled = "PIPELINE_STATE_CANCELLED"
)

// check inspects the final state and reports every violation.
func (r *run) check() {
	r.t.Helper()
	records := map[string]record{}
	r.final = r.records()
	for _, rec := range r.final {
		records[rec.ID] = rec
	}
	r.checkHistory()
	r.checkUnwanted(records)
	r.checkOrders(withoutRecords(records, startedByFile))
	r.checkStarts(records)
	r.checkVertex(records)
	r.checkFiles(records)
	r.checkBudget(records)
	r.checkCounts(records)
	r.checkEvents(records)
	r.checkModel()
	r.checkEvaluations(records)
	if len(r.drops) > 0 {
		r.checkDrop()
	}
	if r.t.Failed() {
		r.t.Logf("the functions' logs:\n%s", r.logs())
	}
}

// checkOrders checks the records against the starts. A start with a key has one record, or none if
// the key stores a refusal. A start without a key has at most one record, and there are no other
// records. A client that got a job as an answer gets the same job when it repeats the start.
func (r *run) checkOrders(records map[string]record) {
	owned := map[string]bool{}
	maxRecords := 0
	for _, o := range r.orders {
		maxRecords++
		if o.key == "" {
			continue
		}
		repeated := r.post("/start", o.body, o.key)
		id := r.jobOf(o)
		rec, ok := records[id]
		if r.refusalKept(o.key) {
			r.refusals++
			if ok || repeated.status < http.StatusBadRequest || len(o.answers()) > 0 {
				r.t.Errorf("start %q was refused and is answered %d %s; before it was answered %+v; its record: %+v", o.key, repeated.status, repeated.text, o.answers(), rec)
			}
			continue
		}
		if !ok || owned[id] {
			r.t.Errorf("start %q has no record of its own but %q", o.key, id)
			continue
		}
		owned[id] = true
		// The first answer said that the job is queued, and the job failed later. A repeated start
		// gets that first answer.
		if repeated.status != http.StatusOK && (rec.State != failed || len(o.answers()) > 0) {
			r.t.Errorf("start %q is answered %d %s", o.key, repeated.status, repeated.text)
		}
		for _, a := range o.answers() {
			if name := last(a.Job.Name); name != rec.ID && name != last(rec.Name) {
				r.t.Errorf("start %q: an answer names %s, the record %s %s", o.key, name, rec.ID, rec.Name)
			}
			if a.Job != repeated.Job {
				r.t.Errorf("start %q is answered %+v and then %+v", o.key, a.Job, repeated.Job)
			}
		}
	}
	if len(records) > maxRecords || len(owned) > len(records) {
		r.t.Errorf("%d records of %d starts", len(records), maxRecords)
	}
}

// jobOf returns the job of a start's key, or "".
func (r *run) jobOf(o *order) string { return r.keyed("ann", o.key) }

// refusalKept reports whether the key of a client's start stores that the start was refused.
func (r *run) refusalKept(key string) bool {
	doc, err := r.docs.Doc(keyDocument("ann", key)).Get(r.t.Context())
	if status.Code(err) == codes.NotFound {
		return false
	}
	if err != nil {
		r.t.Fatalf("read key %q: %v", key, err)
	}
	return doc.Data()["failure"] != nil
}

func keyDocument(caller, key string) string {
	sum := sha256.Sum256([]byte(caller + "\x00" + key))
	return "start_keys/" + hex.EncodeToString(sum[:])
}

// keyed returns the job of a caller's key, or "".
func (r *run) keyed(caller, key string) string {
	doc, err := r.docs.Doc(keyDocument(caller, key)).Get(r.t.Context())
	if status.Code(err) == codes.NotFound {
		return ""
	}
	if err != nil {
		r.t.Fatalf("read key %q: %v", key, err)
	}
	id, _ := doc.Data()["job_id"].(string)
	return id
}

func last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// checkVertex checks that each record has one job on Vertex AI and that both agree. A record that
// failed or was cancelled before its submission has no job.
func (r *run) checkVertex(records map[string]record) {
	jobs := map[string][]*aiplatformpb.TuningJob{}
	list := r.vertex.ListTuningJobs(r.t.Context(), &aiplatformpb.ListTuningJobsRequest{Parent: "projects/" + project + "/locations/" + location})
	for {
		j, err := list.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			r.t.Fatalf("list the jobs on Vertex AI: %v", err)
		}
		if r.old[j.GetName()] {
			continue
		}
		r.old[j.GetName()] = true
		id := j.GetLabels()["vertextune-job"]
		jobs[id] = append(jobs[id], j)
		if _, ok := records[id]; !ok {
			r.t.Errorf("Vertex AI has %s for %q, which is not recorded", j.GetName(), id)
		}
	}
	if r.scenario.settings["MAX_CONCURRENT_JOBS"] == "1" {
		r.checkLine(jobs)
	}
	for id, rec := range records {
		all := jobs[id]
		switch {
		case rec.State == failed && rec.Failure == nil, rec.State == failed && len(all) > 0:
			r.t.Errorf("job %s has failed as %+v, with %d jobs on Vertex AI", id, rec.Failure, len(all))
		case len(all) > 1, len(all) == 0 && rec.State == succeeded, len(all) == 0 && rec.Name != "":
			r.t.Errorf("%d jobs on Vertex AI of %+v", len(all), rec)
		case len(all) == 1 && !trainsOn(all[0], rec):
			r.t.Errorf("Vertex AI trains on %s, the record says %+v", all[0].GetSupervisedTuningSpec(), rec)
		case len(all) == 1 && (all[0].GetName() != rec.Name || strings.TrimPrefix(all[0].GetState().String(), "JOB_STATE_") != strings.TrimPrefix(rec.State, "PIPELINE_STATE_")):
			r.t.Errorf("the record says %s of %s, Vertex AI %s of %s", rec.State, rec.Name, all[0].GetState(), all[0].GetName())
		}
	}
}

// trainsOn reports whether Vertex AI got the files that the record names.
func trainsOn(j *aiplatformpb.TuningJob, rec record) bool {
	asked := j.GetSupervisedTuningSpec()
	return asked.GetTrainingDatasetUri() == rec.TrainingData && asked.GetValidationDatasetUri() == rec.Spec.Validation
}

// names lists the objects of a bucket, as bucket/name.
func (w *world) names(t *testing.T, bucket string) (all []string) {
	t.Helper()
	list := w.objects.Bucket(bucket).Objects(t.Context(), nil)
	for {
		attrs, err := list.Next()
		if errors.Is(err, iterator.Done) {
			return all
		}
		if err != nil {
			t.Fatalf("list %s: %v", bucket, err)
		}
		all = append(all, bucket+"/"+attrs.Name)
	}
}

// get reads an object of the data bucket, with its metadata.
func (r *run) get(name string) (map[string]string, string) {
	r.t.Helper()
	object := r.objects.Bucket(data).Object(name)
	attrs, err := object.Attrs(r.t.Context())
	if err != nil {
		r.t.Fatalf("look at %s: %v", name, err)
	}
	in, err := object.NewReader(r.t.Context())
	if err != nil {
		r.t.Fatalf("read %s: %v", name, err)
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		r.t.Fatalf("read %s: %v", name, err)
	}
	return attrs.Metadata, string(text)
}
