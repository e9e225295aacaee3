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

// kind is one way in which a call can go wrong, or what can happen in the middle of it.
type kind struct {
	name string
	// slow ones last as long as the functions wait for an answer.
	slow bool
	// at reports whether it can happen at a call; nil is at each.
	at func(scenario, faults.Call) bool
	// hook is called in the place of the call.
	hook func(r *run, ctx context.Context, c faults.Call, do effect) error
}

// effect lets a call take effect.
type effect func(context.Context) error

var kinds = append(answers(),
	kind{name: "killed_before", hook: func(r *run, _ context.Context, _ faults.Call, _ effect) error {
		r.kill()
		return faults.ErrCut
	}},
	kind{name: "killed_after", hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // nobody is there to be told
		r.kill()
		return faults.ErrCut
	}},
	changed("training_changed", jobs, changes[0]),
	changed("validation_changed", func(s scenario, _ faults.Call) bool { return s.split }, changes[1]),
	kind{name: "cut_before", at: ofStorage, hook: func(*run, context.Context, faults.Call, effect) error {
		return faults.ErrCut
	}},
	kind{name: "cut_after", at: ofStorage, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // the answer is lost
		return faults.ErrCut
	}},
	kind{name: "cut_within", at: ofStorage, hook: func(_ *run, ctx context.Context, _ faults.Call, do effect) error {
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
	lasting("service_down", codes.Unavailable),
	lasting("service_refusing", codes.PermissionDenied),
	kind{name: "all_twice", hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		r.twice.Store(true) // from here on whatever comes, comes two times at once
		return do(ctx)
	}},
	// Somebody else is at work between two calls, of one who has read and is about to write.
	amid("tick_amid", func(s scenario, _ faults.Call) bool { return !s.files || s.starts }, func(r *run) { _ = deliver(r.t.Context(), r.poll2, tick()) }), // a tick more than there need be
	amid("start_again_amid", jobs, func(r *run) {
		orders, _ := r.soFar()
		for _, o := range orders {
			if o.key != "" {
				r.aside.Go(func() { r.askOnce(o) }) // it may have to wait for the call that waits for it here
			}
		}
		time.Sleep(50 * time.Millisecond)
	}),
	amid("other_start_amid", jobs, func(r *run) {
		orders, _ := r.soFar()
		r.askOnce(r.order(orders[0].body, rand.Text()))
	}),
	amid("cancel_amid", jobs, func(r *run) {
		for _, id := range r.ids() {
			r.stop(id) // where that is too late it is refused
		}
	}),
	amid("newer_file_amid", files, func(r *run) {
		d, err := r.dropped(useless)
		if err != nil {
			r.t.Error(err)
			return
		}
		_ = deliver(r.t.Context(), r.convert2, d.event) // it comes again if it was not taken
	}),
	amid("events_amid", files, func(r *run) {
		_, drops := r.soFar()
		for _, d := range drops {
			_ = deliver(r.t.Context(), r.convert2, d.event) // once more than there need be
		}
	}),
)

func amid(name string, at func(scenario, faults.Call) bool, something func(*run)) kind {
	return kind{name: name, at: at, hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		something(r)
		return do(ctx)
	}}
}

// changed has somebody add to what is trained on, or validated with, before the functions are killed: whoever goes on
// finds other messages than those from which there may be a dataset already.
func changed(name string, at func(scenario, faults.Call) bool, m message) kind {
	return kind{name: name, at: at, hook: func(r *run, ctx context.Context, _ faults.Call, do effect) error {
		_ = do(context.WithoutCancel(ctx)) // nobody is there to be told
		if err := r.say(r.t.Context(), m.id, m.session); err != nil {
			r.t.Error(err)
		}
		r.kill()
		return faults.ErrCut
	}}
}

func jobs(s scenario, _ faults.Call) bool  { return !s.files }
func files(s scenario, _ faults.Call) bool { return s.files }

func ofStorage(_ scenario, c faults.Call) bool { return c.Service == faults.Storage }

// lasting is an error with which a service answers from here on, until the request in hand was given up.
func lasting(name string, code codes.Code) kind {
	return kind{name: name, slow: code == codes.Unavailable, hook: func(r *run, _ context.Context, c faults.Call, _ effect) error {
		out := &outage{c.Service, status.Error(code, "injected")}
		r.outage.Store(out)
		return out.err
	}}
}

// answers are the errors that a service answers with: without having done anything, or after it has done what it was
// asked.
func answers() (all []kind) {
	for _, code := range []codes.Code{
		codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.PermissionDenied, codes.Internal,
	} {
		err := status.Error(code, "injected")
		all = append(all,
			kind{name: code.String() + "_before", hook: func(*run, context.Context, faults.Call, effect) error { return err }},
			kind{name: code.String() + "_after", at: func(_ scenario, c faults.Call) bool {
				// These two say that there is no job. Of a Vertex AI that made one all the same nobody could know.
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

// givenUp waits until the client has given the call up.
func givenUp(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(hold):
	}
}
