// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/standin/eventarc"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// run is a scenario as it is played once.
type run struct {
	*world
	t *testing.T
	// twice sends everything two times at once.
	twice atomic.Bool

	mu     sync.Mutex // for what happens amid a call
	orders []*order
	drops  []*drop
	// repeated is set when anybody had to ask again.
	repeated atomic.Bool
	// outage is a service that does nothing until the request in hand was given up, or nil.
	outage atomic.Pointer[outage]
	// calm ends all faults.
	calm atomic.Bool
	// final is what was on record in the end.
	final []record
	// aside is what goes on beside the scenario.
	aside sync.WaitGroup
}

// through plays the scenario in which choose says what goes wrong at a call, or nil, lets the system recover, and
// checks what came of it.
func (r *run) through(choose func(faults.Call) *kind) {
	r.t.Helper()
	r.faults.Begin(func(ctx context.Context, c faults.Call, do func(context.Context) error) error {
		if r.calm.Load() {
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

// outage is a service that answers everybody with an error.
type outage struct {
	service string
	err     error
}

// order is a start that a client asks for.
type order struct {
	body, key string

	mu      sync.Mutex
	given   []answer // those with a job
	refused *answer  // the last one, if it is for good
	lost    bool     // without a key there is no asking again

	cancel    bool // the client does not want the job any more
	cancelled bool // and has been heard
}

// answer is what a client is told of a start.
type answer struct {
	status int // 0 is no answer
	text   string
	Job    struct {
		Name   string `json:"job_name"`
		Status string `json:"status"`
	} `json:"job_info"`
}

// passes reports whether a client is to ask again.
func (a answer) passes() bool {
	return a.status == 0 || a.status == http.StatusTooManyRequests || a.status == 499 || a.status >= http.StatusInternalServerError
}

// patience is how often a client asks again before it leaves it for later.
const patience = 3

// start asks for a job, and again if the answer says so or does not come.
func (r *run) start(body, key string) *order {
	o := &order{body: body, key: key}
	r.mu.Lock()
	r.orders = append(r.orders, o)
	r.mu.Unlock()
	for range patience {
		if r.ask(o); o.over() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return o
}

func (o *order) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.given) > 0 || o.refused != nil || o.lost
}

// answers are those that the client was given.
func (o *order) answers() []answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.given)
}

// uncancelled reports whether there is a job that the client does not want, and nobody has heard that.
func (o *order) uncancelled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cancel && !o.cancelled && len(o.given) > 0
}

// soFar is what was ordered and dropped up to now.
func (r *run) soFar() ([]*order, []*drop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.orders), slices.Clone(r.drops)
}

// ask sends the start once.
func (r *run) ask(o *order) {
	r.at(o.key != "", func() { r.askOnce(o) }) // without a key, twice is two jobs
	if !o.over() {
		r.repeated.Store(true)
	}
}

func (r *run) askOnce(o *order) {
	a := r.post("/start", o.body, o.key)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case a.status == http.StatusOK:
		o.given = append(o.given, a)
	case o.key == "":
		o.lost = true
	case !a.passes():
		o.refused = &a
	}
}

// at does something, twice at once if all is to be and this can be.
func (r *run) at(repeatable bool, something func()) {
	var other sync.WaitGroup
	if repeatable && r.twice.Load() {
		other.Go(something)
	}
	something()
	other.Wait()
	r.outage.Store(nil) // it was given up, or is over
}

// client is a client of the API; each request has a connection of its own, as one may have been killed.
var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func (r *run) post(path, body, key string) answer { return r.call(http.MethodPost, path, body, key) }

func (r *run) call(method, path, body, key string) (a answer) {
	url, _, err := r.api.up()
	if err != nil {
		r.t.Error(err)
		return a
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, url+"/api/v1/fine-tuning"+path, strings.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return a
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := client.Do(request)
	if err != nil {
		return a
	}
	defer func() { _ = response.Body.Close() }() // it was read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return a
	}
	a.status, a.text = response.StatusCode, string(text)
	if err := json.Unmarshal(text, &a); err != nil && a.status == http.StatusOK {
		r.t.Errorf("%s %s: %v in %q", method, path, err, text)
	}
	return a
}

// cancel says that the job of an order is not wanted any more, if its name is known.
func (r *run) cancel(o *order) {
	o.cancel = true
	if !o.uncancelled() {
		return
	}
	name := o.answers()[0].Job.Name
	r.at(true, func() {
		a := r.post("/cancel/"+name, "", "")
		o.mu.Lock()
		defer o.mu.Unlock()
		switch {
		case a.status == http.StatusOK || a.status == http.StatusConflict: // it is over already
			o.cancelled = true
		case a.passes():
			r.repeated.Store(true)
		default:
			r.t.Errorf("cancel: %d %s", a.status, a.text)
		}
	})
}

// tick delivers Cloud Scheduler's message, and reports whether it was taken.
func (r *run) tick() bool {
	taken := r.deliverTo(r.poll, tick())
	if r.twice.Load() {
		return false // it was a second one that was taken
	}
	return taken
}

func tick() cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID("1")
	e.SetType("google.cloud.pubsub.topic.v1.messagePublished")
	e.SetSource("//pubsub.googleapis.com/projects/test/topics/poll")
	_ = e.SetData(cloudevents.ApplicationJSON, map[string]any{"message": map[string]any{"messageId": "1"}}) // it can be encoded
	return e
}

// deliverTo delivers an event to a function, and with twice to another process of it at the same time.
func (r *run) deliverTo(p *process, e cloudevents.Event) bool {
	second := map[*process]*process{r.poll: r.poll2, r.convert: r.convert2}[p]
	var failed atomic.Bool
	to := make(chan *process, 2)
	to <- p
	to <- second
	r.at(true, func() {
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
	generation int64
	content    string
	event      cloudevents.Event
	taken      bool // the event was
	asked      bool // the scenario has delivered it, or tried to
}

const dropped = "a.jsonl"

// drop puts a file into the inbox, in the place of the one before.
func (r *run) drop(content string) {
	attrs, err := r.put(r.t.Context(), inbox, dropped, content)
	if err != nil {
		r.t.Fatal(err)
	}
	resource, err := json.Marshal(map[string]any{
		"bucket": attrs.Bucket, "name": attrs.Name, "generation": strconv.FormatInt(attrs.Generation, 10),
		"size": strconv.FormatInt(attrs.Size, 10), "updated": attrs.Updated,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	event, err := eventarc.FinalizedEvent(resource)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drops = append(r.drops, &drop{generation: attrs.Generation, content: content, event: event})
}

// deliver delivers the event of a drop.
func (r *run) deliver(n int) {
	d := r.drops[n]
	d.taken = r.deliverTo(r.convert, d.event)
	d.asked = true
}
