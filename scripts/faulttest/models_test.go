// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/firestore"
)

// modelID is the model whose pointer the scenarios move.
const modelID = "m"

// furnishModel writes the model's document as it is before a run.
func (w *world) furnishModel(ctx context.Context) error {
	if _, err := w.docs.Doc("models/"+modelID).Set(ctx, map[string]any{"base_model": baseModel}); err != nil {
		return fmt.Errorf("put a model: %w", err)
	}
	return nil
}

// movement is a client's promotion or rollback. It has a key, so it can be repeated.
type movement struct {
	path, body, key string
	done            bool
	vain            bool // there is no job that could be promoted
}

// move promotes or rolls back, and retries if the answer is transient or does not arrive.
func (r *run) move(path, body string) {
	m := &movement{path: path, body: body, key: fmt.Sprintf("move-%d", len(r.movements))}
	r.mu.Lock()
	r.movements = append(r.movements, m)
	r.mu.Unlock()
	for range clientAttempts {
		if r.send(m); m.done {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// send sends a movement once. A promotion is refused until its job has succeeded, and a rollback
// until there are two versions: then it is sent again later.
func (r *run) send(m *movement) {
	r.callTwice(true, func() {
		a := r.post("/models/"+modelID+"/"+m.path, strings.ReplaceAll(m.body, "JOB", r.keyed("ann", "key")), m.key)
		early := strings.Contains(a.text, "JOB_NOT_SUCCEEDED") || strings.Contains(a.text, "UNKNOWN_JOB") || strings.Contains(a.text, "NO_PREVIOUS_VERSION") ||
			strings.Contains(a.text, "INVALID_JOB_NAME") || strings.Contains(a.text, "EMPTY")
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case a.status == http.StatusOK:
			m.done = true
		case early && r.isVain(a):
			m.done, m.vain = true, true
		case a.passes() || early:
			r.repeated.Store(true)
		default:
			r.t.Errorf("%s %s: %d %s", m.path, m.body, a.status, a.text)
			m.done = true
		}
	})
}

// isVain reports whether a movement that was refused can never be made, because the job has failed,
// was cancelled or refused.
func (r *run) isVain(a answer) bool {
	return strings.Contains(a.text, failed) || strings.Contains(a.text, cancelled) || r.refusalKept("key") || slices.ContainsFunc(r.movements, func(m *movement) bool { return m.vain })
}

// pointer has the fields of the model's document that the test inspects.
type pointer struct {
	History []struct {
		ID      string `firestore:"id"`
		Number  int64  `firestore:"number"`
		Key     string `firestore:"key"`
		Version struct {
			JobID    string `firestore:"job_id"`
			Endpoint string `firestore:"endpoint"`
		} `firestore:"version"`
	} `firestore:"history"`
	Promotion struct {
		Pending   map[string]any `firestore:"pending"`
		Published int64          `firestore:"published"`
		Watched   bool           `firestore:"watched"`
	} `firestore:"promotion"`
}

func (w *world) pointer(ctx context.Context) (p pointer, err error) {
	doc, err := w.docs.Doc("models/" + modelID).Get(ctx)
	if err == nil {
		err = doc.DataTo(&p)
	}
	if err != nil {
		return p, fmt.Errorf("read the model: %w", err)
	}
	return p, nil
}

// modelSettled reports whether all movements are done and published.
func (r *run) modelSettled() bool {
	p, err := r.pointer(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return !p.Promotion.Watched && !slices.ContainsFunc(r.movements, func(m *movement) bool { return !m.done })
}

// gap describes what is wrong with a pointer at any time: a gap in its history, or a version that
// its job does not have. It returns "" if nothing is.
func (w *world) gap(ctx context.Context) string {
	p, err := w.pointer(ctx)
	if err != nil {
		return err.Error()
	}
	for i, m := range p.History {
		if m.Number != int64(len(p.History)-i) {
			return fmt.Sprintf("the history of the model has a gap: %+v", p.History)
		}
		doc, err := w.docs.Doc("tuning_jobs/" + m.Version.JobID).Get(ctx)
		if err != nil {
			return fmt.Sprintf("version %d is of job %s: %v", m.Number, m.Version.JobID, err)
		}
		if !serves(doc, m.Version.Endpoint) {
			return fmt.Sprintf("version %d names %s, which job %s does not have", m.Number, m.Version.Endpoint, m.Version.JobID)
		}
	}
	return ""
}

func serves(job *firestore.DocumentSnapshot, endpoint string) bool {
	checkpoints, _ := job.Data()["checkpoints"].([]any)
	return slices.ContainsFunc(checkpoints, func(c any) bool {
		checkpoint, _ := c.(map[string]any)
		return checkpoint["endpoint"] == endpoint
	})
}

// checkModel checks the final pointer: each movement was made once.
func (r *run) checkModel() {
	if len(r.movements) == 0 {
		return
	}
	p, err := r.pointer(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	keys, made := map[string]bool{}, 0
	for _, m := range r.movements {
		if !m.vain {
			made++
		}
	}
	for _, m := range p.History {
		keys[m.Key] = true
	}
	if len(p.History) != made || len(keys) != made || p.Promotion.Pending != nil || p.Promotion.Published != int64(len(p.History)) {
		r.t.Errorf("after %d movements the model is %+v", made, p)
	}
	r.checkActive(p)
}

// checkActive checks that Vertex AI serves the active version of a pointer by default.
func (r *run) checkActive(p pointer) {
	if len(p.History) == 0 {
		return
	}
	active := p.History[0].Version
	served := false
	for _, j := range r.cloud.Vertex.Jobs() {
		served = served || j.GetLabels()["vertextune-job"] == active.JobID && j.GetTunedModel().GetEndpoint() == active.Endpoint
	}
	if !served {
		r.t.Errorf("Vertex AI does not serve the active version %+v", active)
	}
}
