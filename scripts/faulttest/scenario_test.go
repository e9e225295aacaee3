// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"maps"
	"time"
)

// scenario is something that people do with the service.
type scenario struct {
	name     string
	settings map[string]string
	// quota is how many jobs Vertex AI runs at a time; more are refused with RESOURCE_EXHAUSTED.
	quota int
	// lasting is how long Vertex AI takes for a job, if that is to be longer than what is done meanwhile.
	lasting time.Duration
	files   bool // are dropped, and no jobs started
	split   bool // all messages are trained on, but for some that are to validate with
	// starts is what the files are: they start jobs.
	starts bool
	play   func(*run)
}

// useless is no JSON.
const useless = "{"

// unhurried returns the scenario with functions whose calls may take ten times as long. No fault is
// injected while calls are counted, so only a slow machine would use up the time.
func (s scenario) unhurried() scenario {
	settings := map[string]string{"REQUEST_TIMEOUT": "30s", "CLOUD_RUN_TIMEOUT_SECONDS": "30"}
	maps.Copy(settings, s.settings)
	s.settings = settings
	return s
}

// startLease is how long a start that died is left alone.
const startLease = 300 * time.Millisecond

const (
	session = `{"session_id": "s"}`
	// priced is a start whose cost is known beforehand.
	priced = `{"session_id": "s", "hyperparameters": {"epoch_count": 1}}`
)

var scenarios = []scenario{
	{
		// A job from its start to its success, from a model's document.
		name: "start", play: func(r *run) {
			r.start(`{"session_id": "s", "model_id": "m"}`, "key")
			r.tick()
			r.runs()
			r.tick()
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// Without a key a start is not repeated. The dataset is a file.
		name: "start_without_key", play: func(r *run) {
			r.start(`{"training_data": "gs://`+data+`/own.jsonl"}`, "")
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// The second job waits until the first one has ended, as we let only one at a time through.
		name: "limit", settings: map[string]string{"MAX_CONCURRENT_JOBS": "1"}, quota: 2, play: twoJobs,
	}, {
		// The second job waits until the first one has ended, as Vertex AI has no room for it.
		name: "quota", quota: 1, play: twoJobs,
	}, {
		name: "cancel", play: func(r *run) {
			o := r.start(session, "key")
			r.runs()
			r.tick()
			r.cancel(o)
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// A job that waits is cancelled, and never sent.
		name: "cancel_waiting", settings: map[string]string{"MAX_CONCURRENT_JOBS": "1"}, quota: 2, play: func(r *run) {
			r.start(session, "first")
			second := r.start(session, "second")
			r.cancel(second)
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// A job that has stalled is told of and cancelled.
		name: "stall", settings: map[string]string{"STALLED_AFTER": "1ms"}, play: func(r *run) {
			r.start(`{"session_id": "s", "cancel_when_stalled": true}`, "key")
			r.runs()
			r.tick()
			r.tick()
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// Some of the messages are to validate with.
		name: "split", split: true, play: func(r *run) {
			r.start(`{"all_messages": true, "validation_split": 0.5}`, "key")
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// The month has the money for one of two jobs.
		name: "budget", settings: map[string]string{"MONTHLY_BUDGET_USD": "0.000100"}, quota: 2, play: func(r *run) {
			r.start(priced, "first")
			r.start(priced, "second")
			r.ends()
			r.leaseEnds()
			r.tick()
			r.tick()
		},
	}, {
		// The month has the money for two of three jobs, and Vertex AI room for one. When the second one, which waits and
		// is paid for, is cancelled, the third can be sent.
		name: "budget_in_line", settings: map[string]string{"MONTHLY_BUDGET_USD": "0.000170"}, quota: 1, lasting: 400 * time.Millisecond, play: func(r *run) {
			r.start(priced, "first")
			second := r.start(priced, "second")
			r.start(priced, "third")
			r.cancel(second)
			r.ends()
			r.tick()
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// The data of the first start are wrong; the second one is too expensive. They leave nothing.
		name: "refused", settings: map[string]string{"MAX_COST_USD": "0.000001"}, play: func(r *run) {
			r.start(`{"message_ids": ["m1", "none"]}`, "data")
			r.start(priced, "price")
			r.start(priced, "")
			r.tick()
			r.leaseEnds()
			r.tick()
		},
	}, {
		// A file is dropped, and nothing after it.
		name: "drop", files: true, play: func(r *run) { r.deliver(r.drop(examples(2))) },
	}, {
		// A file is dropped, and then another one in its place.
		name: "drop_twice", files: true, play: func(r *run) {
			first := r.drop(examples(3))
			r.deliver(first)
			r.deliver(r.drop(examples(2)))
			r.deliver(first)
		},
	}, {
		// The events come late and the wrong way round; the newer file is of no use.
		name: "drop_reordered", files: true, play: func(r *run) {
			first := r.drop(examples(2))
			r.deliver(first)
			second := r.drop(examples(3))
			r.deliver(r.drop(useless))
			r.deliver(second)
			r.deliver(first)
		},
	}, {
		// A file starts a job by its metadata.
		name: "drop_starts", files: true, starts: true, play: func(r *run) {
			r.deliver(r.dropStarting(examples(2)))
			r.tick()
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// A file and a manifest come, the manifest's event first; then a newer file.
		name: "drop_starts_by_manifest", files: true, starts: true, play: func(r *run) {
			first := r.drop(examples(2))
			manifest := r.dropManifest(`{"hyperparameters": {"epoch_count": 1}}`)
			r.deliver(manifest)
			r.deliver(first)
			r.deliver(manifest)
			r.tick()
			r.ends()
			r.deliver(r.drop(examples(2)))
			r.tick()
			r.ends()
			r.tick()
			r.tick()
		},
	},
}

func twoJobs(r *run) {
	r.start(session, "first")
	r.start(session, "second")
	r.ends()
	r.tick()
	r.ends()
	r.tick()
	r.tick()
}
