// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"maps"
	"time"
)

// scenario is a use of the service.
type scenario struct {
	name     string
	settings map[string]string
	// quota is how many jobs Vertex AI runs at a time; it refuses more with RESOURCE_EXHAUSTED.
	quota int
	// jobDuration is the duration of a job on Vertex AI, if it must be longer than the actions that
	// follow its start.
	jobDuration time.Duration
	files       bool // the scenario drops files and does not call start
	split       bool // all messages are used, and some of them for validation
	// evaluates means that each job is evaluated, and promoted if it gains minGain points.
	evaluates bool
	// examples is how many examples the file own.jsonl has, if it must be more than two.
	examples int
	// starts means that the dropped files start jobs.
	starts bool
	play   func(*run)
}

// useless is not JSON.
const useless = "{"

// unhurried returns the scenario with functions whose calls may take ten times as long. No fault is
// injected while calls are counted, so only a slow machine would use up the time.
func (s scenario) unhurried() scenario {
	settings := map[string]string{"REQUEST_TIMEOUT": "30s", "CLOUD_RUN_TIMEOUT_SECONDS": "30"}
	maps.Copy(settings, s.settings)
	s.settings = settings
	return s
}

// startLease is how long an interrupted start is not resumed.
const startLease = 600 * time.Millisecond

// minGain is how many percentage points a job must gain that is promoted after its evaluation.
const minGain = 5

const (
	session = `{"session_id": "s"}`
	// priced is a start whose cost is known in advance.
	priced = `{"session_id": "s", "hyperparameters": {"epoch_count": 1}}`
)

var scenarios = []scenario{
	{
		// A job goes from its start to its success. It is trained on a model's document.
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
		// The checkpoints of a job are promoted, and then the last promotion is rolled back.
		name: "promote", play: func(r *run) {
			r.start(`{"session_id": "s", "model_id": "m", "hyperparameters": {"epoch_count": 2}}`, "key")
			r.ends()
			r.tick()
			r.tick()
			r.move("promote", `{"job_name": "JOB"}`)
			r.move("promote", `{"job_name": "JOB", "checkpoint_id": "1"}`)
			r.move("rollback", `{}`)
			r.tick()
		},
	}, {
		// A job is evaluated in two pieces, and promoted by the result. The budget has no room for
		// two evaluations at a time.
		name: "evaluate", settings: map[string]string{"MONTHLY_BUDGET_USD": "0.040000", "START_LEASE": "1s"}, quota: 2,
		split: true, evaluates: true, examples: 24, play: func(r *run) {
			r.start(`{"training_data": "gs://`+data+`/own.jsonl", "validation_split": 0.5, "hyperparameters": {"epoch_count": 1},
				"model_id": "m", "evaluate": true, "promote_if": {"min_gain": 5}}`, "key")
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// A start without a key is not repeated. The dataset is a file.
		name: "start_without_key", play: func(r *run) {
			r.start(`{"training_data": "gs://`+data+`/own.jsonl"}`, "")
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// Vertex AI counts the tokens, which decide whether the budget has room for a second job.
		name: "counted", settings: map[string]string{"COUNT_TOKENS": "true", "MONTHLY_BUDGET_USD": "0.000080"}, quota: 2, play: func(r *run) {
			r.start(priced, "first")
			r.start(priced, "second")
			r.ends()
			r.leaseEnds()
			r.tick()
			r.tick()
		},
	}, {
		// The second job waits until the first one has ended, as our limit is one job at a time.
		name: "limit", settings: map[string]string{"MAX_CONCURRENT_JOBS": "1"}, quota: 2, play: twoJobs,
	}, {
		// The second job waits until the first one has ended, as Vertex AI has no capacity for it.
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
		// A queued job is cancelled, and never submitted.
		name: "cancel_waiting", settings: map[string]string{"MAX_CONCURRENT_JOBS": "1"}, quota: 2, play: func(r *run) {
			r.start(session, "first")
			second := r.start(session, "second")
			r.cancel(second)
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// A stalled job is reported and cancelled.
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
		// Some of the messages are for validation.
		name: "split", split: true, play: func(r *run) {
			r.start(`{"all_messages": true, "validation_split": 0.5}`, "key")
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// The monthly budget is enough for one of two jobs.
		name: "budget", settings: map[string]string{"MONTHLY_BUDGET_USD": "0.000100"}, quota: 2, play: func(r *run) {
			r.start(priced, "first")
			r.start(priced, "second")
			r.ends()
			r.leaseEnds()
			r.tick()
			r.tick()
		},
	}, {
		// The monthly budget is enough for two of three jobs, and Vertex AI has capacity for one.
		// When the second job, which is queued and has a reservation, is cancelled, the third can
		// be submitted.
		name: "budget_in_line", settings: map[string]string{"MONTHLY_BUDGET_USD": "0.000170"}, quota: 1, jobDuration: 400 * time.Millisecond, play: func(r *run) {
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
		// The data of the first start are invalid, and the second start is too expensive. Both must
		// leave nothing behind.
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
		// A file is dropped, and then replaced by another one.
		name: "drop_twice", files: true, play: func(r *run) {
			first := r.drop(examples(3))
			r.deliver(first)
			r.deliver(r.drop(examples(2)))
			r.deliver(first)
		},
	}, {
		// The events arrive late and in the wrong order; the newer file is invalid.
		name: "drop_reordered", files: true, play: func(r *run) {
			first := r.drop(examples(2))
			r.deliver(first)
			second := r.drop(examples(3))
			r.deliver(r.drop(useless))
			r.deliver(second)
			r.deliver(first)
		},
	}, {
		// A file starts a job by its metadata, and Vertex AI counts its tokens.
		name: "drop_starts", settings: map[string]string{"COUNT_TOKENS": "true"}, files: true, starts: true, play: func(r *run) {
			r.deliver(r.dropStarting(examples(2)))
			r.tick()
			r.ends()
			r.tick()
			r.tick()
		},
	}, {
		// A file and a manifest arrive, the manifest's event first; then a newer file arrives.
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
