// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"crypto/rand"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// kind is one way in which a call can fail, or an event that can happen during the call.
type kind struct {
	name string
	// slow kinds last as long as the functions wait for an answer.
	slow bool
	// happensAt reports whether the kind can happen at a call; nil means at every call.
	happensAt func(scenario, faults.Call) bool
	// hook is called instead of the call.
	hook func(r *run, ctx context.Context, c faults.Call, do effect) error
}

// effect performs the call.
type effect func(context.Context) error

var kinds = append(answers(),
	kind{name: "killed_before", hook: func(r *run, _ context.Context, _ faults.Call, _ effect) error {
		r.kill()
		return faults.ErrCut
	}},
	kind{name: "killed_after", hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // the caller dies before it gets the answer
		r.kill()
		return faults.ErrCut
	}},
	changed("training_changed", jobs, changes[0]),
	changed("validation_changed", func(s scenario, _ faults.Call) bool { return s.split }, changes[1]),
	kind{name: "cut_before", happensAt: ofStorage, hook: func(*run, context.Context, faults.Call, effect) error {
		return faults.ErrCut
	}},
	kind{name: "cut_after", happensAt: ofStorage, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // the answer is lost
		return faults.ErrCut
	}},
	kind{name: "cut_within", happensAt: ofStorage, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // half of the answer is lost
		return faults.ErrCutWithin
	}},
	kind{name: "answer_too_late", slow: true, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
		err := do(context.WithoutCancel(ctx))
		givenUp(ctx)
		return err
	}},
	kind{name: "effect_too_late", slow: true, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
		givenUp(ctx)
		return do(context.WithoutCancel(ctx))
	}},
	failsFromNowOn("service_down", codes.Unavailable),
	failsFromNowOn("service_refusing", codes.PermissionDenied),
	kind{name: "all_twice", hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		r.twice.Store(true) // from now on everything is sent twice at the same time
		return do(ctx)
	}},
	// These kinds run something between two calls of a function that has read and is about to
	// write.
	during("tick_amid", func(s scenario, _ faults.Call) bool { return !s.files || s.starts }, func(r *run) { _ = deliver(r.t.Context(), r.poll2, tick()) }), // an additional tick
	during("start_again_amid", jobs, func(r *run) {
		orders, _ := r.soFar()
		for _, o := range orders {
			if o.key != "" {
				r.background.Go(func() { r.askOnce(o) }) // it may have to wait for the call that waits for it here
			}
		}
		time.Sleep(50 * time.Millisecond)
	}),
	during("other_start_amid", jobs, func(r *run) {
		orders, _ := r.soFar()
		r.askOnce(r.order(orders[0].body, rand.Text()))
	}),
	during("cancel_amid", jobs, func(r *run) {
		for _, id := range r.ids() {
			r.stop(id) // a job that has ended refuses it
		}
	}),
	during("newer_file_amid", files, func(r *run) {
		d, err := r.dropped(useless)
		if err != nil {
			r.t.Error(err)
			return
		}
		_ = deliver(r.t.Context(), r.convert2, d.event) // the event is delivered again if it was not acknowledged
	}),
	during("events_amid", files, func(r *run) {
		_, drops := r.soFar()
		for _, d := range drops {
			_ = deliver(r.t.Context(), r.convert2, d.event) // an additional delivery
		}
	}),
)

func during(name string, at func(scenario, faults.Call) bool, something func(*run)) kind {
	return kind{name: name, happensAt: at, hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		something(r)
		return do(ctx)
	}}
}

// changed adds a message to the training or validation data before it kills the functions. The
// process that resumes the work finds other messages than those from which a dataset may exist
// already.
func changed(name string, at func(scenario, faults.Call) bool, m message) kind {
	return kind{name: name, happensAt: at, hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // the caller dies before it gets the answer
		if err := r.writeMessage(r.t.Context(), m.id, m.session); err != nil {
			r.t.Error(err)
		}
		r.kill()
		return faults.ErrCut
	}}
}

func jobs(s scenario, _ faults.Call) bool  { return !s.files }
func files(s scenario, _ faults.Call) bool { return s.files }

func ofStorage(_ scenario, c faults.Call) bool { return c.Service == faults.Storage }

// failsFromNowOn is an error that a service returns from now on, until the current request ends.
func failsFromNowOn(name string, code codes.Code) kind {
	return kind{name: name, slow: code == codes.Unavailable, hook: func(r *run, _ context.Context, c faults.Call, _ effect) error {
		out := &outage{c.Service, status.Error(code, "injected")}
		r.outage.Store(out)
		return out.err
	}}
}

// answers returns the kinds in which a service returns an error, either without any effect or after
// the call took effect.
func answers() (all []kind) {
	for _, code := range []codes.Code{
		codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.PermissionDenied, codes.Internal,
	} {
		err := status.Error(code, "injected")
		all = append(all,
			kind{name: code.String() + "_before", hook: func(*run, context.Context, faults.Call, effect) error { return err }},
			kind{name: code.String() + "_after", happensAt: func(_ scenario, c faults.Call) bool {
				// These two codes mean that no job exists. If Vertex AI had created one in spite of
				// them, no client could know.
				return c.Method != "CreateTuningJob" || code != codes.ResourceExhausted && code != codes.PermissionDenied
			}, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
				if answered := do(context.WithoutCancel(ctx)); answered != nil {
					return answered
				}
				return err
			}})
	}
	return all
}

// givenUp waits until the client has cancelled the call.
func givenUp(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(hold):
	}
}
