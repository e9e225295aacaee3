// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// history holds the records as an observer sees them after each write.
type history struct {
	mu      sync.Mutex
	records map[string]record
	broken  []string // violations that were seen
}

// watched makes an observer read the records after each write.
func (r *run) watched(c faults.Call, do effect) effect {
	if c.Service != faults.Firestore || c.Method != "Commit" {
		return r.asking.watched(c, do)
	}
	return func(ctx context.Context) error {
		err := do(ctx)
		r.history.note(r.world, &r.asking)
		return err
	}
}

// note reads all records. The reads are serialised, so a read never sees an older state than the
// one before.
func (h *history) note(w *world, asked *asking) {
	h.mu.Lock()
	defer h.mu.Unlock()
	records, err := w.read(context.Background()) // the caller may have disconnected
	if err != nil {
		h.broken = append(h.broken, err.Error())
	}
	if over := w.overspent(context.Background()); over != "" {
		h.broken = append(h.broken, over)
	}
	if gap := w.gap(context.Background()); gap != "" {
		h.broken = append(h.broken, gap)
	}
	if err := asked.note(context.Background(), w); err != nil {
		h.broken = append(h.broken, err.Error())
	}
	if h.records == nil {
		h.records = map[string]record{}
	}
	missing := maps.Clone(h.records)
	for _, now := range records {
		delete(missing, now.ID)
		if was, ok := h.records[now.ID]; ok {
			if fault := step(was, now); fault != "" {
				h.broken = append(h.broken, fmt.Sprintf("%s: %+v, and then %+v", fault, was, now))
			}
		}
		if n := len(now.Events); now.Tentative != (n == 0) || now.Step == "REFUSED" && !now.Tentative {
			h.broken = append(h.broken, fmt.Sprintf("a start that is tentative has events, or one that was confirmed has none: %+v", now))
		} else if n > 0 && now.Events[n-1].To != now.State {
			h.broken = append(h.broken, fmt.Sprintf("a state without its event: %+v", now))
		}
		h.records[now.ID] = now
	}
	for id, was := range missing {
		if was.Step != "REFUSED" {
			h.broken = append(h.broken, fmt.Sprintf("a record is gone that was not refused: %+v", was))
		}
		delete(h.records, id)
	}
}

// step describes what is wrong with a record's change from was to now, or returns "".
func step(was, now record) string {
	switch {
	case len(now.Events) < len(was.Events) || !slices.Equal(was.Events, now.Events[:len(was.Events)]):
		return "what has happened was written anew"
	case was.Finished && (!now.Finished || now.State != was.State || len(now.Events) != len(was.Events)):
		return "what had finished has changed"
	case was.Name != "" && was.Name != now.Name:
		return "the job has another name"
	case (was.State != now.State || was.Name != now.Name) && len(was.Events) == len(now.Events):
		return "a change without an event"
	case now.Published < was.Published || now.Published > int64(len(now.Events)):
		return "the number of published events is wrong"
	default:
		return ""
	}
}

// checkHistory checks that no write undid another one.
func (r *run) checkHistory() {
	r.history.mu.Lock()
	defer r.history.mu.Unlock()
	for _, fault := range r.history.broken {
		r.t.Error(fault)
	}
}

// checkUnwanted checks that every confirmed cancellation took effect.
func (r *run) checkUnwanted(records map[string]record) {
	for _, name := range r.unwanted {
		for _, rec := range records {
			if last(name) != rec.ID && last(name) != last(rec.Name) {
				continue
			}
			if !slices.ContainsFunc(rec.Events, func(e event) bool { return e.Type == "cancelRequested" || e.To == cancelled }) {
				r.t.Errorf("the end of job %s was asked for, and nothing is known of it: %+v", name, rec)
			}
		}
	}
}
