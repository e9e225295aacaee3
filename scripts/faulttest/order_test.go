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

// order is a client's request to start a job.
type order struct {
	body, key string

	mu       sync.Mutex
	accepted []answer // answers with a job
	refused  *answer  // the last answer, if it is final
	lost     bool     // the answer is lost, and a start without a key cannot be repeated

	cancel    bool // the client wants to cancel the job
	cancelled bool // the cancellation was confirmed
}

// answer is the answer to a start.
type answer struct {
	status int // 0 if there was no answer
	text   string
	Job    struct {
		Name   string `json:"job_name"`
		Status string `json:"status"`
	} `json:"job_info"`
}

// passes reports whether the client should retry.
func (a answer) passes() bool {
	return a.status == 0 || a.status == http.StatusTooManyRequests || a.status == 499 || a.status >= http.StatusInternalServerError
}

// clientAttempts is how many times a client tries before it postpones the request.
const clientAttempts = 3

// order adds a start that has not been sent yet.
func (r *run) order(body, key string) *order {
	o := &order{body: body, key: key}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders = append(r.orders, o)
	return o
}

// start requests a job, and retries if the answer is transient or does not arrive.
func (r *run) start(body, key string) *order {
	o := r.order(body, key)
	for range clientAttempts {
		if r.ask(o); o.hasEnded() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return o
}

func (o *order) hasEnded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.accepted) > 0 || o.refused != nil || o.lost
}

// answers returns the answers with a job that the client got.
func (o *order) answers() []answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.accepted)
}

// uncancelled reports whether the client got a job and wants to cancel it, and no cancellation was
// confirmed.
func (o *order) uncancelled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cancel && !o.cancelled && len(o.accepted) > 0
}

// ask sends the start once.
func (r *run) ask(o *order) {
	r.callTwice(o.key != "", func() { r.askOnce(o) }) // without a key, two requests start two jobs
	if !o.hasEnded() {
		r.repeated.Store(true)
	}
}

func (r *run) askOnce(o *order) {
	a := r.post("/start", o.body, o.key)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case a.status == http.StatusOK:
		o.accepted = append(o.accepted, a)
	case o.key == "":
		o.lost = true
	case !a.passes():
		o.refused = &a
	}
}

// client is a client of the API. It opens a connection for each request, as the process at the
// other end may have been killed.
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
	defer func() { _ = response.Body.Close() }() // the body was read to its end
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

// stop cancels a job.
func (r *run) stop(name string) answer {
	a := r.post("/cancel/"+name, "", "")
	if a.status == http.StatusOK {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unwanted = append(r.unwanted, name)
	}
	return a
}

// cancel cancels the job of an order, if its name is known.
func (r *run) cancel(o *order) {
	o.cancel = true
	if !o.uncancelled() {
		return
	}
	name := o.answers()[0].Job.Name
	r.callTwice(true, func() {
		a := r.stop(name)
		o.mu.Lock()
		defer o.mu.Unlock()
		switch {
		case a.status == http.StatusOK || a.status == http.StatusConflict: // a conflict: it has ended
			o.cancelled = true
		case a.passes():
			r.repeated.Store(true)
		default:
			r.t.Errorf("cancel: %d %s", a.status, a.text)
		}
	})
}
