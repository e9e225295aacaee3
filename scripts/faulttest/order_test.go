// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

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

// order is of a client that has not asked yet.
func (r *run) order(body, key string) *order {
	o := &order{body: body, key: key}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders = append(r.orders, o)
	return o
}

// start asks for a job, and again if the answer says so or does not come.
func (r *run) start(body, key string) *order {
	o := r.order(body, key)
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

// stop asks for the end of a job.
func (r *run) stop(name string) answer {
	a := r.post("/cancel/"+name, "", "")
	if a.status == http.StatusOK {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unwanted = append(r.unwanted, name)
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
		a := r.stop(name)
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
