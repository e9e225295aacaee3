// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// kinds are starts whose records are written in different ways: in a plain write, in a transaction
// with their key, in transactions with their model, and in transactions that reserve budget.
func kinds(t *testing.T, w *world) map[string]jobs.StartRequest {
	t.Helper()
	w.conversation(t, "s")
	w.Put(t, "models/m", fields{"display_name": "Helper"})
	plain, keyed, ofModel := session, session, session
	keyed.Key, ofModel.ModelID = "k", "m"
	return map[string]jobs.StartRequest{"plain": plain, "keyed": keyed, "of_a_model": ofModel, "limited": plain}
}

// shortLease is a lease that expires within a test, and that is renewed in time on a busy machine.
const shortLease = 2 * time.Second

// slowly starts a job whose dataset is not written until during has returned; during gets the
// present record.
func (w *world) slowly(t *testing.T, o jobs.StartRequest, during func(store.Record)) (tuning.Job, error) {
	t.Helper()
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasPrefix(r.URL.Query().Get("name"), "datasets/") {
			once.Do(func() { close(begun) })
			<-goOn
		}
		next.ServeHTTP(rw, r)
	})
	var job tuning.Job
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		job, err = w.Start(t.Context(), o)
	}()
	defer w.OnHTTP(nil)
	func() {
		defer close(goOn) // even if the test has failed
		select {
		case <-begun:
			during(w.onlyRecord(t))
		case <-done:
			t.Errorf("the start ended before its dataset was written: %v", err)
		}
	}()
	<-done
	return job, err
}
