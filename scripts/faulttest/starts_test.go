// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// dropStarting puts a file into the inbox. The metadata of the file request a job.
func (r *run) dropStarting(content string) *drop {
	return r.dropAs(drop{name: dropName, content: content, starts: true})
}

// dropManifest puts the file's manifest into the inbox.
func (r *run) dropManifest(content string) *drop {
	return r.dropAs(drop{name: manifestName, content: content})
}

func (r *run) dropAs(d drop) *drop {
	dropped, err := r.droppedAs(d)
	if err != nil {
		r.t.Fatal(err)
	}
	return dropped
}

// newest returns the last drop of a name, or nil.
func (r *run) newest(name string) (last *drop) {
	for _, d := range r.drops {
		if d.name == name {
			last = d
		}
	}
	return last
}

// startedByFile reports whether a file started the job, and not a client.
func startedByFile(rec record) bool { return strings.HasPrefix(rec.StartedBy, "gs://") }

func withoutRecords(records map[string]record, some func(record) bool) map[string]record {
	others := maps.Clone(records)
	maps.DeleteFunc(others, func(_ string, rec record) bool { return some(rec) })
	return others
}

// checkStarts checks the jobs that files start. Each generation of a file starts at most one job by
// its metadata, and at most one job together with each generation of its manifest. Files start no
// other jobs. If the newest file is a valid dataset, it starts a job by the newest manifest or, if
// there is none, by its metadata. The report names this job. checkVertex checks that each of these
// jobs is one job on Vertex AI.
func (r *run) checkStarts(records map[string]record) {
	const file = "gs://" + inbox + "/" + dropName
	combinations := map[string]string{} // the job of each file and manifest
	for _, d := range r.drops {
		manifests := []int64{0}
		for _, m := range r.drops {
			if m.name == manifestName {
				manifests = append(manifests, m.generation)
			}
		}
		for _, m := range manifests {
			key := fmt.Sprintf("%d/%d", d.generation, m)
			id := r.keyed(file, key)
			if id == "" {
				continue
			}
			if rec := records[id]; rec.StartedBy != file || combinations[id] != "" || d.name != dropName || m == 0 && !d.starts {
				r.t.Errorf("the file and manifest %s have job %q, started by %q; the same job has %q", key, id, rec.StartedBy, combinations[id])
			}
			combinations[id] = key
		}
	}
	for id, rec := range records {
		if startedByFile(rec) && combinations[id] == "" {
			r.t.Errorf("no dropped file has started the job %+v", rec)
		}
	}
	if r.scenario.starts {
		r.checkNewest(records)
	}
}

// fileOf returns the file that a job is trained on and its generation, if it is trained on a file.
func (r *run) fileOf(rec record) (uri string, generation int64) {
	if !startedByFile(rec) {
		return "gs://" + data + "/own.jsonl", r.own
	}
	for _, d := range r.drops {
		for _, m := range slices.Concat(r.drops, []*drop{{}}) { // the empty drop stands for the file's metadata
			if r.keyed(rec.StartedBy, fmt.Sprintf("%d/%d", d.generation, m.generation)) == rec.ID {
				generation = d.generation
			}
		}
	}
	return rec.StartedBy, generation
}

// checkNewest checks that the newest file has started the job that it requests, and that its report
// names this job.
func (r *run) checkNewest(records map[string]record) {
	newest, manifest := r.newest(dropName), r.newest(manifestName)
	want := ""
	switch {
	case newest.content == useless:
	case manifest != nil:
		want = r.keyed("gs://"+inbox+"/"+dropName, fmt.Sprintf("%d/%d", newest.generation, manifest.generation))
	case newest.starts:
		want = r.keyed("gs://"+inbox+"/"+dropName, fmt.Sprintf("%d/0", newest.generation))
	}
	if rec := records[want]; (want == "") != (newest.content == useless) || want != "" && rec.State != succeeded && rec.Failure == nil {
		r.t.Errorf("the newest file has job %q: %+v", want, rec)
	}
	_, text := r.get("drops/" + dropName + "/report.json")
	var report struct {
		Start struct {
			JobID string `json:"job_id"`
		} `json:"start"`
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil || report.Start.JobID != want {
		r.t.Errorf("the report names job %q (%v), want %q", report.Start.JobID, err, want)
	}
}
