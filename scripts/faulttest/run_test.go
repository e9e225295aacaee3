// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/standin/eventarc"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// run is one execution of a scenario.
type run struct {
	*world
	t *testing.T
	// twice is set if every request and every event is sent twice at the same time.
	twice atomic.Bool

	mu     sync.Mutex // for the fields that change during a call
	orders []*order
	drops  []*drop
	// movements are the promotions and rollbacks.
	movements []*movement
	// unwanted are the names of the jobs whose cancellation was confirmed.
	unwanted []string
	history  history
	asking   asking
	// repeated is set when a request or an event had to be repeated.
	repeated atomic.Bool
	// outage is the service that fails until the current request ends, or nil.
	outage atomic.Pointer[outage]
	// faultsOff disables all faults.
	faultsOff atomic.Bool
	// final holds the records after the recovery.
	final []record
	// refusals counts the starts whose key stores a refusal.
	refusals int
	// background counts the goroutines that run in parallel to the scenario.
	background sync.WaitGroup
}

// play runs the scenario, lets the system recover, and checks the result. choose returns the
// fault that a call gets, or nil.
func (r *run) play(choose func(faults.Call) *kind) {
	r.t.Helper()
	r.faults.Begin(func(ctx context.Context, c faults.Call, do func(context.Context) error) error {
		do = r.watched(c, do)
		if r.faultsOff.Load() {
			return do(ctx)
		}
		if out := r.outage.Load(); out != nil && out.service == c.Service {
			return out.err
		}
		if k := choose(c); k != nil {
			return k.hook(r, ctx, c, do)
		}
		return do(ctx)
	})
	r.scenario.play(r)
	r.recover()
	r.check()
	r.reset(r.t)
}

// outage is a service that answers every call with an error.
type outage struct {
	service string
	err     error
}

// soFar returns the starts and drops that the scenario has made until now.
func (r *run) soFar() ([]*order, []*drop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.orders), slices.Clone(r.drops)
}

// callTwice calls something. If twice is set and the action is repeatable, at calls it twice at the
// same time.
func (r *run) callTwice(repeatable bool, something func()) {
	var other sync.WaitGroup
	if repeatable && r.twice.Load() {
		other.Go(something)
	}
	something()
	other.Wait()
	r.outage.Store(nil) // the request has ended, or its client has stopped waiting
}

// tick delivers Cloud Scheduler's message, and reports whether it was acknowledged.
func (r *run) tick() bool {
	taken := r.deliverTo(r.poll, tick())
	if r.twice.Load() {
		return false // the acknowledged tick may be the second one
	}
	return taken
}

func tick() cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID("1")
	e.SetType("google.cloud.pubsub.topic.v1.messagePublished")
	e.SetSource("//pubsub.googleapis.com/projects/test/topics/poll")
	_ = e.SetData(cloudevents.ApplicationJSON, map[string]any{"message": map[string]any{"messageId": "1"}}) // this content always encodes
	return e
}

// deliverTo delivers an event to a function. With twice, it also delivers it to a second process of
// the function at the same time.
func (r *run) deliverTo(p *process, e cloudevents.Event) bool {
	second := map[*process]*process{r.poll: r.poll2, r.convert: r.convert2}[p]
	var failed atomic.Bool
	to := make(chan *process, 2)
	to <- p
	to <- second
	r.callTwice(true, func() {
		if err := deliver(r.t.Context(), <-to, e); err != nil {
			failed.Store(true)
			r.repeated.Store(true)
		}
	})
	return !failed.Load()
}

func deliver(ctx context.Context, p *process, e cloudevents.Event) error {
	_, trigger, err := p.up()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return trigger.Deliver(ctx, e)
}

// drop is one generation of the file in the inbox.
type drop struct {
	name         string // the name of the file or of its manifest
	starts       bool   // the file's metadata request a job
	generation   int64
	content      string
	event        cloudevents.Event
	acknowledged bool // the event was acknowledged
	delivered    bool // the scenario has tried to deliver the event
}

const (
	dropName     = "a.jsonl"
	manifestName = dropName + ".fine-tune.json"
)

// drop puts a file into the inbox. The file replaces the earlier file of the same name.
func (r *run) drop(content string) *drop {
	d, err := r.dropped(content)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *run) dropped(content string) (*drop, error) {
	return r.droppedAs(drop{name: dropName, content: content})
}

// droppedAs writes the drop's content and metadata into the inbox.
func (r *run) droppedAs(d drop) (*drop, error) {
	var metadata map[string]string
	if d.starts {
		metadata = map[string]string{"fine-tune": "start", "epoch-count": "1"}
	}
	attrs, err := r.put(r.t.Context(), inbox, d.name, d.content, metadata)
	if err != nil {
		return nil, err
	}
	resource, err := json.Marshal(map[string]any{
		"bucket": attrs.Bucket, "name": attrs.Name, "generation": strconv.FormatInt(attrs.Generation, 10),
		"size": strconv.FormatInt(attrs.Size, 10), "updated": attrs.Updated,
	})
	if err != nil {
		return nil, err
	}
	if d.event, err = eventarc.FinalizedEvent(resource); err != nil {
		return nil, err
	}
	d.generation = attrs.Generation
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drops = append(r.drops, &d)
	return &d, nil
}

// deliver delivers the event of a drop.
func (r *run) deliver(d *drop) {
	d.acknowledged = r.deliverTo(r.convert, d.event)
	d.delivered = true
}
